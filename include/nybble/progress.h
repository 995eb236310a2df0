// How long work tells its caller where it is.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace nybble {

struct Progress {
  std::string step;         // what is done now, e.g. "quantize blk.3.ffn_down.weight"
  std::uint64_t done = 0;   // in units
  std::uint64_t total = 0;  // 0: unknown
  std::string unit;         // "bytes", "tokens", "tensors"
  std::string detail;       // a running result, e.g. "perplexity 12.31"; may be empty
};

// Called on the caller's thread; an empty function means "no report". It may throw Error(cancelled)
// to stop the work.
using ProgressCallback = std::function<void(const Progress&)>;

}  // namespace nybble
