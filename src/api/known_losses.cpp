#include "api/known_losses.h"

#include <algorithm>
#include <array>

namespace nybble::api {
namespace {

struct Loss {
  std::string_view recipe;
  double divergence;
};

constexpr std::array losses{
    Loss{"F32", 0},
    Loss{"BF16", 0},
    Loss{"F16", 0.00003},
    Loss{"Q8_0", 0.001355},
    Loss{"Q6_K", 0.005452},
    Loss{"Q5_K_M", 0.010762},
    Loss{"Q5_K_S", 0.016595},
    Loss{"Q5_1", 0.018045},
    Loss{"Q5_0", 0.022239},
    Loss{"Q4_K_M", 0.028152},
    Loss{"Q4_K_S", 0.031951},
    Loss{"IQ4_NL", 0.035742},
    Loss{"IQ4_XS", 0.036334},
    Loss{"Q4_1", 0.071683},
    Loss{"Q4_0", 0.071940},
    Loss{"Q3_K_L", 0.073077},
    Loss{"Q3_K_M", 0.084358},
    Loss{"IQ3_M", 0.102534},
    Loss{"IQ3_S", 0.111278},
    Loss{"IQ3_XS", 0.138693},
    Loss{"IQ3_XXS", 0.183625},
    Loss{"Q3_K_S", 0.199821},
    Loss{"IQ2_M", 0.325989},
    Loss{"Q2_K", 0.332223},
    Loss{"Q2_K_S", 0.403360},
    Loss{"IQ2_S", 0.439197},
    Loss{"IQ2_XS", 0.546290},
    Loss{"IQ2_XXS", 0.812022},
    Loss{"IQ1_M", 1.393084},
    Loss{"IQ1_S", 2.254554},
};

}  // namespace

std::optional<double> typical_divergence(std::string_view recipe) {
  const auto found = std::ranges::find(losses, recipe, &Loss::recipe);
  return found == losses.end() ? std::nullopt : std::optional(found->divergence);
}

}  // namespace nybble::api
