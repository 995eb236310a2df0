// Reads and evaluates the conditions of recipes.
#include "quantize/recipe_condition.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace nybble::quantize {
namespace {

const std::map<std::string, int Place::*, std::less<>> numbers = {{"layers", &Place::layers},
                                                                  {"gqa", &Place::gqa},
                                                                  {"experts", &Place::experts},
                                                                  {"index", &Place::index},
                                                                  {"counter", &Place::counter}};
const std::map<std::string, bool Place::*, std::less<>> flags = {
    {"calibrated", &Place::calibrated},
    {"ragged", &Place::ragged},
    {"stacked", &Place::stacked},
    {"every_third", &Place::every_third}};
const std::map<std::string, Condition::Relation, std::less<>> relations = {
    {"==", Condition::Relation::equal},
    {">", Condition::Relation::more},
    {"<", Condition::Relation::less},
    {">=", Condition::Relation::at_least}};

[[noreturn]] void fail_word(std::string_view where, std::string_view word) {
  fail(ErrorKind::invalid_input, "{}: \"{}\" is not understood in a condition", where, word);
}

// "4", "n/8" or "7n/8".
void parse_value(std::string_view text, Condition& condition, std::string_view where) {
  const auto number = [&](std::string_view digits) {
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) fail_word(where, text);
    return value;
  };
  const std::size_t n = text.find("n/");
  if (n == std::string_view::npos) {
    condition.value = number(text);
    return;
  }
  condition.value = n == 0 ? 1 : number(text.substr(0, n));
  condition.divisor = number(text.substr(n + 2));
  if (condition.divisor <= 0) fail_word(where, text);
}

// Reads one condition from the front of `words` and removes it.
Condition parse_condition(std::span<const std::string>& words, const Definitions& definitions,
                          std::string_view where) {
  const auto next = [&]() -> const std::string& {
    if (words.empty()) fail_word(where, "end of line");
    const std::string& word = words.front();
    words = words.subspan(1);
    return word;
  };
  Condition condition;
  condition.variable = next();
  if (condition.variable == "not") {
    condition.negated = true;
    condition.variable = next();
  }
  if (flags.contains(condition.variable) || definitions.contains(condition.variable)) {
    return condition;
  }
  const bool is_architecture = condition.variable == "architecture";
  if (!is_architecture && !numbers.contains(condition.variable)) {
    fail_word(where, condition.variable);
  }
  const std::string& relation = next();
  const auto found = relations.find(relation);
  if (found == relations.end() ||
      (is_architecture && found->second != Condition::Relation::equal)) {
    fail_word(where, relation);
  }
  condition.relation = found->second;
  if (is_architecture) {
    condition.word = next();
  } else {
    parse_value(next(), condition, where);
  }
  return condition;
}

bool compare(const Condition& condition, const Place& place) {
  if (condition.variable == "architecture") return place.architecture == condition.word;
  const int left = place.*numbers.at(condition.variable);
  const int right =
      condition.divisor == 0 ? condition.value : condition.value * place.n / condition.divisor;
  switch (condition.relation) {
    case Condition::Relation::equal:
      return left == right;
    case Condition::Relation::more:
      return left > right;
    case Condition::Relation::less:
      return left < right;
    case Condition::Relation::at_least:
      return left >= right;
    case Condition::Relation::holds:
      break;
  }
  return false;
}

bool holds(const Condition& condition, const Place& place, const Definitions& definitions) {
  if (condition.relation != Condition::Relation::holds) return compare(condition, place);
  const auto flag = flags.find(condition.variable);
  if (flag != flags.end()) return place.*flag->second;
  const auto [first, last] = definitions.equal_range(condition.variable);
  return std::any_of(first, last,
                     [&](const auto& entry) { return all_hold(entry.second, place, definitions); });
}

}  // namespace

Conditions parse_conditions(std::span<const std::string> words, const Definitions& definitions,
                            std::string_view where) {
  Conditions conditions;
  while (true) {
    conditions.push_back(parse_condition(words, definitions, where));
    if (words.empty()) return conditions;
    if (words.front() != "and") fail_word(where, words.front());
    words = words.subspan(1);
  }
}

// A definition can only use those before it, so this ends.
bool all_hold(const Conditions& conditions, const Place& place, const Definitions& definitions) {
  return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& condition) {
    return holds(condition, place, definitions) != condition.negated;
  });
}

}  // namespace nybble::quantize
