// The text of recipes: one statement a line, words separated by spaces, '#' begins a comment.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "quantize/recipe.h"

namespace nybble::quantize {

struct DataFile {
  std::string_view name, text;
};
// The files of src/api/recipes, compiled in (cmake/recipes.cmake).
std::span<const DataFile> recipe_files();

struct Role {
  std::string name;
  bool counts_layers = false;  // n is the number of layers, not that of the role's tensors
  std::vector<std::string> patterns;
};

// What all recipes share: tensors.table.
struct TensorTable {
  std::vector<Role> roles;
  Definitions definitions;
  std::map<std::string, std::string, std::less<>> fallbacks;
  std::vector<std::string> kept;         // patterns of names
  std::vector<std::string> kept_stored;  // formats
  std::string kept_as;                   // format of the floats that are kept

  // nullptr: no rule but those for `any` speaks of it.
  const Role* role_of(std::string_view tensor) const;
};

// Both throw Error(invalid_input) naming file and line.
TensorTable parse_tensor_table(const DataFile& file);
Recipe parse_recipe(const DataFile& file, const TensorTable& table);
const TensorTable& tensor_table();

// Whether all of `text` matches `pattern`, in which each '*' stands for any characters.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace nybble::quantize
