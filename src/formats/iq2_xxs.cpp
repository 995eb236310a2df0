#include "formats/iq2_xxs.h"

#include "formats/lattice_format.h"

namespace nybble::formats {

IQ2_XXS::Block IQ2_XXS::encode(const float* x, const float* importance) {
  return LatticeEncoder<IQ2_XXS>(x, importance).encode();
}

}  // namespace nybble::formats
