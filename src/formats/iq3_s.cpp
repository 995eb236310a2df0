#include "formats/iq3_s.h"

#include "formats/lattice_format.h"

namespace nybble::formats {

IQ3_S::Block IQ3_S::encode(const float* x, const float* importance) {
  return LatticeEncoder<IQ3_S>(x, importance).encode();
}

}  // namespace nybble::formats
