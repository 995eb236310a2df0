#include "formats/iq2_xs.h"

#include "formats/lattice_format.h"

namespace nybble::formats {

IQ2_XS::Block IQ2_XS::encode(const float* x, const float* importance) {
  return LatticeEncoder<IQ2_XS>(x, importance).encode();
}

}  // namespace nybble::formats
