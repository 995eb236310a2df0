#include <array>

#include "text/json_fields.h"
#include "text/tokenizer_parts.h"

namespace nybble::text {
namespace {

constexpr int kMaxDepth = 32;

constexpr std::array<const char*, 5> kBehaviors = {"Removed", "Isolated", "MergedWithPrevious",
                                                   "MergedWithNext", "Contiguous"};
constexpr std::array<const char*, 3> kPrepends = {"always", "first", "never"};

// The place of a field's value in `names`. Throws Error(corrupt_file).
template <class Enum, std::size_t N>
Enum enum_of(const JsonFields& fields, std::string_view key,
             const std::array<const char*, N>& names, std::string_view otherwise) {
  const std::string name = fields.get_string(key, otherwise);
  for (std::size_t i = 0; i < N; ++i) {
    if (name == names[i]) return static_cast<Enum>(i);
  }
  fail(ErrorKind::corrupt_file, "{}: '{}' is '{}', which is not known", fields.where(), key, name);
}

SplitBehavior behavior_of(const JsonFields& fields, std::string_view otherwise) {
  return enum_of<SplitBehavior>(fields, "behavior", kBehaviors, otherwise);
}

SplitText split_from_json(const JsonFields& fields) {
  const JsonFields pattern = fields.get_object("pattern");
  const bool is_regex = pattern.find("Regex") != nullptr;
  return {pattern.get_string(is_regex ? "Regex" : "String"), is_regex,
          behavior_of(fields, "Isolated"), fields.get_bool("invert", false)};
}

MetaspaceText metaspace_from_json(const JsonFields& fields) {
  MetaspaceText step;
  // Files from before prepend_scheme say add_prefix_space.
  const std::string_view scheme = fields.get_bool("add_prefix_space", true) ? "always" : "never";
  step.prepend = enum_of<MetaspaceText::Prepend>(fields, "prepend_scheme", kPrepends, scheme);
  step.replacement = fields.get_string("replacement", step.replacement);
  step.split = fields.get_bool("split", true);
  return step;
}

void append_steps(const Json& json, const std::string& where, int depth,
                  std::vector<PreTokenizerStep>& steps) {
  if (json.is_null()) return;
  if (depth > kMaxDepth) fail(ErrorKind::corrupt_file, "{}: more than {} levels", where, kMaxDepth);
  const JsonFields fields(json, where);
  const std::string type = fields.get_string("type");
  if (type == "Sequence") {
    for (const Json& step : fields.get_array("pretokenizers"))
      append_steps(step, where, depth + 1, steps);
  } else if (type == "Split") {
    steps.push_back(split_from_json(fields));
  } else if (type == "ByteLevel") {
    steps.push_back(ByteLevelText{fields.get_bool("add_prefix_space", true),
                                  fields.get_bool("use_regex", true)});
  } else if (type == "Digits") {
    steps.push_back(SplitDigits{fields.get_bool("individual_digits", false)});
  } else if (type == "Punctuation") {
    steps.push_back(SplitPunctuation{behavior_of(fields, "Isolated")});
  } else if (type == "Whitespace") {
    steps.push_back(SplitWords{});
  } else if (type == "WhitespaceSplit") {
    steps.push_back(SplitSpaces{});
  } else if (type == "BertPreTokenizer") {
    steps.push_back(SplitBert{});
  } else if (type == "CharDelimiterSplit") {
    steps.push_back(SplitAtCharacter{fields.get_string("delimiter")});
  } else if (type == "Metaspace") {
    steps.push_back(metaspace_from_json(fields));
  } else {
    fail(ErrorKind::unsupported,
         "{}: the pre-tokenizer '{}' is not known; known are Sequence, Split, ByteLevel, Digits, "
         "Punctuation, Whitespace, "
         "WhitespaceSplit, BertPreTokenizer, CharDelimiterSplit and Metaspace",
         where, type);
  }
}

struct ToJson {
  static const char* name(SplitBehavior behavior) {
    return kBehaviors[static_cast<std::size_t>(behavior)];
  }

  OrderedJson operator()(const SplitText& s) const {
    return {{"type", "Split"},
            {"pattern", OrderedJson::object({{s.is_regex ? "Regex" : "String", s.pattern}})},
            {"behavior", name(s.behavior)},
            {"invert", s.invert}};
  }
  OrderedJson operator()(const ByteLevelText& s) const {
    return {{"type", "ByteLevel"},
            {"add_prefix_space", s.add_prefix_space},
            {"trim_offsets", true},
            {"use_regex", s.use_regex}};
  }
  OrderedJson operator()(const SplitDigits& s) const {
    return {{"type", "Digits"}, {"individual_digits", s.individual}};
  }
  OrderedJson operator()(const SplitPunctuation& s) const {
    return {{"type", "Punctuation"}, {"behavior", name(s.behavior)}};
  }
  OrderedJson operator()(const SplitWords&) const {
    return OrderedJson::object({{"type", "Whitespace"}});
  }
  OrderedJson operator()(const SplitSpaces&) const {
    return OrderedJson::object({{"type", "WhitespaceSplit"}});
  }
  OrderedJson operator()(const SplitBert&) const {
    return OrderedJson::object({{"type", "BertPreTokenizer"}});
  }
  OrderedJson operator()(const SplitAtCharacter& s) const {
    return {{"type", "CharDelimiterSplit"}, {"delimiter", s.delimiter}};
  }
  OrderedJson operator()(const MetaspaceText& s) const {
    return {{"type", "Metaspace"},
            {"replacement", s.replacement},
            {"prepend_scheme", kPrepends[static_cast<std::size_t>(s.prepend)]},
            {"split", s.split}};
  }
};

}  // namespace

std::vector<PreTokenizerStep> pre_tokenizer_from_json(const Json& json, const std::string& where) {
  std::vector<PreTokenizerStep> steps;
  append_steps(json, where, 0, steps);
  return steps;
}

OrderedJson pre_tokenizer_to_json(const std::vector<PreTokenizerStep>& steps) {
  OrderedJson list = OrderedJson::array();
  for (const PreTokenizerStep& step : steps) list.push_back(std::visit(ToJson{}, step));
  if (list.empty()) return nullptr;
  if (list.size() == 1) return list[0];
  return {{"type", "Sequence"}, {"pretokenizers", list}};
}

}  // namespace nybble::text
