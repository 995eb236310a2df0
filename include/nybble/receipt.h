// What stands in a file about itself: how it was made, from what, and what was measured.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace nybble {

struct Receipt {
  std::string json;  // one object: "made", "tensors", "measured" (docs/json.md)
  std::vector<std::pair<std::string, std::string>> lines;  // for people: what, and the words
};

// Throws Error(invalid_input) when the model carries no receipt, Error(corrupt_file) when it is no
// JSON.
Receipt read_receipt(const std::filesystem::path& model);

}  // namespace nybble
