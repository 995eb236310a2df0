#include <utility>

#include "text/characters.h"
#include "text/token_pieces.h"
#include "text/tokenizer.h"
#include "text/tokenizer_rules.h"

namespace nybble::text {

StreamDecoder::StreamDecoder(const Tokenizer& tokenizer, bool with_special, bool continues)
    : tokenizer_(&tokenizer),
      with_special_(with_special),
      strip_start_(continues ? 0 : tokenizer.rules().decoder.strip_start) {}

std::string StreamDecoder::push(TokenId id) {
  if (!with_special_ && tokenizer_->is_special(id)) return {};
  std::string piece = tokenizer_->piece(id);
  if (piece.empty()) return {};
  if (strip_start_ > 0) {
    strip_start_ -= strip_leading_spaces(piece, strip_start_);
    if (!piece.empty()) strip_start_ = 0;
  }
  pending_ += piece;
  const std::size_t whole = pending_.size() - unfinished_utf8(pending_);
  std::string text = replace_broken_utf8(std::string_view(pending_).substr(0, whole));
  pending_.erase(0, whole);
  return text;
}

std::string StreamDecoder::flush() {
  return replace_broken_utf8(std::exchange(pending_, {}));
}

}  // namespace nybble::text
