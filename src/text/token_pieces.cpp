#include "text/token_pieces.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "text/byte_alphabet.h"
#include "text/token_engine.h"

namespace nybble::text {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); !from.empty() && at != text.npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// What "cleanup" of a WordPiece decoder takes out of a token. Source: tokenizers,
// decoders/wordpiece.rs.
void clean_up(std::string& text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kChanges = {
      {{" .", "."},
       {" ?", "?"},
       {" !", "!"},
       {" ,", ","},
       {" ' ", "'"},
       {" n't", "n't"},
       {" 'm", "'m"},
       {" do not", " don't"},
       {" 's", "'s"},
       {" 've", "'ve"},
       {" 're", "'re"}}};
  for (const auto& [from, to] : kChanges) replace_all(text, from, to);
}

std::string piece_of(const TokenEntry& token, const DecoderRules& rules) {
  std::string text = token.spelling;
  if (token.kind == TokenKind::byte || rules.byte_fallback) {
    const int byte = byte_of_spelling(text);
    if (byte >= 0) return {static_cast<char>(byte)};
  }
  if (token.kind != TokenKind::normal && token.kind != TokenKind::unused) return text;
  for (const auto& [from, to] : rules.replacements) replace_all(text, from, to);
  if (rules.byte_level) text = bytes_of_alphabet(text).value_or(text);
  return text;
}

}  // namespace

std::vector<std::string> pieces_of_tokens(const Tokenizer::Rules& rules) {
  std::vector<std::string> pieces;
  pieces.reserve(rules.tokens.size());
  const std::string& continues = rules.decoder.word_prefix;
  for (const TokenEntry& token : rules.tokens) {
    std::string piece = piece_of(token, rules.decoder);
    if (!continues.empty()) {
      piece = piece.starts_with(continues) ? piece.substr(continues.size()) : " " + piece;
    }
    if (rules.decoder.cleanup) clean_up(piece);
    pieces.push_back(rules.decoder.separator + piece);
  }
  return pieces;
}

int strip_leading_spaces(std::string& text, int n) {
  int taken = 0;
  while (taken < n && static_cast<std::size_t>(taken) < text.size() &&
         text[static_cast<std::size_t>(taken)] == ' ')
    ++taken;
  text.erase(0, static_cast<std::size_t>(taken));
  return taken;
}

std::vector<bool> tokens_that_end(const Tokenizer::Rules& rules) {
  // Source: llama.cpp, src/llama-vocab.cpp.
  static constexpr std::array<std::string_view, 31> kSpellings = {
      "<|eot_id|>",
      "<|im_end|>",
      "<|end|>",
      "<|return|>",
      "<|call|>",
      "<|flush|>",
      "<|calls|>",
      "<end_of_turn>",
      "<|endoftext|>",
      "</s>",
      "<|eom_id|>",
      "<EOT>",
      "_<EOT>",
      "[EOT]",
      "[EOS]",
      "<|end_of_text|>",
      "<end_of_utterance>",
      "<eos>",
      "<turn|>",
      "<|tool_response>",
      "<\xef\xbd\x9c"
      "end\xe2\x96\x81of\xe2\x96\x81sentence\xef\xbd\x9c>",
      "[e~[",
      "<|fim_pad|>",
      "<fim-pad>",
      "<fim_pad>",
      "<|fim_repo|>",
      "<|repo_name|>",
      "<fim-repo>",
      "<REPO>",
      "<reponame>",
      "<|file_sep|>"};
  std::vector<bool> ends(rules.tokens.size());
  const auto mark = [&](std::optional<TokenId> id) {
    if (id) ends[static_cast<std::size_t>(*id)] = true;
  };
  const auto has = [&](std::string_view spelling) {
    return std::ranges::any_of(rules.tokens,
                               [&](const TokenEntry& token) { return token.spelling == spelling; });
  };
  const bool has_kinds = std::ranges::any_of(
      rules.tokens, [](const TokenEntry& token) { return token.kind == TokenKind::control; });
  // In Harmony's format an answer goes on after <|end|>.
  const bool end_is_inner =
      (has("<|return|>") && has("<|call|>")) || (has("<|calls|>") && has("<|flush|>"));
  for (std::size_t id = 0; id < rules.tokens.size(); ++id) {
    const TokenEntry& token = rules.tokens[id];
    const bool may_end =
        !has_kinds || token.kind == TokenKind::control || token.kind == TokenKind::user_defined;
    if (!may_end || (end_is_inner && token.spelling == "<|end|>")) continue;
    ends[id] = std::ranges::find(kSpellings, token.spelling) != kSpellings.end();
  }
  mark(rules.eos);
  mark(rules.eot);
  mark(rules.eom);
  for (const TokenId id : rules.ends) mark(id);
  return ends;
}

}  // namespace nybble::text
