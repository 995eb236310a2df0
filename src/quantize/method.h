// Methods of quantization: how the blocks of a weight are found. A method knows no container and no
// model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/thread_pool.h"
#include "formats/registry.h"

namespace nybble::quantize {

// Some rows of one weight. `importance` [cols] weighs the squared errors of each column; empty:
// none known.
struct WeightRows {
  std::span<const float> values;  // [rows, cols]
  std::int64_t cols = 0;
  std::span<const float> importance;
};

struct Method {
  std::string_view name;
  std::string_view description;
  // Fills blocks [rows, row_bytes(target, cols)]. Rows are independent: the bytes depend neither on
  // the threads nor on how a weight is cut into ranges of rows. Throws Error(unsupported) when
  // nybble does not write the target.
  void (*quantize)(const WeightRows& rows, FormatId target, ThreadPool& pool,
                   std::span<std::byte> blocks);
};

std::span<const Method> methods();

// The method that needs no calibration: each format's own search.
const Method& default_method();

}  // namespace nybble::quantize
