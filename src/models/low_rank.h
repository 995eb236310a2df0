// What an adapter adds to a linear: y = W x + scale * B (A x).
// Source: Hu et al., LoRA (arXiv 2106.09685).
#pragma once

#include <string>
#include <vector>

namespace nybble::models {

// Of a linear [rows, cols], its rows in the order that the model has them in.
struct LowRank {
  std::string linear;  // "blk.3.attn_q"
  int rank = 0;
  float scale = 1;
  std::vector<float> a;  // [rank, cols]
  std::vector<float> b;  // [rows, rank]
};

}  // namespace nybble::models
