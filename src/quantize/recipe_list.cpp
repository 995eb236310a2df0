// The recipes that are compiled in.
#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "quantize/recipe.h"
#include "quantize/recipe_file.h"

namespace nybble::quantize {
namespace {

constexpr std::string_view table_name = "tensors.table";

bool same_name(std::string_view a, std::string_view b) {
  const auto upper = [](char c) { return std::toupper(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return upper(x) == upper(y); });
}

std::vector<Recipe> read_recipes() {
  std::vector<Recipe> list;
  for (const DataFile& file : recipe_files()) {
    if (file.name != table_name) list.push_back(parse_recipe(file, tensor_table()));
  }
  std::sort(list.begin(), list.end(),
            [](const Recipe& a, const Recipe& b) { return a.name() < b.name(); });
  return list;
}

TensorTable read_table() {
  for (const DataFile& file : recipe_files()) {
    if (file.name == table_name) return parse_tensor_table(file);
  }
  fail(ErrorKind::invalid_input, "{}: not among the recipes that are compiled in", table_name);
}

}  // namespace

const TensorTable& tensor_table() {
  static const TensorTable table = read_table();
  return table;
}

std::span<const Recipe> recipes() {
  static const std::vector<Recipe> list = read_recipes();
  return list;
}

const Recipe* find_recipe(std::string_view name) {
  for (const Recipe& recipe : recipes()) {
    for (const std::string& own : recipe.names) {
      if (same_name(own, name)) return &recipe;
    }
  }
  return nullptr;
}

FormatId format_named(std::string_view name, std::string_view asked_by) {
  const auto id = formats::find_by_name(name);
  if (!id) {
    fail(ErrorKind::invalid_input,
         "{} names the format \"{}\", which nybble does not know; `nybble formats` lists them",
         asked_by, name);
  }
  return *id;
}

}  // namespace nybble::quantize
