// How fast decoders run whose weights partly stay in the caches of their cores.
#pragma once

#include <vector>

#include "nybble/machine.h"

namespace nybble::api {

struct SmallDecoderSpeed {
  // Seconds of one token for each panel of 32 rows beside reading: handing panels to threads and
  // waiting for them, moving what one thread computed to the others.
  double panel_seconds = 0;
  // What decoders of some sizes read beside that, the smallest first.
  std::vector<ReadRate> rates;
};

// Of the best of many tokens through decoders of random weights, of the width of small models.
SmallDecoderSpeed measure_small_decoders(int threads);

}  // namespace nybble::api
