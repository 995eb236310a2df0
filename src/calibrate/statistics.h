// What methods need to know of the inputs of linears.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nybble::calibrate {

// Sums over the tokens of one half of the documents.
struct Half {
  std::vector<float> square_sums;    // [cols]: sum of weight * x^2
  std::vector<float> second_moment;  // [cols, cols]: sum of weight * x x^T; empty: unknown
  double weight = 0;                 // sum of the weights of its tokens
  std::int64_t tokens = 0;
};

// One input, which several weights may read. The halves hold different documents, so one can
// judge what the other taught.
struct InputStatistics {
  std::vector<std::string> weights;  // "blk.0.attn_q.weight", ...
  int cols = 0;
  std::array<Half, 2> halves;
  std::vector<float> absmax;  // [cols]

  std::int64_t tokens() const { return halves[0].tokens + halves[1].tokens; }
  bool has_moments() const { return !halves[0].second_moment.empty(); }
};

// Where statistics come from.
struct Provenance {
  std::vector<std::string> texts;  // names of files
  int windows = 0, context = 0;
};

struct Statistics : Provenance {
  std::vector<InputStatistics> inputs;

  // nullptr when no input of this weight was seen.
  const InputStatistics* find(std::string_view weight) const;
};

// Mean of weight * x^2 of each column, [cols]: the importance of an imatrix.
std::vector<float> mean_squares(const InputStatistics& input);

// The second moments of each half become the mean of both, `other` at their trace.
void mix_in(InputStatistics& input, const InputStatistics& other);

// Statistics of x / factor for each column, [cols].
void divide(InputStatistics& input, std::span<const float> factors);

}  // namespace nybble::calibrate
