#include "formats/iq2_s.h"

#include "formats/lattice_format.h"

namespace nybble::formats {

IQ2_S::Block IQ2_S::encode(const float* x, const float* importance) {
  return LatticeEncoder<IQ2_S>(x, importance).encode();
}

}  // namespace nybble::formats
