// The conditions of recipes: "if more_bits", "if gqa >= 4 and index < n/8".
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nybble::quantize {

// What conditions can speak of: one tensor and its place in its model.
struct Place {
  std::string_view architecture;
  int layers = 0;
  int gqa = 0;  // query heads per kv head, rounded down
  int experts = 0;
  // The tensor is the index-th of n of its role; in mixtures of experts the index is that of its
  // layer.
  int index = 0, n = 0;
  int counter = 0;  // tensors of its role before it
  bool calibrated = false;
  bool ragged = false;   // the block of the recipe's format does not divide the rows
  bool stacked = false;  // several matrices in one tensor: experts
  bool every_third = false;
};

struct Condition {
  enum class Relation { holds, equal, more, less, at_least };
  bool negated = false;
  std::string variable;  // a member of Place or a definition
  Relation relation = Relation::holds;
  std::string word;  // right side of a comparison with `architecture`
  int value = 0;     // right side of other comparisons: value, or value * n / divisor
  int divisor = 0;
};
using Conditions = std::vector<Condition>;
// Several entries of one name are alternatives.
using Definitions = std::multimap<std::string, Conditions, std::less<>>;

// words: those after "if". Throws Error(invalid_input) that begins with `where`.
Conditions parse_conditions(std::span<const std::string> words, const Definitions& definitions,
                            std::string_view where);
// Whether all hold.
bool all_hold(const Conditions& conditions, const Place& place, const Definitions& definitions);

}  // namespace nybble::quantize
