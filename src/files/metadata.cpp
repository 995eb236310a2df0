#include "files/metadata.h"

#include <cmath>
#include <concepts>
#include <type_traits>

#include "base/error.h"

namespace nybble::files {
namespace {

template <class T>
concept Number = std::is_arithmetic_v<T> && !std::same_as<T, bool>;

template <class T>
constexpr std::string_view kind_of() {
  if constexpr (std::same_as<T, bool>) return "a bool";
  if constexpr (std::same_as<T, std::string>) return "a string";
  if constexpr (std::same_as<T, MetadataArray>) return "an array";
  return "a number";
}

[[noreturn]] void fail_type(const Metadata& metadata, std::string_view key,
                            const MetadataValue& value, std::string_view expected) {
  const std::string_view found =
      std::visit([](const auto& v) { return kind_of<std::decay_t<decltype(v)>>(); }, value);
  fail(ErrorKind::corrupt_file, "{}: key '{}' is {}, expected {}", metadata.where(), key, found,
       expected);
}

const MetadataValue& required(const Metadata& metadata, std::string_view key) {
  const MetadataValue* value = metadata.find(key);
  if (value == nullptr) {
    fail(ErrorKind::corrupt_file, "{}: expected a key '{}', found none", metadata.where(), key);
  }
  return *value;
}

// Numbers only. Floats count when they are whole and exact in 64 bits.
template <std::integral To, Number From>
std::optional<To> to_whole(From value) {
  if constexpr (std::floating_point<From>) {
    if (!(std::fabs(value) <= From{9007199254740992.0}) || value != std::trunc(value))
      return std::nullopt;
    return to_whole<To>(static_cast<std::int64_t>(value));
  } else {
    if (!std::in_range<To>(value)) return std::nullopt;
    return static_cast<To>(value);
  }
}

std::uint64_t to_uint(const Metadata& metadata, std::string_view key, const MetadataValue& value) {
  return std::visit(
      [&](const auto& v) -> std::uint64_t {
        using T = std::decay_t<decltype(v)>;
        if constexpr (Number<T>) {
          const auto whole = to_whole<std::uint64_t>(v);
          if (whole) return *whole;
          fail(ErrorKind::corrupt_file, "{}: key '{}' is {}, expected a whole number from 0",
               metadata.where(), key, v);
        } else {
          fail_type(metadata, key, value, "a number");
        }
      },
      value);
}

double to_double(const Metadata& metadata, std::string_view key, const MetadataValue& value) {
  return std::visit(
      [&](const auto& v) -> double {
        if constexpr (Number<std::decay_t<decltype(v)>>) return static_cast<double>(v);
        fail_type(metadata, key, value, "a number");
      },
      value);
}

const std::string& to_string(const Metadata& metadata, std::string_view key,
                             const MetadataValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) fail_type(metadata, key, value, "a string");
  return *text;
}

const MetadataArray* find_array(const Metadata& metadata, std::string_view key,
                                std::string_view expected) {
  const MetadataValue* value = metadata.find(key);
  if (value == nullptr) return nullptr;
  const auto* array = std::get_if<MetadataArray>(value);
  if (array == nullptr) fail_type(metadata, key, *value, expected);
  return array;
}

}  // namespace

const MetadataValue* Metadata::find(std::string_view key) const {
  const auto place = places_.find(std::string(key));
  return place == places_.end() ? nullptr : &items_[place->second].second;
}

void Metadata::set(std::string_view key, MetadataValue value) {
  const auto [place, is_new] = places_.try_emplace(std::string(key), items_.size());
  if (is_new) {
    items_.emplace_back(key, std::move(value));
  } else {
    items_[place->second].second = std::move(value);
  }
}

void Metadata::erase(std::string_view key) {
  const auto place = places_.find(std::string(key));
  if (place == places_.end()) return;
  const std::size_t gone = place->second;
  places_.erase(place);
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(gone));
  for (std::size_t i = gone; i < items_.size(); ++i) places_[items_[i].first] = i;
}

std::uint64_t Metadata::get_uint(std::string_view key) const {
  return to_uint(*this, key, required(*this, key));
}

std::uint64_t Metadata::get_uint(std::string_view key, std::uint64_t otherwise) const {
  const MetadataValue* value = find(key);
  return value == nullptr ? otherwise : to_uint(*this, key, *value);
}

double Metadata::get_float(std::string_view key) const {
  return to_double(*this, key, required(*this, key));
}

double Metadata::get_float(std::string_view key, double otherwise) const {
  const MetadataValue* value = find(key);
  return value == nullptr ? otherwise : to_double(*this, key, *value);
}

bool Metadata::get_bool(std::string_view key, bool otherwise) const {
  const MetadataValue* value = find(key);
  if (value == nullptr) return otherwise;
  const bool* flag = std::get_if<bool>(value);
  if (flag == nullptr) fail_type(*this, key, *value, "a bool");
  return *flag;
}

std::string Metadata::get_string(std::string_view key) const {
  return to_string(*this, key, required(*this, key));
}

std::string Metadata::get_string(std::string_view key, std::string_view otherwise) const {
  const MetadataValue* value = find(key);
  return value == nullptr ? std::string(otherwise) : to_string(*this, key, *value);
}

const std::vector<std::string>* Metadata::find_strings(std::string_view key) const {
  const MetadataArray* array = find_array(*this, key, "an array of strings");
  if (array == nullptr) return nullptr;
  const auto* strings = std::get_if<std::vector<std::string>>(array);
  if (strings == nullptr) {
    fail(ErrorKind::corrupt_file,
         "{}: key '{}' is an array of other values, expected an array of strings", where_, key);
  }
  return strings;
}

std::optional<std::vector<std::int64_t>> Metadata::find_ints(std::string_view key) const {
  const MetadataArray* array = find_array(*this, key, "an array of whole numbers");
  if (array == nullptr) return std::nullopt;
  return std::visit(
      [&](const auto& values) {
        using T = typename std::decay_t<decltype(values)>::value_type;
        std::vector<std::int64_t> ints;
        if constexpr (Number<T>) {
          ints.reserve(values.size());
          for (const T value : values) {
            const auto whole = to_whole<std::int64_t>(value);
            if (!whole) {
              fail(ErrorKind::corrupt_file, "{}: key '{}' holds {}, expected whole numbers", where_,
                   key, value);
            }
            ints.push_back(*whole);
          }
        } else {
          fail(ErrorKind::corrupt_file, "{}: key '{}' is an array of {}, expected whole numbers",
               where_, key, std::same_as<T, bool> ? "bools" : "strings");
        }
        return ints;
      },
      *array);
}

std::optional<std::vector<double>> Metadata::find_floats(std::string_view key) const {
  const MetadataArray* array = find_array(*this, key, "an array of numbers");
  if (array == nullptr) return std::nullopt;
  return std::visit(
      [&](const auto& values) {
        using T = typename std::decay_t<decltype(values)>::value_type;
        std::vector<double> floats;
        if constexpr (Number<T>) {
          floats.reserve(values.size());
          for (const T value : values) floats.push_back(static_cast<double>(value));
        } else {
          fail(ErrorKind::corrupt_file, "{}: key '{}' is an array of {}, expected numbers", where_,
               key, std::same_as<T, bool> ? "bools" : "strings");
        }
        return floats;
      },
      *array);
}

}  // namespace nybble::files
