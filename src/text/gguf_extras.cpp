#include "text/gguf_extras.h"

#include <algorithm>

#include "base/error.h"
#include "text/json_fields.h"
#include "text/tokenizer_gguf.h"
#include "text/tokenizer_parts.h"

namespace nybble::text {
namespace {

// The flags of a model, without its tables.
OrderedJson model_flags(const TokenModel& model) {
  struct Flags {
    OrderedJson operator()(const MergesModel& m) const {
      return {{"type", "BPE"},
              {"ignore_merges", m.ignore_merges},
              {"byte_fallback", m.byte_fallback},
              {"fuse_unk", m.fuse_unknown},
              {"continuing_subword_prefix", m.continuing_prefix},
              {"end_of_word_suffix", m.word_suffix}};
    }
    OrderedJson operator()(const ScoresModel&) const {
      return OrderedJson::object({{"type", "scores"}});
    }
    OrderedJson operator()(const UnigramModel& m) const {
      return {{"type", "Unigram"}, {"byte_fallback", m.byte_fallback}};
    }
    OrderedJson operator()(const WordPieceModel& m) const {
      return {{"type", "WordPiece"}, {"max_input_chars_per_word", m.max_word_characters}};
    }
  };
  return std::visit(Flags{}, model);
}

void apply_model_flags(const JsonFields& fields, Tokenizer::Rules& rules) {
  if (auto* merges = std::get_if<MergesModel>(&rules.model)) {
    merges->ignore_merges = fields.get_bool("ignore_merges", false);
    merges->byte_fallback = fields.get_bool("byte_fallback", false);
    merges->fuse_unknown = fields.get_bool("fuse_unk", false);
    merges->continuing_prefix = fields.get_string("continuing_subword_prefix", "");
    merges->word_suffix = fields.get_string("end_of_word_suffix", "");
  } else if (auto* unigram = std::get_if<UnigramModel>(&rules.model)) {
    unigram->byte_fallback = fields.get_bool("byte_fallback", false);
  } else if (auto* words = std::get_if<WordPieceModel>(&rules.model)) {
    words->max_word_characters =
        static_cast<std::size_t>(fields.get_int("max_input_chars_per_word"));
  }
}

OrderedJson added_to_json(const AddedToken& token) {
  return {{"id", token.id},
          {"lstrip", token.lstrip},
          {"rstrip", token.rstrip},
          {"single_word", token.single_word},
          {"normalized", token.normalized},
          {"special", token.special}};
}

void apply_added_tokens(const Json& list, const std::string& where, Tokenizer::Rules& rules) {
  if (!list.is_array())
    fail(ErrorKind::corrupt_file, "{}: expected an array, found {}", where, list.type_name());
  for (const Json& entry : list) {
    const JsonFields fields(entry, where);
    const int id = fields.get_int("id");
    const auto token = std::ranges::find(rules.added, id, &AddedToken::id);
    if (token == rules.added.end())
      fail(ErrorKind::corrupt_file, "{}: token {} is not a control or user-defined token", where,
           id);
    *token = {id,
              fields.get_bool("special", token->special),
              fields.get_bool("lstrip", false),
              fields.get_bool("rstrip", false),
              fields.get_bool("single_word", false),
              fields.get_bool("normalized", false)};
  }
}

void apply_ids(const files::Metadata& metadata, const char* key, std::size_t n_tokens,
               std::vector<TokenId>& ids) {
  const auto numbers = metadata.find_ints(key);
  if (!numbers) return;
  ids.clear();
  for (const std::int64_t id : *numbers) {
    if (id < 0 || static_cast<std::size_t>(id) >= n_tokens) {
      fail(ErrorKind::corrupt_file, "{}: key '{}' has the id {}; expected ids below {}",
           metadata.where(), key, id, n_tokens);
    }
    ids.push_back(static_cast<TokenId>(id));
  }
}

std::vector<AddedToken> odd_flags(const Tokenizer::Rules& meant, const Tokenizer::Rules& read) {
  std::vector<AddedToken> odd;
  for (const AddedToken& token : meant.added) {
    const auto same = std::ranges::find(read.added, token.id, &AddedToken::id);
    if (same != read.added.end() && added_to_json(*same) != added_to_json(token))
      odd.push_back(token);
  }
  return odd;
}

void write_ids(const char* key, const std::vector<TokenId>& meant, const std::vector<TokenId>& read,
               files::Metadata& metadata) {
  if (meant != read)
    metadata.set(key, files::MetadataArray(std::vector<std::int32_t>(meant.begin(), meant.end())));
}

}  // namespace

void apply_gguf_extras(const files::Metadata& metadata, Tokenizer::Rules& rules) {
  const auto with_json = [&](const char* key, auto&& use) {
    if (metadata.find(key) == nullptr) return;
    const std::string where = fmt::format("{}: key '{}'", metadata.where(), key);
    use(parse_json(metadata.get_string(key), where), where);
  };
  with_json(kNormalizerKey, [&](const Json& json, const std::string& where) {
    rules.normalizer = normalizer_from_json(json, where);
  });
  with_json(kPreTokenizerKey, [&](const Json& json, const std::string& where) {
    rules.pre_tokenizer = pre_tokenizer_from_json(json, where);
    rules.pre_name.clear();
    rules.warnings.clear();
  });
  with_json(kDecoderKey, [&](const Json& json, const std::string& where) {
    rules.decoder = decoder_from_json(json, where);
  });
  with_json(kModelKey, [&](const Json& json, const std::string& where) {
    apply_model_flags(JsonFields(json, where), rules);
  });
  with_json(kAddedTokensKey, [&](const Json& json, const std::string& where) {
    apply_added_tokens(json, where, rules);
  });
  apply_ids(metadata, kPrefixKey, rules.tokens.size(), rules.prefix);
  apply_ids(metadata, kSuffixKey, rules.tokens.size(), rules.suffix);
}

void write_gguf_extras(const Tokenizer::Rules& meant, const Tokenizer::Rules& read,
                       files::Metadata& metadata) {
  const auto write = [&](const char* key, const OrderedJson& ours, const OrderedJson& theirs) {
    if (ours != theirs) metadata.set(key, ours.dump());
  };
  write(kNormalizerKey, normalizer_to_json(meant.normalizer), normalizer_to_json(read.normalizer));
  write(kPreTokenizerKey, pre_tokenizer_to_json(meant.pre_tokenizer),
        pre_tokenizer_to_json(read.pre_tokenizer));
  // WordPiece is spelled in another way in GGUF, so its decoder is another too.
  if (!std::holds_alternative<WordPieceModel>(meant.model)) {
    write(kDecoderKey, decoder_to_json(meant.decoder), decoder_to_json(read.decoder));
  }
  if (meant.model.index() == read.model.index())
    write(kModelKey, model_flags(meant.model), model_flags(read.model));
  OrderedJson odd = OrderedJson::array();
  for (const AddedToken& token : odd_flags(meant, read)) odd.push_back(added_to_json(token));
  write(kAddedTokensKey, odd, OrderedJson::array());
  write_ids(kPrefixKey, meant.prefix, read.prefix, metadata);
  write_ids(kSuffixKey, meant.suffix, read.suffix, metadata);
}

}  // namespace nybble::text
