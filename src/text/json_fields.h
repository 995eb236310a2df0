// Looking up fields of a JSON object from an untrusted file, with errors that name file and field.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

namespace nybble::text {

// An object of a file: where says which, e.g. "tokenizer.json: pre_tokenizer".
class JsonFields {
 public:
  // Throws Error(corrupt_file) when json is no object.
  JsonFields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json_.is_object())
      fail(ErrorKind::corrupt_file, "{}: expected an object, found {}", where_, json_.type_name());
  }

  const std::string& where() const { return where_; }
  // nullptr when missing or null.
  const Json* find(std::string_view key) const {
    const auto it = json_.find(key);
    return it == json_.end() || it->is_null() ? nullptr : &*it;
  }
  const Json& get(std::string_view key) const {
    const Json* value = find(key);
    if (value == nullptr)
      fail(ErrorKind::corrupt_file, "{}: expected a field '{}', found none", where_, key);
    return *value;
  }
  bool get_bool(std::string_view key, bool otherwise) const {
    const Json* value = find(key);
    if (value == nullptr) return otherwise;
    if (!value->is_boolean()) fail_type(key, *value, "true or false");
    return value->get<bool>();
  }
  std::string get_string(std::string_view key) const { return string_of(key, get(key)); }
  std::string get_string(std::string_view key, std::string_view otherwise) const {
    const Json* value = find(key);
    return value == nullptr ? std::string(otherwise) : string_of(key, *value);
  }
  // Throws Error(corrupt_file) unless the number is whole and within 0 ... 2^31 - 1.
  int get_int(std::string_view key) const {
    const Json& value = get(key);
    if (!value.is_number_integer() || value < 0 || value > 0x7fffffff)
      fail_type(key, value, "a whole number from 0 to 2^31 - 1");
    return value.get<int>();
  }
  const Json& get_array(std::string_view key) const {
    const Json& value = get(key);
    if (!value.is_array()) fail_type(key, value, "an array");
    return value;
  }
  JsonFields get_object(std::string_view key) const {
    return {get(key), fmt::format("{}.{}", where_, key)};
  }

  [[noreturn]] void fail_type(std::string_view key, const Json& value,
                              std::string_view expected) const {
    fail(ErrorKind::corrupt_file, "{}: '{}' is {}, expected {}", where_, key, value.type_name(),
         expected);
  }

 private:
  std::string string_of(std::string_view key, const Json& value) const {
    if (!value.is_string()) fail_type(key, value, "a string");
    return value.get<std::string>();
  }

  const Json& json_;
  std::string where_;
};

}  // namespace nybble::text
