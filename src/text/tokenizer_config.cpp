// The files beside tokenizer.json and tokenizer.model that say which tokens are special.
#include <algorithm>

#include "base/utf8.h"
#include "text/json_fields.h"
#include "text/tokenizer_json.h"

namespace nybble::text {
namespace {

class ConfigTexts {
 public:
  ConfigTexts(const TextsByName& texts, Tokenizer::Rules& rules)
      : rules_(rules),
        config_(parse(texts, "tokenizer_config.json")),
        special_map_(parse(texts, "special_tokens_map.json")),
        model_config_(parse(texts, "config.json")),
        generation_(parse(texts, "generation_config.json")),
        added_(parse(texts, "added_tokens.json")),
        // added_tokens_decoder mostly repeats tokens that are there.
        id_limit_(id_limit(rules.tokens.size())) {}

  void apply() {
    add_tokens();
    read_special("bos_token", "cls_token", rules_.bos);
    read_special("eos_token", "sep_token", rules_.eos);
    read_special("unk_token", "", rules_.unknown);
    read_special("pad_token", "", rules_.padding);
    read_special("sep_token", "", rules_.separator);
    read_special("mask_token", "", rules_.mask);
    read_id(model_config_, "bos_token_id", rules_.bos);
    read_id(model_config_, "eos_token_id", rules_.eos);
    read_ends(model_config_);
    read_ends(generation_);
    place_around("add_bos_token", rules_.bos, rules_.prefix);
    place_around("add_eos_token", rules_.eos, rules_.suffix);
  }

 private:
  static Json parse(const TextsByName& texts, std::string_view name) {
    const auto text = texts.find(name);
    if (text == texts.end()) return Json::object();
    Json json = parse_json(text->second, name);
    if (!json.is_object())
      fail(ErrorKind::corrupt_file, "{}: expected an object, found {}", name, json.type_name());
    return json;
  }

  std::optional<TokenId> find(std::string_view spelling) const {
    const auto token = std::ranges::find(rules_.tokens, spelling, &TokenEntry::spelling);
    if (token == rules_.tokens.end()) return std::nullopt;
    return static_cast<TokenId>(token - rules_.tokens.begin());
  }

  // Tokens that only these files name.
  void add_tokens() {
    if (const auto decoder = config_.find("added_tokens_decoder");
        decoder != config_.end() && decoder->is_object()) {
      for (const auto& [key, entry] : decoder->items()) {
        const JsonFields fields(entry, "tokenizer_config.json: added_tokens_decoder");
        add_token(id_of_key(key), fields.get_string("content"), fields);
      }
    }
    for (const auto& [content, id] : added_.items()) {
      const JsonFields fields(added_, "added_tokens.json");
      add_token(fields.get_int(content), content, JsonFields(kNoFlags, "added_tokens.json"));
    }
    for (std::size_t id = 0; id < rules_.tokens.size(); ++id) {
      if (rules_.tokens[id].spelling.empty())
        rules_.tokens[id] = {fmt::format("[PAD{}]", id), 0, TokenKind::unused};
    }
  }

  static TokenId id_of_key(const std::string& key) {
    if (key.empty() || key.size() > 9 || key.find_first_not_of("0123456789") != key.npos) {
      fail(ErrorKind::corrupt_file,
           "tokenizer_config.json: added_tokens_decoder has the key '{}'; expected a token id",
           printable(key));
    }
    return std::stoi(key);
  }

  void add_token(TokenId id, const std::string& content, const JsonFields& fields) {
    if (content.empty() ||
        std::ranges::find(rules_.added, id, &AddedToken::id) != rules_.added.end())
      return;
    if (const auto known = find(content)) id = *known;
    AddedToken token{.id = id, .special = fields.get_bool("special", false)};
    token.lstrip = fields.get_bool("lstrip", false);
    token.rstrip = fields.get_bool("rstrip", false);
    token.single_word = fields.get_bool("single_word", false);
    token.normalized = fields.get_bool("normalized", false);
    const bool is_unknown = rules_.unknown == id;
    const TokenKind kind = is_unknown      ? TokenKind::unknown
                           : token.special ? TokenKind::control
                                           : TokenKind::user_defined;
    place_token(rules_, id, content, kind, fields.where(), id_limit_);
    rules_.added.push_back(token);
  }

  // "<s>" or {"content": "<s>", ...}; empty when missing.
  static std::string content_of(const Json& json, std::string_view key) {
    const auto entry = json.find(key);
    if (entry == json.end()) return {};
    if (entry->is_string()) return entry->get<std::string>();
    return entry->is_object() && entry->contains("content") && (*entry)["content"].is_string()
               ? (*entry)["content"].get<std::string>()
               : "";
  }

  void read_special(std::string_view key, std::string_view instead,
                    std::optional<TokenId>& id) const {
    for (const std::string_view name : {key, instead}) {
      for (const Json* json : {&config_, &special_map_}) {
        const std::string content = name.empty() ? "" : content_of(*json, name);
        const auto found = content.empty() ? std::nullopt : find(content);
        if (!found) continue;
        id = found;
        return;
      }
    }
  }

  std::optional<TokenId> valid_id(const Json& json) const {
    if (!json.is_number_integer() || json < 0 || json >= rules_.tokens.size()) return std::nullopt;
    return json.get<TokenId>();
  }

  void read_id(const Json& json, std::string_view key, std::optional<TokenId>& id) const {
    if (id) return;
    if (const auto entry = json.find(key); entry != json.end())
      id = valid_id(entry->is_array() && !entry->empty() ? (*entry)[0] : *entry);
  }

  // eos_token_id: a number or several. Ids that the vocabulary lacks can never come up.
  void read_ends(const Json& json) {
    const auto entry = json.find("eos_token_id");
    if (entry == json.end()) return;
    const Json list = entry->is_array() ? *entry : Json::array({*entry});
    for (const Json& number : list) {
      const auto id = valid_id(number);
      if (id && std::ranges::find(rules_.ends, *id) == rules_.ends.end())
        rules_.ends.push_back(*id);
    }
  }

  // The configuration wins over the template of tokenizer.json.
  void place_around(std::string_view key, const std::optional<TokenId>& id,
                    std::vector<TokenId>& ids) const {
    const auto wanted = config_.find(key);
    if (!id || wanted == config_.end() || !wanted->is_boolean()) return;
    const bool there = std::ranges::find(ids, *id) != ids.end();
    if (*wanted && !there) ids.insert(ids.begin(), *id);
    if (!*wanted) std::erase(ids, *id);
  }

  inline static const Json kNoFlags = Json::object();

  Tokenizer::Rules& rules_;
  Json config_, special_map_, model_config_, generation_, added_;
  std::size_t id_limit_;
};

}  // namespace

void apply_config_texts(const TextsByName& texts, Tokenizer::Rules& rules) {
  ConfigTexts(texts, rules).apply();
}

}  // namespace nybble::text
