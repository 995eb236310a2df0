// Base64 (RFC 4648), in which tokenizer.json holds character maps.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nybble::text {

std::string encode_base64(std::string_view bytes);
// Nothing when the text is not base64; the padding may be missing.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace nybble::text
