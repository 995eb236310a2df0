// Cuts normalized text into pieces; tokens never reach over the border of a piece.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/tokenizer_rules.h"

namespace nybble::text {

// Text cut into pieces: piece i ends at ends[i] and starts where the one before it ends. No piece
// is empty.
struct Pieces {
  std::string text;
  std::vector<std::size_t> ends;
};

class PreTokenizer {
 public:
  // Throws Error(corrupt_file) when a regular expression is not understood.
  explicit PreTokenizer(const std::vector<PreTokenizerStep>& steps);
  PreTokenizer(PreTokenizer&&) noexcept;
  ~PreTokenizer();

  // text: valid UTF-8; at_start: it is the beginning of what is encoded (matters to Metaspace).
  Pieces apply(std::string text, bool at_start) const;

  class Step {
   public:
    virtual ~Step() = default;
    virtual void apply(Pieces& pieces, bool at_start) const = 0;
  };

 private:
  std::vector<std::unique_ptr<const Step>> steps_;
};

// GPT-2's own expression, which "ByteLevel" uses.
extern const char* const kGpt2Pattern;

}  // namespace nybble::text
