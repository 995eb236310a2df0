// What every kind of tokenizer model does: pieces of text to tokens.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/tokenizer_rules.h"

namespace nybble::text {

// Spelling -> id of the tokens that a model may produce from text: no control, unknown or byte
// tokens.
class Vocabulary {
 public:
  explicit Vocabulary(const std::vector<TokenEntry>& tokens);
  // -1 when missing.
  TokenId find(std::string_view spelling) const;
  std::size_t longest() const { return longest_; }  // bytes

 private:
  std::unordered_map<std::string_view, TokenId> ids_;
  std::size_t longest_ = 0;
};

// Tokens for characters that no token spells.
struct Fallback {
  bool has_bytes = false;
  std::vector<TokenId> bytes;  // by byte; used when has_bytes
  TokenId unknown = -1;        // -1: such characters are dropped
  bool fuse = false;           // several unknown in a row become one

  Fallback(const Tokenizer::Rules& rules, bool wants_bytes, bool fuses);
  void append(std::string_view characters, std::vector<TokenId>& ids) const;
};

// Immutable; used from several threads.
class TokenEngine {
 public:
  virtual ~TokenEngine() = default;

  // What one call of Tokenizer::encode keeps between pieces.
  class Memory {
   public:
    virtual ~Memory() = default;
  };
  virtual std::unique_ptr<Memory> make_memory() const { return std::make_unique<Memory>(); }
  // Appends the tokens of a piece (valid UTF-8, not empty).
  virtual void encode(std::string_view piece, Memory& memory, std::vector<TokenId>& ids) const = 0;
};

// The engine for rules.model; views into rules stay in use. Throws Error(corrupt_file).
std::unique_ptr<const TokenEngine> make_engine(const Tokenizer::Rules& rules);

// The bytes 0xXX of spellings <0xXX>; -1 for other spellings.
int byte_of_spelling(std::string_view spelling);
// "<0x0A>".
std::string spelling_of_byte(int byte);

}  // namespace nybble::text
