// Names of the files of a split model, as llama.cpp and Hugging Face write them:
// "name-00001-of-00003.gguf".
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

namespace nybble::files {

struct ShardName {
  std::string prefix;     // "name"
  std::string extension;  // ".gguf"
  int number = 0;         // from 1
  int count = 0;

  std::string with_number(int n) const {
    return fmt::format("{}-{:05}-of-{:05}{}", prefix, n, count, extension);
  }
};

// Nothing when the file name has another form, or a number outside [1, count].
inline std::optional<ShardName> parse_shard_name(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  constexpr std::string_view pattern = "-ddddd-of-ddddd";
  if (dot == std::string_view::npos || dot <= pattern.size()) return std::nullopt;
  const std::string_view tail = file_name.substr(dot - pattern.size(), pattern.size());
  int numbers[2] = {};
  int* number = numbers;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool is_digit = tail[i] >= '0' && tail[i] <= '9';
    if (pattern[i] == 'd' ? !is_digit : tail[i] != pattern[i]) return std::nullopt;
    if (is_digit) *number = *number * 10 + (tail[i] - '0');
    if (pattern[i] == 'o') ++number;
  }
  if (numbers[0] < 1 || numbers[0] > numbers[1]) return std::nullopt;
  return ShardName{std::string(file_name.substr(0, dot - pattern.size())),
                   std::string(file_name.substr(dot)), numbers[0], numbers[1]};
}

}  // namespace nybble::files
