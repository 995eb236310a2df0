// A config.json of Hugging Face, read with errors that name the key, what was expected and what was
// found.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace nybble::files {

// Borrows the object. A key whose value is null counts as missing.
class HfConfig {
 public:
  HfConfig(const Json& object, std::string where) : object_(&object), where_(std::move(where)) {}

  const std::string& where() const { return where_; }
  bool has(std::string_view key) const { return find(key) != nullptr; }
  // Is the key there, be it null?
  bool mentions(std::string_view key) const { return object_->contains(key); }
  // A whole number in [0, 2^31). The form without a default throws when the key is missing.
  int integer(std::string_view key) const;
  int integer(std::string_view key, int otherwise) const;
  double number(std::string_view key) const;
  double number(std::string_view key, double otherwise) const;
  bool flag(std::string_view key, bool otherwise) const;
  // Is the value true? For keys that hold other things as well.
  bool is_true(std::string_view key) const;
  std::string text(std::string_view key, std::string_view otherwise) const;
  std::vector<float> numbers(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  // All keys, in the order of their bytes.
  std::vector<std::string> keys() const;
  // An object inside this one.
  std::optional<HfConfig> object(std::string_view key) const;

 private:
  const Json* find(std::string_view key) const;
  [[noreturn]] void refuse(std::string_view key, std::string_view expected) const;

  const Json* object_;
  std::string where_;
};

}  // namespace nybble::files
