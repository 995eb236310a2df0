// Typed key-value pairs in the vocabulary of GGUF: the one dialect in which nybble speaks of a
// model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace nybble::files {

// An array of GGUF has elements of one type; nested arrays are refused by the reader.
using MetadataArray =
    std::variant<std::vector<std::uint8_t>, std::vector<std::int8_t>, std::vector<std::uint16_t>,
                 std::vector<std::int16_t>, std::vector<std::uint32_t>, std::vector<std::int32_t>,
                 std::vector<std::uint64_t>, std::vector<std::int64_t>, std::vector<float>,
                 std::vector<double>, std::vector<bool>, std::vector<std::string>>;
using MetadataValue = std::variant<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t,
                                   std::uint32_t, std::int32_t, std::uint64_t, std::int64_t, float,
                                   double, bool, std::string, MetadataArray>;

// Keeps the order of insertion. Keys are unique.
class Metadata {
 public:
  // The file in messages.
  explicit Metadata(std::string where = "") : where_(std::move(where)) {}

  const std::vector<std::pair<std::string, MetadataValue>>& items() const { return items_; }
  const MetadataValue* find(std::string_view key) const;
  // Replaces or appends.
  void set(std::string_view key, MetadataValue value);
  void erase(std::string_view key);

  // Getters convert between number types when the value fits. The first form of each throws
  // Error(corrupt_file) when the key is missing; both throw when the value has another type:
  // "<where>: key 'k' is a string, expected a number".
  std::uint64_t get_uint(std::string_view key) const;
  std::uint64_t get_uint(std::string_view key, std::uint64_t otherwise) const;
  double get_float(std::string_view key) const;
  double get_float(std::string_view key, double otherwise) const;
  bool get_bool(std::string_view key, bool otherwise) const;
  std::string get_string(std::string_view key) const;
  std::string get_string(std::string_view key, std::string_view otherwise) const;
  // nullptr when missing.
  const std::vector<std::string>* find_strings(std::string_view key) const;
  std::optional<std::vector<std::int64_t>> find_ints(std::string_view key) const;
  std::optional<std::vector<double>> find_floats(std::string_view key) const;

  const std::string& where() const { return where_; }

 private:
  std::string where_;
  std::vector<std::pair<std::string, MetadataValue>> items_;
  std::unordered_map<std::string, std::size_t> places_;  // key -> place in items_
};

}  // namespace nybble::files
