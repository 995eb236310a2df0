// What layers cost that have nearly nothing to read or to multiply.
#pragma once

namespace nybble::api {

// Seconds of one token, beside reading and multiplying: a layer's, for handing loops to the threads
// and waiting for them, and what runs on one thread between them; and those of each panel of 32
// rows that a thread takes.
struct LayerCost {
  double layer_seconds = 0, panel_seconds = 0;
};

// Measured with decoders whose weights fit the caches. The best of many tokens.
LayerCost measure_layer_cost(int threads);

}  // namespace nybble::api
