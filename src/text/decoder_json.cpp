#include "text/json_fields.h"
#include "text/tokenizer_parts.h"

namespace nybble::text {
namespace {

constexpr int kMaxDepth = 32;

void strip_from_json(const JsonFields& fields, DecoderRules& rules) {
  if (fields.get_string("content", " ") != " " || fields.get_int("stop") != 0) {
    fail(ErrorKind::unsupported, "{}: only spaces at the start can be stripped", fields.where());
  }
  rules.strip_start = fields.get_int("start");
}

void metaspace_from_json(const JsonFields& fields, DecoderRules& rules) {
  rules.replacements.emplace_back(fields.get_string("replacement", "\xe2\x96\x81"), " ");
  const bool prefix = fields.get_bool("add_prefix_space", true);
  rules.strip_start =
      fields.get_string("prepend_scheme", prefix ? "always" : "never") == "never" ? 0 : 1;
}

void add_step(const Json& json, const std::string& where, int depth, DecoderRules& rules) {
  if (depth > kMaxDepth) fail(ErrorKind::corrupt_file, "{}: more than {} levels", where, kMaxDepth);
  const JsonFields fields(json, where);
  const std::string type = fields.get_string("type");
  if (type == "Sequence") {
    for (const Json& step : fields.get_array("decoders")) add_step(step, where, depth + 1, rules);
  } else if (type == "ByteLevel") {
    rules.byte_level = true;
  } else if (type == "ByteFallback") {
    rules.byte_fallback = true;
  } else if (type == "Fuse") {
    // Joins what is joined here anyway.
  } else if (type == "Replace") {
    const JsonFields pattern = fields.get_object("pattern");
    rules.replacements.emplace_back(pattern.get_string("String"), fields.get_string("content"));
  } else if (type == "Strip") {
    strip_from_json(fields, rules);
  } else if (type == "Metaspace") {
    metaspace_from_json(fields, rules);
  } else if (type == "WordPiece") {
    rules.word_prefix = fields.get_string("prefix", "##");
    rules.cleanup = fields.get_bool("cleanup", true);
    rules.strip_start = 1;
  } else {
    fail(ErrorKind::unsupported,
         "{}: the decoder '{}' is not known; known are Sequence, ByteLevel, ByteFallback, Fuse, "
         "Replace, Strip, Metaspace "
         "and WordPiece",
         where, type);
  }
}

OrderedJson replace_to_json(const std::pair<std::string, std::string>& replacement) {
  return {{"type", "Replace"},
          {"pattern", OrderedJson::object({{"String", replacement.first}})},
          {"content", replacement.second}};
}

}  // namespace

DecoderRules decoder_from_json(const Json& json, const std::string& where) {
  DecoderRules rules;
  if (json.is_null()) {  // tokens are then written with spaces between them
    rules.separator = " ";
    rules.strip_start = 1;
  } else {
    add_step(json, where, 0, rules);
  }
  return rules;
}

OrderedJson decoder_to_json(const DecoderRules& rules) {
  if (!rules.separator.empty()) return nullptr;
  if (!rules.word_prefix.empty()) {
    return {{"type", "WordPiece"}, {"prefix", rules.word_prefix}, {"cleanup", rules.cleanup}};
  }
  OrderedJson steps = OrderedJson::array();
  for (const auto& replacement : rules.replacements) steps.push_back(replace_to_json(replacement));
  if (rules.byte_fallback) steps.push_back(OrderedJson::object({{"type", "ByteFallback"}}));
  if (rules.byte_level) {
    steps.push_back(OrderedJson::object({{"type", "ByteLevel"},
                                         {"add_prefix_space", true},
                                         {"trim_offsets", true},
                                         {"use_regex", true}}));
  }
  if (!rules.byte_level || rules.strip_start > 0)
    steps.push_back(OrderedJson::object({{"type", "Fuse"}}));
  if (rules.strip_start > 0) {
    steps.push_back(OrderedJson::object(
        {{"type", "Strip"}, {"content", " "}, {"start", rules.strip_start}, {"stop", 0}}));
  }
  if (steps.size() == 1) return steps[0];
  return {{"type", "Sequence"}, {"decoders", steps}};
}

}  // namespace nybble::text
