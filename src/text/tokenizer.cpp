#include "text/tokenizer.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "base/utf8.h"
#include "text/added_tokens.h"
#include "text/characters.h"
#include "text/normalizer.h"
#include "text/pre_tokenizer.h"
#include "text/token_engine.h"
#include "text/token_pieces.h"
#include "text/tokenizer_rules.h"

namespace nybble::text {
namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 30;

std::vector<AddedToken> added_where(const Tokenizer::Rules& rules, bool normalized) {
  std::vector<AddedToken> tokens;
  for (const AddedToken& token : rules.added) {
    if (token.normalized == normalized) tokens.push_back(token);
  }
  return tokens;
}

// A token of SentencePiece stands within the text, where no space is put before it.
std::vector<NormalizerStep> steps_within_text(std::vector<NormalizerStep> steps) {
  for (NormalizerStep& step : steps) {
    if (auto* spaces = std::get_if<SentencePieceSpaces>(&step)) spaces->add_prefix = false;
  }
  return steps;
}

}  // namespace

struct Tokenizer::Engine {
  explicit Engine(const Rules& rules)
      : normalizer(rules.normalizer),
        pre_tokenizer(rules.pre_tokenizer),
        raw_tokens(added_where(rules, false),
                   [&](const AddedToken& token) { return spelling_of(rules, token); }),
        normalized_tokens(
            added_where(rules, true),
            [&, within = Normalizer(steps_within_text(rules.normalizer))](const AddedToken& token) {
              return within.apply(spelling_of(rules, token));
            }),
        model(make_engine(rules)),
        pieces(pieces_of_tokens(rules)),
        ends(tokens_that_end(rules)) {
    ids.reserve(rules.tokens.size());
    for (std::size_t id = 0; id < rules.tokens.size(); ++id) {
      ids.emplace(rules.tokens[id].spelling, static_cast<TokenId>(id));
    }
  }

  static const std::string& spelling_of(const Rules& rules, const AddedToken& token) {
    return rules.tokens[static_cast<std::size_t>(token.id)].spelling;
  }

  void encode_bytes(std::string_view text, bool at_start, bool with_special,
                    TokenEngine::Memory& memory, std::vector<TokenId>& output) const {
    const std::string normalized = normalizer.apply(std::string(text));
    for (const Fragment& fragment : normalized_tokens.split(normalized, with_special)) {
      if (fragment.id >= 0) {
        output.push_back(fragment.id);
        continue;
      }
      const Pieces cut =
          pre_tokenizer.apply(normalized.substr(fragment.begin, fragment.end - fragment.begin),
                              at_start && fragment.begin == 0);
      std::size_t begin = 0;
      for (const std::size_t end : cut.ends) {
        model->encode(std::string_view(cut.text).substr(begin, end - begin), memory, output);
        begin = end;
      }
    }
  }

  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  AddedTokens raw_tokens, normalized_tokens;
  std::unique_ptr<const TokenEngine> model;
  std::unordered_map<std::string_view, TokenId> ids;
  std::vector<std::string> pieces;  // by id
  std::vector<bool> ends;           // by id
};

Tokenizer::Tokenizer(Rules rules) {
  check_rules(rules, "the tokenizer");
  rules_ = std::make_unique<const Rules>(std::move(rules));
  engine_ = std::make_unique<const Engine>(*rules_);
}

Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

std::vector<TokenId> Tokenizer::encode(std::string_view text, EncodeOptions options) const {
  if (text.size() >= kMaxText) {
    fail(ErrorKind::invalid_input,
         "a text of {} bytes is too long to tokenize at once; expected less than {}", text.size(),
         kMaxText);
  }
  std::string repaired;
  if (!is_utf8(text)) text = repaired = replace_broken_utf8(text);
  std::vector<TokenId> output;
  if (options.add_special) output = rules_->prefix;
  const auto memory = engine_->model->make_memory();
  for (const Fragment& fragment : engine_->raw_tokens.split(text, options.parse_special)) {
    if (fragment.id >= 0) {
      output.push_back(fragment.id);
    } else {
      engine_->encode_bytes(text.substr(fragment.begin, fragment.end - fragment.begin),
                            fragment.begin == 0, options.parse_special, *memory, output);
    }
  }
  if (options.add_special)
    output.insert(output.end(), rules_->suffix.begin(), rules_->suffix.end());
  return output;
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool with_special) const {
  std::string text;
  for (const TokenId id : ids) {
    if (id < 0 || id >= vocab_size() || (!with_special && is_special(id))) continue;
    text += engine_->pieces[static_cast<std::size_t>(id)];
  }
  strip_leading_spaces(text, rules_->decoder.strip_start);
  return text;
}

std::string Tokenizer::piece(TokenId id) const {
  return id < 0 || id >= vocab_size() ? std::string()
                                      : engine_->pieces[static_cast<std::size_t>(id)];
}

const std::string& Tokenizer::spelling(TokenId id) const {
  if (id < 0 || id >= vocab_size()) {
    fail(ErrorKind::invalid_input, "the vocabulary has no token {}; expected an id below {}", id,
         vocab_size());
  }
  return rules_->tokens[static_cast<std::size_t>(id)].spelling;
}

int Tokenizer::vocab_size() const {
  return static_cast<int>(rules_->tokens.size());
}

std::optional<TokenId> Tokenizer::find(std::string_view spelling) const {
  const auto it = engine_->ids.find(spelling);
  return it == engine_->ids.end() ? std::nullopt : std::optional(it->second);
}

std::optional<TokenId> Tokenizer::bos() const {
  return rules_->bos;
}
std::optional<TokenId> Tokenizer::eos() const {
  return rules_->eos;
}

bool Tokenizer::adds_bos() const {
  return rules_->bos && std::ranges::count(rules_->prefix, *rules_->bos) > 0;
}
bool Tokenizer::adds_eos() const {
  return rules_->eos && std::ranges::count(rules_->suffix, *rules_->eos) > 0;
}

bool Tokenizer::is_special(TokenId id) const {
  if (id < 0 || id >= vocab_size()) return false;
  const TokenKind kind = rules_->tokens[static_cast<std::size_t>(id)].kind;
  return kind == TokenKind::control || kind == TokenKind::unknown;
}

bool Tokenizer::ends_generation(TokenId id) const {
  return id >= 0 && id < vocab_size() && engine_->ends[static_cast<std::size_t>(id)];
}

std::string Tokenizer::description() const {
  struct Name {
    const Rules& rules;
    std::string operator()(const MergesModel&) const {
      return rules.decoder.byte_level ? "BPE (byte-level)" : "BPE";
    }
    std::string operator()(const ScoresModel&) const { return "SentencePiece BPE"; }
    std::string operator()(const UnigramModel&) const { return "unigram"; }
    std::string operator()(const WordPieceModel&) const { return "WordPiece"; }
  };
  std::string text = std::visit(Name{*rules_}, rules_->model);
  if (!rules_->pre_name.empty()) text += ", pre-tokenizer " + rules_->pre_name;
  if (rules_->pre_name.empty() && rules_->decoder.byte_level) text += ", pre-tokenizer of its own";
  return text;
}

const Tokenizer::Rules& Tokenizer::rules() const {
  return *rules_;
}
const std::vector<std::string>& Tokenizer::warnings() const {
  return rules_->warnings;
}

}  // namespace nybble::text
