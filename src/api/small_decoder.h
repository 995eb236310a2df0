// What a layer costs that has nearly nothing to read or to multiply.
#pragma once

namespace nybble::api {

// Seconds that one token takes in one layer of a decoder whose weights fit the caches: handing
// loops to the threads, waiting for them, and what runs on one thread between them. The best of
// many tokens.
double measure_layer_seconds(int threads);

}  // namespace nybble::api
