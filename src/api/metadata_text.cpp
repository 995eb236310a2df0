#include "api/metadata_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

namespace nybble {
namespace {

constexpr std::size_t longest_text = 200;
constexpr std::size_t shown_elements = 6;

std::string shorten(const std::string& text) {
  if (text.size() <= longest_text) return text;
  std::size_t end = longest_text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u)
    --end;  // not inside a character
  return fmt::format("{}... ({} bytes)", text.substr(0, end), text.size());
}

template <class T>
std::string describe_scalar(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return shorten(value);
  } else {
    return fmt::format("{}", value);
  }
}

template <class T>
std::string describe_array(const std::vector<T>& values) {
  std::string text = fmt::format("[{}] ", values.size());
  for (std::size_t i = 0; i < std::min(values.size(), shown_elements); ++i) {
    const T value = values[i];
    text += (i == 0 ? "" : ", ") + describe_scalar(value);
  }
  return values.size() > shown_elements ? text + ", ..." : text;
}

}  // namespace

std::string describe_value(const files::MetadataValue& value) {
  return std::visit(
      [](const auto& held) -> std::string {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, files::MetadataArray>) {
          return std::visit([](const auto& values) { return describe_array(values); }, held);
        } else {
          return describe_scalar(held);
        }
      },
      value);
}

}  // namespace nybble
