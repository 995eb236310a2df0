// Reads the text of recipes and of the table they share.
#include "quantize/recipe_file.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "base/error.h"

namespace nybble::quantize {
namespace {

struct Line {
  std::string where;  // "q4_k_m.recipe line 5"
  std::string text;
  std::vector<std::string> words;

  // The word at i. Throws when the line is too short.
  const std::string& word(std::size_t i) const {
    if (i >= words.size()) fail(ErrorKind::invalid_input, "{}: \"{}\" ends too early", where, text);
    return words[i];
  }
  std::vector<std::string> from(std::size_t i) const {
    word(i);
    return {words.begin() + static_cast<std::ptrdiff_t>(i), words.end()};
  }
  // What follows the first word.
  std::string rest() const {
    word(1);
    return text.substr(text.find(words[1], words[0].size()));
  }
};

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(" \t\r"), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::vector<Line> split_lines(const DataFile& file) {
  std::vector<Line> lines;
  std::string_view text = file.text;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, std::min(end, text.find('#')));
    text.remove_prefix(std::min(end + 1, text.size()));
    std::vector<std::string> words = split_words(line);
    if (words.empty()) continue;
    lines.push_back({fmt::format("{} line {}", file.name, number), std::string(line), words});
  }
  return lines;
}

// Conditions after the word at i, which must be "if"; none when the line ends there.
Conditions conditions_from(const Line& line, std::size_t i, const Definitions& definitions) {
  if (line.words.size() == i) return {};
  if (line.word(i) != "if") {
    fail(ErrorKind::invalid_input, "{}: expected \"if\", found \"{}\"", line.where, line.word(i));
  }
  return parse_conditions(line.from(i + 1), definitions, line.where);
}

Role parse_role(const Line& line) {
  const std::string& counter = line.word(2);
  if (counter != "layers" && counter != "tensors") {
    fail(ErrorKind::invalid_input, "{}: expected \"layers\" or \"tensors\", found \"{}\"",
         line.where, counter);
  }
  return {line.word(1), counter == "layers", line.from(3)};
}

RecipeRule parse_rule(const Line& line, const TensorTable& table) {
  const bool known = std::any_of(table.roles.begin(), table.roles.end(),
                                 [&](const Role& role) { return role.name == line.word(0); });
  if (!known && line.word(0) != "any") {
    fail(ErrorKind::invalid_input, "{}: \"{}\" is neither a statement nor a role", line.where,
         line.word(0));
  }
  return {line.word(0), line.word(1), conditions_from(line, 2, table.definitions), line.text};
}

int parse_file_type(const Line& line) {
  const std::string& word = line.word(1);
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) {
    fail(ErrorKind::invalid_input, "{}: \"{}\" is not a number", line.where, word);
  }
  return value;
}

}  // namespace

const Role* TensorTable::role_of(std::string_view tensor) const {
  for (const Role& role : roles) {
    for (const std::string& pattern : role.patterns) {
      if (glob_matches(pattern, tensor)) return &role;
    }
  }
  return nullptr;
}

TensorTable parse_tensor_table(const DataFile& file) {
  TensorTable table;
  const std::map<std::string, std::function<void(const Line&)>, std::less<>> statements = {
      {"role", [&](const Line& line) { table.roles.push_back(parse_role(line)); }},
      {"define",
       [&](const Line& line) {
         table.definitions.emplace(line.word(1), conditions_from(line, 2, table.definitions));
       }},
      {"fallback", [&](const Line& line) { table.fallbacks.emplace(line.word(1), line.word(2)); }},
      {"keep", [&](const Line& line) { table.kept.push_back(line.word(1)); }},
      {"keep_stored", [&](const Line& line) { table.kept_stored.push_back(line.word(1)); }},
      {"keep_as", [&](const Line& line) { table.kept_as = line.word(1); }}};
  for (const Line& line : split_lines(file)) {
    const auto statement = statements.find(line.word(0));
    if (statement == statements.end()) {
      fail(ErrorKind::invalid_input, "{}: \"{}\" is no statement", line.where, line.word(0));
    }
    statement->second(line);
  }
  return table;
}

Recipe parse_recipe(const DataFile& file, const TensorTable& table) {
  Recipe recipe;
  const std::map<std::string, std::function<void(const Line&)>, std::less<>> statements = {
      {"name", [&](const Line& line) { recipe.names = line.from(1); }},
      {"about", [&](const Line& line) { recipe.about = line.rest(); }},
      {"file_type", [&](const Line& line) { recipe.file_type = parse_file_type(line); }},
      {"format", [&](const Line& line) { recipe.format = line.word(1); }}};
  for (const Line& line : split_lines(file)) {
    const auto statement = statements.find(line.word(0));
    if (statement != statements.end()) {
      statement->second(line);
    } else {
      recipe.rules.push_back(parse_rule(line, table));
    }
  }
  if (recipe.names.empty() || recipe.about.empty()) {
    fail(ErrorKind::invalid_input, "{}: a recipe needs the lines \"name\" and \"about\"",
         file.name);
  }
  return recipe;
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  // Each piece between stars is best taken where it first occurs.
  for (std::size_t next = pattern.find('*'); next != std::string_view::npos;
       next = pattern.find('*')) {
    const std::size_t found = text.find(pattern.substr(0, next));
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + next);
    pattern.remove_prefix(next + 1);
  }
  return text.ends_with(pattern);
}

}  // namespace nybble::quantize
