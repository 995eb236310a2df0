// Scales that move between tensors without changing what the model computes: columns of a linear
// grow while whatever makes their inputs shrinks. Quantizing the moved weights loses less, or more.
// Source: Lin et al., AWQ (arXiv 2306.00978); Xiao et al., SmoothQuant (arXiv 2211.10438).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "models/model_source.h"

namespace nybble::models {

// One input of linears that can be scaled.
struct FoldSite {
  // Whose values divide: the columns of a norm, or the rows of a linear (and of its bias).
  std::vector<std::string> makers;
  std::vector<std::string> readers;  // linears whose columns grow
  int cols = 0;
  // The factors of columns of `group` heads that read the same head of `makers` must be equal:
  // column h * head_dim + i is made by row (h / group) * head_dim + i. 1: column c by row c.
  int group = 1, head_dim = 0;
};

// Of an ordinary decoder: norms before their linears, v before the attention output, up before
// down.
std::vector<FoldSite> fold_sites(const ModelSource& source);

// Makes factors [cols] legal for a site: columns made by the same row get their geometric mean.
void tie_factors(const FoldSite& site, std::span<float> factors);
// Multiplies the readers' columns by the factors, which must be tied, and divides the makers.
void fold(const FoldSite& site, std::span<const float> factors, ModelSource& source);

}  // namespace nybble::models
