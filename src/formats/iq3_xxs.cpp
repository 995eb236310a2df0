#include "formats/iq3_xxs.h"

#include "formats/lattice_format.h"

namespace nybble::formats {

IQ3_XXS::Block IQ3_XXS::encode(const float* x, const float* importance) {
  return LatticeEncoder<IQ3_XXS>(x, importance).encode();
}

}  // namespace nybble::formats
