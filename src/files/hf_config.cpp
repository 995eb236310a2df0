#include "files/hf_config.h"

#include <cmath>
#include <limits>

#include "base/error.h"

namespace nybble::files {

const Json* HfConfig::find(std::string_view key) const {
  const auto it = object_->find(key);
  return it == object_->end() || it->is_null() ? nullptr : &*it;
}

void HfConfig::refuse(std::string_view key, std::string_view expected) const {
  const Json* value = find(key);
  if (value == nullptr)
    fail(ErrorKind::corrupt_file, "{}: no key '{}', expected {}", where_, key, expected);
  std::string shown = value->dump(-1, ' ', true, Json::error_handler_t::replace);
  if (shown.size() > 40) shown = shown.substr(0, 37) + "...";
  fail(ErrorKind::corrupt_file, "{}: key '{}' is {}, expected {}", where_, key, shown, expected);
}

int HfConfig::integer(std::string_view key) const {
  const Json* value = find(key);
  constexpr std::string_view expected = "a whole number from 0 to 2147483647";
  if (value == nullptr || !value->is_number()) refuse(key, expected);
  const double number = value->get<double>();
  if (number != std::floor(number) || number < 0 || number > std::numeric_limits<int>::max())
    refuse(key, expected);
  return static_cast<int>(number);
}

int HfConfig::integer(std::string_view key, int otherwise) const {
  return has(key) ? integer(key) : otherwise;
}

double HfConfig::number(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr || !value->is_number() || !std::isfinite(value->get<double>()))
    refuse(key, "a number");
  return value->get<double>();
}

double HfConfig::number(std::string_view key, double otherwise) const {
  return has(key) ? number(key) : otherwise;
}

bool HfConfig::flag(std::string_view key, bool otherwise) const {
  const Json* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) refuse(key, "true or false");
  return value->get<bool>();
}

bool HfConfig::is_true(std::string_view key) const {
  const Json* value = find(key);
  return value != nullptr && *value == true;
}

std::string HfConfig::text(std::string_view key, std::string_view otherwise) const {
  const Json* value = find(key);
  if (value == nullptr) return std::string(otherwise);
  if (!value->is_string()) refuse(key, "a text");
  return value->get<std::string>();
}

std::vector<float> HfConfig::numbers(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr || !value->is_array()) refuse(key, "a list of numbers");
  std::vector<float> numbers;
  for (const Json& item : *value) {
    if (!item.is_number()) refuse(key, "a list of numbers");
    numbers.push_back(item.get<float>());
  }
  return numbers;
}

std::vector<std::string> HfConfig::texts(std::string_view key) const {
  std::vector<std::string> texts;
  const Json* value = find(key);
  if (value == nullptr) return texts;
  if (!value->is_array()) refuse(key, "a list of texts");
  for (const Json& item : *value) {
    if (!item.is_string()) refuse(key, "a list of texts");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::vector<std::string> HfConfig::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object_->items()) keys.push_back(key);
  return keys;
}

std::optional<HfConfig> HfConfig::object(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) refuse(key, "an object");
  return HfConfig(*value, where_ + ": " + std::string(key));
}

}  // namespace nybble::files
