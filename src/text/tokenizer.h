// Text to token ids and back, by the rules that a checkpoint carries: byte-level BPE, SentencePiece
// BPE, unigram.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/checkpoint.h"

namespace nybble::text {

using TokenId = std::int32_t;

struct EncodeOptions {
  bool add_special = true;    // BOS, EOS as the model's rules say
  bool parse_special = true;  // "<|im_start|>" in the text becomes its token
};

// Immutable after construction; all functions may be called from several threads.
class Tokenizer {
 public:
  struct Rules;  // vocabulary, merges, normalizer, pre-tokenizer ...: text/tokenizer_rules.h
  explicit Tokenizer(Rules rules);
  Tokenizer(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Broken UTF-8 counts as U+FFFD. Throws Error(invalid_input) for texts of 1 GiB and more.
  std::vector<TokenId> encode(std::string_view text, EncodeOptions options = {}) const;
  // Bytes of ids; special tokens are left out unless asked for, and ids outside the vocabulary
  // (rows that only pad an embedding) always. May end inside a UTF-8 sequence.
  std::string decode(std::span<const TokenId> ids, bool with_special = false) const;
  // Bytes that one token stands for within a text (the space marker resolved).
  std::string piece(TokenId id) const;
  // The token as the vocabulary spells it.
  const std::string& spelling(TokenId id) const;

  int vocab_size() const;
  std::optional<TokenId> find(std::string_view spelling) const;
  std::optional<TokenId> bos() const;
  std::optional<TokenId> eos() const;
  bool adds_bos() const;
  bool adds_eos() const;
  bool is_special(TokenId id) const;
  // Ends an answer: EOS, EOT, EOM.
  bool ends_generation(TokenId id) const;
  // "BPE (byte-level), pre-tokenizer llama-bpe": for people.
  std::string description() const;
  const Rules& rules() const;
  // What was odd in the file, in sentences.
  const std::vector<std::string>& warnings() const;

 private:
  std::unique_ptr<const Rules> rules_;
  struct Engine;
  std::unique_ptr<const Engine> engine_;
};

// Reads the tokenizer of a checkpoint: GGUF keys, else tokenizer.json, else tokenizer.model.
// Throws Error(corrupt_file | unsupported) naming what is missing.
Tokenizer load_tokenizer(const files::Checkpoint& checkpoint);

// Writes the rules as GGUF keys (tokenizer.ggml.*), as other programs expect them; vocab_rows pads
// the vocabulary with unused tokens up to the rows of the embedding.
void write_gguf_tokenizer(const Tokenizer& tokenizer, int vocab_rows, files::Metadata& metadata);

// Writes the rules as the texts of a Hugging Face directory: tokenizer.json and
// tokenizer_config.json by file name.
std::map<std::string, std::string, std::less<>> write_hf_tokenizer(const Tokenizer& tokenizer,
                                                                   std::string_view chat_template);

// Turns a stream of tokens into text, holding back bytes until they are whole UTF-8 characters.
class StreamDecoder {
 public:
  // continues: the text goes on from text before it, so that a leading space of SentencePiece
  // stays.
  explicit StreamDecoder(const Tokenizer& tokenizer, bool with_special = false,
                         bool continues = false);
  // The text that is certain now; may be empty.
  std::string push(TokenId id);
  // What is left at the end; broken sequences become U+FFFD.
  std::string flush();

 private:
  const Tokenizer* tokenizer_;
  bool with_special_;
  int strip_start_;  // spaces that may still be taken off the start
  std::string pending_;
};

}  // namespace nybble::text
