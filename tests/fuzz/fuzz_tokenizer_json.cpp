// tokenizer.json from hostile bytes, up to the first NUL; what follows is text to encode with it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "nybble/error.h"
#include "text/tokenizer.h"
#include "text/tokenizer_gguf.h"
#include "text/tokenizer_json.h"

namespace {

using nybble::text::Tokenizer;

// Whatever was read must encode, decode, and be writable in both forms or say why not.
void use(const Tokenizer& tokenizer, std::string_view text) {
  for (const bool special : {false, true}) {
    const auto ids = tokenizer.encode(text, {special, special});
    nybble::text::StreamDecoder decoder(tokenizer);
    for (const auto id : ids) decoder.push(id);
    decoder.flush();
    (void)tokenizer.decode(ids, special);
  }
  nybble::files::Metadata metadata("fuzz");
  write_gguf_tokenizer(tokenizer, 0, metadata);
  (void)Tokenizer(nybble::text::rules_from_gguf(metadata)).encode(text);
  (void)write_hf_tokenizer(tokenizer, "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  const std::string_view text = bytes.substr(std::min(end + 1, bytes.size())).substr(0, 256);
  try {
    use(Tokenizer(nybble::text::rules_from_tokenizer_json(
            {{"tokenizer.json", std::string(bytes.substr(0, end))}})),
        text);
  } catch (const nybble::Error&) {
  }
  return 0;
}
