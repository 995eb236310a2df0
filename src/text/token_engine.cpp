#include "text/token_engine.h"

#include <algorithm>

#include "base/error.h"
#include "text/bpe.h"
#include "text/unigram.h"
#include "text/wordpiece.h"

namespace nybble::text {

Vocabulary::Vocabulary(const std::vector<TokenEntry>& tokens) {
  ids_.reserve(tokens.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const TokenEntry& token = tokens[id];
    const bool spells_text = token.kind == TokenKind::normal ||
                             token.kind == TokenKind::user_defined ||
                             token.kind == TokenKind::unused;
    if (!spells_text || token.spelling.empty()) continue;
    ids_.emplace(token.spelling, static_cast<TokenId>(id));
    longest_ = std::max(longest_, token.spelling.size());
  }
}

TokenId Vocabulary::find(std::string_view spelling) const {
  if (spelling.size() > longest_) return -1;
  const auto it = ids_.find(spelling);
  return it == ids_.end() ? -1 : it->second;
}

Fallback::Fallback(const Tokenizer::Rules& rules, bool wants_bytes, bool fuses)
    : unknown(rules.unknown.value_or(-1)), fuse(fuses) {
  if (!wants_bytes) return;
  bytes.assign(256, -1);
  for (std::size_t id = 0; id < rules.tokens.size(); ++id) {
    const int byte = byte_of_spelling(rules.tokens[id].spelling);
    if (byte >= 0) bytes[static_cast<std::size_t>(byte)] = static_cast<TokenId>(id);
  }
  has_bytes = std::any_of(bytes.begin(), bytes.end(), [](TokenId id) { return id >= 0; });
}

void Fallback::append(std::string_view characters, std::vector<TokenId>& ids) const {
  const auto byte_id = [this](char c) { return bytes[static_cast<unsigned char>(c)]; };
  if (has_bytes &&
      std::all_of(characters.begin(), characters.end(), [&](char c) { return byte_id(c) >= 0; })) {
    for (const char c : characters) ids.push_back(byte_id(c));
  } else if (unknown >= 0 && !(fuse && !ids.empty() && ids.back() == unknown)) {
    ids.push_back(unknown);
  }
}

std::unique_ptr<const TokenEngine> make_engine(const Tokenizer::Rules& rules) {
  struct Make {
    const Tokenizer::Rules& rules;
    using Made = std::unique_ptr<const TokenEngine>;
    Made operator()(const MergesModel& model) const {
      return std::make_unique<MergesEngine>(rules, model);
    }
    Made operator()(const ScoresModel&) const { return std::make_unique<ScoresEngine>(rules); }
    Made operator()(const UnigramModel& model) const {
      return std::make_unique<UnigramEngine>(rules, model);
    }
    Made operator()(const WordPieceModel& model) const {
      return std::make_unique<WordPieceEngine>(rules, model);
    }
  };
  return std::visit(Make{rules}, rules.model);
}

int byte_of_spelling(std::string_view spelling) {
  if (spelling.size() != 6 || !spelling.starts_with("<0x") || spelling[5] != '>') return -1;
  int byte = 0;
  for (const char c : spelling.substr(3, 2)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                             : -1;
    if (digit < 0) return -1;
    byte = byte * 16 + digit;
  }
  return byte;
}

std::string spelling_of_byte(int byte) {
  return fmt::format("<0x{:02X}>", byte);
}

}  // namespace nybble::text
