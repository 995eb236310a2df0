#include "text/tokenizer_json.h"

#include <algorithm>
#include <unordered_map>

#include "base/utf8.h"
#include "text/json_fields.h"
#include "text/token_engine.h"
#include "text/tokenizer_parts.h"

namespace nybble::text {
namespace {

constexpr const char* kFile = "tokenizer.json";

class JsonRules {
 public:
  explicit JsonRules(const Json& json)
      : fields_(json, kFile), model_(fields_.get_object("model")) {}

  Tokenizer::Rules read() {
    const std::string type = model_.get_string("type", guess_type());
    if (type == "BPE") {
      read_vocabulary_object();
      read_bpe();
    } else if (type == "Unigram") {
      read_unigram();
    } else if (type == "WordPiece") {
      read_vocabulary_object();
      read_wordpiece();
    } else {
      fail(ErrorKind::unsupported,
           "{}: the model '{}' is not known; known are BPE, Unigram and WordPiece", kFile, type);
    }
    read_added_tokens();
    fill_holes();
    mark_kinds();
    rules_.normalizer = normalizer_from_json(part("normalizer"), "tokenizer.json: normalizer");
    rules_.pre_tokenizer =
        pre_tokenizer_from_json(part("pre_tokenizer"), "tokenizer.json: pre_tokenizer");
    rules_.decoder = decoder_from_json(part("decoder"), "tokenizer.json: decoder");
    read_post_processor(part("post_processor"), 0);
    return std::move(rules_);
  }

 private:
  Json part(std::string_view key) const {
    const Json* json = fields_.find(key);
    return json == nullptr ? Json() : *json;
  }

  std::string_view guess_type() const {
    const Json* vocabulary = model_.find("vocab");
    if (vocabulary != nullptr && vocabulary->is_array()) return "Unigram";
    return model_.find("merges") != nullptr ? "BPE" : "WordPiece";
  }

  void read_vocabulary_object() {
    const Json& vocabulary = model_.get("vocab");
    if (!vocabulary.is_object()) model_.fail_type("vocab", vocabulary, "an object");
    for (const auto& [spelling, id] : vocabulary.items()) {
      if (!id.is_number_integer() || id < 0 || id > 0x7ffffffe) {
        fail(ErrorKind::corrupt_file,
             "{}: model.vocab gives '{}' the id {}; expected a number from 0", kFile,
             printable(spelling), id.dump());
      }
      place_token(rules_, id.get<TokenId>(), spelling, TokenKind::normal, kFile,
                  id_limit(vocabulary.size()));
    }
  }

  std::optional<TokenId> find(std::string_view spelling) {
    if (ids_.empty()) {
      for (std::size_t id = 0; id < rules_.tokens.size(); ++id)
        ids_.emplace(rules_.tokens[id].spelling, static_cast<TokenId>(id));
    }
    const auto it = ids_.find(std::string(spelling));
    return it == ids_.end() ? std::nullopt : std::optional(it->second);
  }

  TokenId demand(std::string_view spelling, std::string_view what) {
    const auto id = find(spelling);
    if (!id)
      fail(ErrorKind::corrupt_file, "{}: {} names the token '{}', which the vocabulary lacks",
           kFile, what, printable(spelling));
    return *id;
  }

  void read_unknown() {
    if (const std::string unknown = model_.get_string("unk_token", ""); !unknown.empty()) {
      unknown_spelling_ = unknown;
      rules_.unknown = find(unknown);
    }
  }

  void read_bpe() {
    MergesModel model;
    model.ignore_merges = model_.get_bool("ignore_merges", false);
    model.byte_fallback = model_.get_bool("byte_fallback", false);
    model.fuse_unknown = model_.get_bool("fuse_unk", false);
    model.continuing_prefix = model_.get_string("continuing_subword_prefix", "");
    model.word_suffix = model_.get_string("end_of_word_suffix", "");
    read_unknown();
    for (const Json& entry : model_.get_array("merges"))
      model.merges.push_back(read_merge(entry, model));
    rules_.model = std::move(model);
  }

  Merge read_merge(const Json& entry, const MergesModel& model) {
    std::string left, right;
    if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
      left = entry[0].get<std::string>();
      right = entry[1].get<std::string>();
    } else if (entry.is_string()) {
      const std::string text = entry.get<std::string>();
      const std::size_t space = text.find(' ');
      if (space != text.npos) left = text.substr(0, space), right = text.substr(space + 1);
    }
    if (left.empty() || right.empty()) {
      fail(ErrorKind::corrupt_file, "{}: model.merges has {}; expected two tokens", kFile,
           printable(entry.dump()));
    }
    const std::size_t prefix = model.continuing_prefix.size();
    const bool continues = prefix > 0 && right.starts_with(model.continuing_prefix);
    return {demand(left, "model.merges"), demand(right, "model.merges"),
            demand(left + right.substr(continues ? prefix : 0), "model.merges")};
  }

  void read_unigram() {
    const Json& vocabulary = model_.get_array("vocab");
    for (const Json& entry : vocabulary) {
      if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() ||
          !entry[1].is_number()) {
        fail(ErrorKind::corrupt_file, "{}: model.vocab has {}; expected a token and its score",
             kFile, printable(entry.dump()));
      }
      rules_.tokens.push_back(
          {entry[0].get<std::string>(), entry[1].get<float>(), TokenKind::normal});
    }
    rules_.model = UnigramModel{model_.get_bool("byte_fallback", false)};
    if (model_.find("unk_id") == nullptr) return;
    const int id = model_.get_int("unk_id");
    if (static_cast<std::size_t>(id) >= rules_.tokens.size()) {
      fail(ErrorKind::corrupt_file, "{}: model.unk_id is {}; expected an id below {}", kFile, id,
           rules_.tokens.size());
    }
    rules_.unknown = id;
    unknown_spelling_ = rules_.tokens[static_cast<std::size_t>(id)].spelling;
  }

  void read_wordpiece() {
    WordPieceModel model;
    model.next_prefix = model_.get_string("continuing_subword_prefix", "##");
    if (model_.find("max_input_chars_per_word") != nullptr) {
      model.max_word_characters =
          static_cast<std::size_t>(model_.get_int("max_input_chars_per_word"));
    }
    rules_.model = std::move(model);
    read_unknown();
  }

  void read_added_tokens() {
    const Json* list = fields_.find("added_tokens");
    if (list == nullptr) return;
    const std::size_t limit = id_limit(rules_.tokens.size() + list->size());
    for (const Json& entry : fields_.get_array("added_tokens")) {
      const JsonFields fields(entry, "tokenizer.json: added_tokens");
      const std::string content = fields.get_string("content");
      if (content.empty()) continue;
      const auto known = find(content);
      AddedToken token{.id = known ? *known : fields.get_int("id")};
      token.special = fields.get_bool("special", false);
      token.lstrip = fields.get_bool("lstrip", false);
      token.rstrip = fields.get_bool("rstrip", false);
      token.single_word = fields.get_bool("single_word", false);
      token.normalized = fields.get_bool("normalized", !token.special);
      place_token(rules_, token.id, content,
                  token.special ? TokenKind::control : TokenKind::user_defined, kFile, limit);
      if (!known) ids_.emplace(content, token.id);
      rules_.added.push_back(token);
    }
  }

  void fill_holes() {
    for (std::size_t id = 0; id < rules_.tokens.size(); ++id) {
      TokenEntry& token = rules_.tokens[id];
      if (token.spelling.empty()) token = {fmt::format("[PAD{}]", id), 0, TokenKind::unused};
    }
  }

  void mark_kinds() {
    const auto* merges = std::get_if<MergesModel>(&rules_.model);
    const auto* unigram = std::get_if<UnigramModel>(&rules_.model);
    const bool has_bytes = (merges != nullptr && merges->byte_fallback) ||
                           (unigram != nullptr && unigram->byte_fallback);
    for (TokenEntry& token : rules_.tokens) {
      if (has_bytes && token.kind == TokenKind::normal && byte_of_spelling(token.spelling) >= 0)
        token.kind = TokenKind::byte;
    }
    // A byte-level vocabulary spells everything; what it calls unknown is a control token like
    // others.
    const bool can_be_unknown = merges == nullptr || merges->byte_fallback;
    if (rules_.unknown && can_be_unknown)
      rules_.tokens[static_cast<std::size_t>(*rules_.unknown)].kind = TokenKind::unknown;
  }

  void read_post_processor(const Json& json, int depth) {
    if (json.is_null()) return;
    const JsonFields fields(json, "tokenizer.json: post_processor");
    const std::string type = fields.get_string("type");
    if (type == "Sequence") {
      if (depth > 8) fail(ErrorKind::corrupt_file, "{}: more than 8 levels", fields.where());
      for (const Json& processor : fields.get_array("processors"))
        read_post_processor(processor, depth + 1);
    } else if (type == "TemplateProcessing") {
      read_template(fields);
    } else if (type == "RobertaProcessing" || type == "BertProcessing") {
      rules_.prefix = {id_of_pair(fields, "cls")};
      rules_.suffix = {id_of_pair(fields, "sep")};
    } else if (type != "ByteLevel") {  // ByteLevel changes offsets only
      fail(ErrorKind::unsupported,
           "{}: the post-processor '{}' is not known; known are Sequence, TemplateProcessing, "
           "RobertaProcessing, "
           "BertProcessing and ByteLevel",
           fields.where(), type);
    }
  }

  // ["[CLS]", 101]
  TokenId id_of_pair(const JsonFields& fields, std::string_view key) {
    const Json& pair = fields.get_array(key);
    if (pair.size() != 2 || !pair[0].is_string()) fields.fail_type(key, pair, "a token and its id");
    return demand(pair[0].get<std::string>(), "post_processor");
  }

  void read_template(const JsonFields& fields) {
    std::vector<TokenId>* side = &rules_.prefix;
    rules_.prefix.clear();
    rules_.suffix.clear();
    for (const Json& item : fields.get_array("single")) {
      const JsonFields entry(item, fields.where());
      if (entry.find("Sequence") != nullptr) {
        side = &rules_.suffix;
      } else {
        append_special(fields, entry.get_object("SpecialToken").get_string("id"), *side);
      }
    }
  }

  void append_special(const JsonFields& fields, const std::string& name,
                      std::vector<TokenId>& ids) {
    const JsonFields special = fields.get_object("special_tokens").get_object(name);
    for (const Json& id : special.get_array("ids")) {
      if (!id.is_number_integer() || id < 0 || id >= rules_.tokens.size()) {
        fail(ErrorKind::corrupt_file, "{}: the token '{}' has the id {}; expected an id below {}",
             fields.where(), printable(name), id.dump(), rules_.tokens.size());
      }
      ids.push_back(id.get<TokenId>());
    }
  }

  JsonFields fields_, model_;
  Tokenizer::Rules rules_;
  std::unordered_map<std::string, TokenId> ids_;
  std::string unknown_spelling_;
};

}  // namespace

void place_token(Tokenizer::Rules& rules, TokenId id, const std::string& spelling, TokenKind kind,
                 const std::string& where, std::size_t limit) {
  if (id < 0 || static_cast<std::size_t>(id) >= limit) {
    fail(ErrorKind::corrupt_file, "{}: the token '{}' has the id {}; expected an id below {}",
         where, printable(spelling), id, limit);
  }
  const auto at = static_cast<std::size_t>(id);
  if (at >= rules.tokens.size()) rules.tokens.resize(at + 1);
  TokenEntry& token = rules.tokens[at];
  if (!token.spelling.empty() && token.spelling != spelling) {
    fail(ErrorKind::corrupt_file, "{}: the tokens '{}' and '{}' both have the id {}", where,
         printable(token.spelling), printable(spelling), id);
  }
  token.spelling = spelling;
  token.kind = kind;
}

Tokenizer::Rules rules_from_tokenizer_json(const TextsByName& texts) {
  const auto text = texts.find(kFile);
  if (text == texts.end()) fail(ErrorKind::corrupt_file, "expected a text {}, found none", kFile);
  const Json json = parse_json(text->second, kFile);
  Tokenizer::Rules rules = JsonRules(json).read();
  apply_config_texts(texts, rules);
  return rules;
}

}  // namespace nybble::text
