#include "cli/lora_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "nybble/error.h"

namespace nybble::cli {
namespace {

[[noreturn]] void refuse(const std::string& sentence) {
  throw Error(ErrorKind::invalid_input, sentence);
}

template <class T>
T number_of(const std::string& text, const std::string& key) {
  T value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size())
    refuse(fmt::format("--lora: expected a number for {}, found \"{}\"", key, text));
  return value;
}

std::vector<std::string> split(const std::string& text, char border) {
  std::vector<std::string> parts;
  for (std::size_t first = 0; first <= text.size();) {
    const std::size_t end = std::min(text.find(border, first), text.size());
    parts.push_back(text.substr(first, end - first));
    first = end + 1;
  }
  return parts;
}

}  // namespace

void read_lora_settings(const std::string& text, TrainRequest& request) {
  for (const std::string& setting : split(text, ',')) {
    const std::size_t equals = setting.find('=');
    const std::string key = setting.substr(0, equals);
    const std::string value = equals == setting.npos ? "" : setting.substr(equals + 1);
    if (key == "r" && !value.empty()) {
      request.rank = number_of<int>(value, key);
    } else if (key == "alpha" && !value.empty()) {
      request.alpha = number_of<double>(value, key);
    } else if (key == "targets" && !value.empty()) {
      request.targets = split(value, '+');
    } else {
      refuse(fmt::format(
          "--lora: expected settings such as r=16,alpha=32,targets=attn_q+attn_v, found \"{}\"",
          setting));
    }
  }
}

std::string list_lora_targets() {
  std::string text = "Targets:";
  for (const auto& [gguf, peft] : train_targets()) text += fmt::format(" {} ({})", gguf, peft);
  return text + "\n";
}

}  // namespace nybble::cli
