#include "text/base64.h"
#include "text/json_fields.h"
#include "text/tokenizer_parts.h"

namespace nybble::text {
namespace {

constexpr int kMaxDepth = 32;
constexpr const char* kSpaceMark = "\xe2\x96\x81";

ReplaceText replace_from_json(const JsonFields& fields) {
  const JsonFields pattern = fields.get_object("pattern");
  const bool is_regex = pattern.find("Regex") != nullptr;
  return {pattern.get_string(is_regex ? "Regex" : "String"), is_regex,
          fields.get_string("content")};
}

Charsmap charsmap_from_json(const JsonFields& fields) {
  const auto bytes = decode_base64(fields.get_string("precompiled_charsmap", ""));
  if (!bytes)
    fail(ErrorKind::corrupt_file, "{}: 'precompiled_charsmap' is not base64", fields.where());
  return {*bytes};
}

BertText bert_from_json(const JsonFields& fields) {
  const bool lowercase = fields.get_bool("lowercase", true);
  return {fields.get_bool("clean_text", true), fields.get_bool("handle_chinese_chars", true),
          fields.get_bool("strip_accents", lowercase), lowercase};
}

void append_steps(const Json& json, const std::string& where, int depth,
                  std::vector<NormalizerStep>& steps) {
  if (json.is_null()) return;
  if (depth > kMaxDepth) fail(ErrorKind::corrupt_file, "{}: more than {} levels", where, kMaxDepth);
  const JsonFields fields(json, where);
  const std::string type = fields.get_string("type");
  using Form = UnicodeForm::Form;
  if (type == "Sequence") {
    for (const Json& step : fields.get_array("normalizers"))
      append_steps(step, where, depth + 1, steps);
  } else if (type == "NFC") {
    steps.push_back(UnicodeForm{Form::nfc});
  } else if (type == "NFD") {
    steps.push_back(UnicodeForm{Form::nfd});
  } else if (type == "NFKC") {
    steps.push_back(UnicodeForm{Form::nfkc});
  } else if (type == "NFKD") {
    steps.push_back(UnicodeForm{Form::nfkd});
  } else if (type == "Lowercase") {
    steps.push_back(Lowercase{});
  } else if (type == "Strip") {
    steps.push_back(
        StripSpaces{fields.get_bool("strip_left", true), fields.get_bool("strip_right", true)});
  } else if (type == "StripAccents") {
    steps.push_back(StripAccents{});
  } else if (type == "Replace") {
    steps.push_back(replace_from_json(fields));
  } else if (type == "Prepend") {
    steps.push_back(PrependText{fields.get_string("prepend")});
  } else if (type == "Precompiled") {
    steps.push_back(charsmap_from_json(fields));
  } else if (type == "BertNormalizer") {
    steps.push_back(bert_from_json(fields));
  } else {
    fail(ErrorKind::unsupported,
         "{}: the normalizer '{}' is not known; known are Sequence, NFC, NFD, NFKC, NFKD, "
         "Lowercase, Strip, StripAccents, "
         "Replace, Prepend, Precompiled and BertNormalizer",
         where, type);
  }
}

struct ToJson {
  OrderedJson& steps;

  void put(std::string_view type, OrderedJson fields = OrderedJson::object()) const {
    OrderedJson step = OrderedJson::object({{"type", type}});
    step.update(fields);
    steps.push_back(std::move(step));
  }
  void replace(std::string_view kind, std::string_view pattern, std::string_view content) const {
    put("Replace", {{"pattern", OrderedJson::object({{kind, pattern}})}, {"content", content}});
  }
  void operator()(const UnicodeForm& s) const {
    static constexpr const char* kNames[] = {"NFC", "NFD", "NFKC", "NFKD"};
    put(kNames[static_cast<int>(s.form)]);
  }
  void operator()(const Lowercase&) const { put("Lowercase"); }
  void operator()(const StripSpaces& s) const {
    put("Strip", {{"strip_left", s.left}, {"strip_right", s.right}});
  }
  void operator()(const StripAccents&) const { put("StripAccents"); }
  void operator()(const ReplaceText& s) const {
    replace(s.is_regex ? "Regex" : "String", s.pattern, s.content);
  }
  void operator()(const PrependText& s) const {
    put("Prepend", OrderedJson::object({{"prepend", s.text}}));
  }
  void operator()(const Charsmap& s) const {
    put("Precompiled", OrderedJson::object({{"precompiled_charsmap", encode_base64(s.bytes)}}));
  }
  void operator()(const BertText& s) const {
    put("BertNormalizer", {{"clean_text", s.clean_text},
                           {"handle_chinese_chars", s.chinese_chars},
                           {"strip_accents", s.strip_accents},
                           {"lowercase", s.lowercase}});
  }
  void operator()(const SentencePieceSpaces& s) const {
    if (s.remove_extra) {
      replace("Regex", "\\A +| +\\z", "");
      replace("Regex", " {2,}", " ");
    }
    if (s.add_prefix && !s.as_suffix)
      put("Prepend", OrderedJson::object({{"prepend", kSpaceMark}}));
    if (s.add_prefix && s.as_suffix) replace("Regex", "(?<=.)\\z", kSpaceMark);
    replace("String", " ", kSpaceMark);
  }
};

}  // namespace

std::vector<NormalizerStep> normalizer_from_json(const Json& json, const std::string& where) {
  std::vector<NormalizerStep> steps;
  append_steps(json, where, 0, steps);
  return steps;
}

OrderedJson normalizer_to_json(const std::vector<NormalizerStep>& steps) {
  OrderedJson list = OrderedJson::array();
  for (const NormalizerStep& step : steps) std::visit(ToJson{list}, step);
  if (list.empty()) return nullptr;
  if (list.size() == 1) return list[0];
  return {{"type", "Sequence"}, {"normalizers", list}};
}

}  // namespace nybble::text
