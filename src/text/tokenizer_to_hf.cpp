// Writes a tokenizer as the texts of a Hugging Face directory: tokenizer.json and
// tokenizer_config.json.
#include <algorithm>

#include "base/error.h"
#include "text/spelling_forms.h"
#include "text/tokenizer_parts.h"
#include "text/tokenizer_rules.h"

namespace nybble::text {
namespace {

class HfWriter {
 public:
  explicit HfWriter(const Tokenizer::Rules& rules)
      : rules_(rules), written_(vocabulary_for_hf(rules)) {}

  OrderedJson tokenizer() const {
    return {{"version", "1.0"},
            {"truncation", nullptr},
            {"padding", nullptr},
            {"added_tokens", added_tokens()},
            {"normalizer", normalizer_to_json(rules_.normalizer)},
            {"pre_tokenizer", pre_tokenizer_to_json(rules_.pre_tokenizer)},
            {"post_processor", post_processor()},
            {"decoder", decoder()},
            {"model",
             std::visit([this](const auto& model) { return model_json(model); }, rules_.model)}};
  }

  OrderedJson config(std::string_view chat_template) const {
    OrderedJson config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                          {"clean_up_tokenization_spaces", false}};
    const auto set = [&](const char* key, const std::optional<TokenId>& id) {
      if (id) config[key] = spelling(*id);
    };
    set("bos_token", rules_.bos);
    set("eos_token", rules_.eos);
    set("unk_token", rules_.unknown);
    set("pad_token", rules_.padding);
    set("sep_token", rules_.separator);
    set("mask_token", rules_.mask);
    if (rules_.bos) config["add_bos_token"] = std::ranges::count(rules_.prefix, *rules_.bos) > 0;
    if (rules_.eos) config["add_eos_token"] = std::ranges::count(rules_.suffix, *rules_.eos) > 0;
    if (!chat_template.empty()) config["chat_template"] = chat_template;
    return config;
  }

 private:
  const std::string& spelling(TokenId id) const {
    return written_.tokens[static_cast<std::size_t>(id)].spelling;
  }
  OrderedJson unknown() const {
    return rules_.unknown ? OrderedJson(spelling(*rules_.unknown)) : OrderedJson();
  }

  OrderedJson vocabulary() const {
    OrderedJson vocabulary = OrderedJson::object();
    // Appending keeps this linear: looking up a key of an ordered object is a search.
    auto& entries = vocabulary.get_ref<OrderedJson::object_t&>();
    for (std::size_t id = 0; id < written_.tokens.size(); ++id) {
      static_cast<std::vector<OrderedJson::object_t::value_type>&>(entries).emplace_back(
          written_.tokens[id].spelling, id);
    }
    return vocabulary;
  }

  OrderedJson decoder() const {
    if (!std::holds_alternative<WordPieceModel>(rules_.model))
      return decoder_to_json(rules_.decoder);
    DecoderRules rules;  // for the spelling of tokenizer.json
    rules.word_prefix = "##";
    rules.cleanup = rules_.decoder.cleanup;
    return decoder_to_json(rules);
  }

  OrderedJson added_tokens() const {
    // SentencePiece looks for tokens behind its own handling of spaces, which the steps written
    // here do not know.
    const bool finds_raw = std::ranges::any_of(rules_.normalizer, [](const NormalizerStep& step) {
      return std::holds_alternative<SentencePieceSpaces>(step);
    });
    OrderedJson list = OrderedJson::array();
    for (const AddedToken& token : rules_.added) {
      list.push_back({{"id", token.id},
                      {"content", spelling(token.id)},
                      {"single_word", token.single_word},
                      {"lstrip", token.lstrip},
                      {"rstrip", token.rstrip},
                      {"normalized", token.normalized && !finds_raw},
                      {"special", token.special}});
    }
    return list;
  }

  OrderedJson merges() const {
    OrderedJson list = OrderedJson::array();
    for (const auto& [left, right] : written_.merges)
      list.push_back(OrderedJson::array({left, right}));
    return list;
  }

  OrderedJson bpe_json(const MergesModel& model) const {
    const auto text = [](const std::string& value) {
      return value.empty() ? OrderedJson() : OrderedJson(value);
    };
    return {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", unknown()},
            {"continuing_subword_prefix", text(model.continuing_prefix)},
            {"end_of_word_suffix", text(model.word_suffix)},
            {"fuse_unk", model.fuse_unknown},
            {"byte_fallback", model.byte_fallback},
            {"ignore_merges", model.ignore_merges},
            {"vocab", vocabulary()},
            {"merges", merges()}};
  }
  OrderedJson model_json(const MergesModel& model) const { return bpe_json(model); }
  OrderedJson model_json(const ScoresModel&) const {
    MergesModel model;
    model.byte_fallback = true;
    model.fuse_unknown = true;
    return bpe_json(model);
  }
  OrderedJson model_json(const UnigramModel& model) const {
    OrderedJson vocabulary = OrderedJson::array();
    for (const TokenEntry& token : written_.tokens)
      vocabulary.push_back(OrderedJson::array({token.spelling, token.score}));
    return {{"type", "Unigram"},
            {"unk_id", rules_.unknown ? OrderedJson(*rules_.unknown) : OrderedJson()},
            {"vocab", std::move(vocabulary)},
            {"byte_fallback", model.byte_fallback}};
  }
  OrderedJson model_json(const WordPieceModel& model) const {
    return {{"type", "WordPiece"},
            {"unk_token", unknown()},
            {"continuing_subword_prefix", "##"},
            {"max_input_chars_per_word", model.max_word_characters},
            {"vocab", vocabulary()}};
  }

  // Tokens around one sequence, and around each of two.
  OrderedJson post_processor() const {
    if (rules_.prefix.empty() && rules_.suffix.empty()) return nullptr;
    OrderedJson special = OrderedJson::object();
    OrderedJson single = OrderedJson::array(), pair = OrderedJson::array();
    const auto add = [&](const std::vector<TokenId>& ids, OrderedJson& list, int type) {
      for (const TokenId id : ids) {
        const std::string& name = spelling(id);
        list.push_back(OrderedJson::object({{"SpecialToken", {{"id", name}, {"type_id", type}}}}));
        special[name] = {{"id", name},
                         {"ids", OrderedJson::array({id})},
                         {"tokens", OrderedJson::array({name})}};
      }
    };
    const auto add_sequence = [&](const char* name, OrderedJson& list, int type) {
      add(rules_.prefix, list, type);
      list.push_back(OrderedJson::object({{"Sequence", {{"id", name}, {"type_id", type}}}}));
      add(rules_.suffix, list, type);
    };
    add_sequence("A", single, 0);
    add_sequence("A", pair, 0);
    add_sequence("B", pair, 1);
    return {{"type", "TemplateProcessing"},
            {"single", single},
            {"pair", pair},
            {"special_tokens", special}};
  }

  const Tokenizer::Rules& rules_;
  WrittenVocabulary written_;
};

}  // namespace

std::map<std::string, std::string, std::less<>> write_hf_tokenizer(const Tokenizer& tokenizer,
                                                                   std::string_view chat_template) {
  const HfWriter writer(tokenizer.rules());
  return {{"tokenizer.json", writer.tokenizer().dump(1, ' ') + "\n"},
          {"tokenizer_config.json", writer.config(chat_template).dump(2) + "\n"}};
}

}  // namespace nybble::text
