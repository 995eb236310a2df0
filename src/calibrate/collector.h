// Gathers statistics of the inputs of linears while samples run through a model.
#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "calibrate/statistics_file.h"
#include "models/decoder.h"

namespace nybble::calibrate {

// The inputs of a layer's linears, in the order in which finish() gives them, and the head's.
std::vector<InputEntry> layer_inputs(const models::DecoderConfig& config, int layer);
InputEntry head_input(const models::DecoderConfig& config);

class Collector {
 public:
  Collector(const models::DecoderConfig& config, backend::Backend& backend)
      : config_(config), backend_(backend) {}

  // The half that the next inputs belong to, and how much each of their tokens counts.
  void begin_sample(int half, float weight) {
    half_ = half;
    weight_ = weight;
  }
  // x [tokens, cols], the input at a point of a layer. Throws Error(invalid_input) naming the
  // weight for a NaN or infinity.
  void add(int layer, backend::TapPoint point, const float* x, int tokens, std::int64_t cols);
  // What was seen since the last call.
  Statistics finish();

 private:
  const models::DecoderConfig& config_;
  backend::Backend& backend_;
  int half_ = 0;
  float weight_ = 1;
  std::map<std::pair<int, backend::TapPoint>, InputStatistics> inputs_;
};

}  // namespace nybble::calibrate
