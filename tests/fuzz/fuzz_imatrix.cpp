// Any bytes are an importance matrix of the older form or an Error; what it holds are sums of
// squares.
#include <cmath>
#include <cstdlib>

#include "calibrate/statistics_file.h"
#include "nybble/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const auto statistics = nybble::calibrate::parse_legacy_imatrix(bytes, "fuzz.dat");
    for (const auto& input : statistics.inputs) {
      for (const float mean : nybble::calibrate::mean_squares(input)) {
        if (!(mean >= 0)) std::abort();
      }
    }
  } catch (const nybble::Error&) {
  }
  return 0;
}
