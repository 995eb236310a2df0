// Methods of quantization: how the blocks of a weight are found. A method knows no container and no
// model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/thread_pool.h"
#include "calibrate/statistics.h"
#include "formats/registry.h"
#include "quantize/first_blocks.h"
#include "quantize/fold_method.h"

namespace nybble::quantize {

// One weight to quantize.
struct WeightTask {
  std::string_view name;
  std::int64_t cols = 0;
  FormatId target{};
  const calibrate::InputStatistics* inputs = nullptr;  // nullptr: none known
};

// Finds the blocks of one weight. Rows come in order, in as many pieces as the caller likes.
class WeightQuantizer {
 public:
  explicit WeightQuantizer(FirstBlocks first) : first_(std::move(first)) {}
  virtual ~WeightQuantizer() = default;
  // values [rows, cols]; fills blocks [rows, row_bytes(target, cols)]. The bytes depend neither on
  // the threads nor on the pieces, if those begin at multiples of `row_step` rows.
  virtual void quantize(std::span<const float> values, ThreadPool& pool,
                        std::span<std::byte> blocks) = 0;
  // How it was done, for people; empty: nothing to say.
  virtual std::string note() const { return {}; }
  // For layouts whose blocks share scales, before quantize().
  FirstBlocks& first_blocks() { return first_; }

 private:
  FirstBlocks first_;
};
constexpr std::int64_t row_step = 32;

// What a method must know of the inputs of a weight.
enum class Needs { nothing, squares, moments };

struct Method {
  std::string_view name;
  std::string_view description;
  Needs needs = Needs::nothing;
  // Memory for each of the cols^2 second moments of an input, the statistics included.
  int bytes_per_moment = 0;
  // Throws Error(unsupported) when nybble does not write the target.
  std::unique_ptr<WeightQuantizer> (*begin)(const WeightTask& task) = nullptr;
  const FoldMethod* fold = nullptr;  // how scales move between tensors before; nullptr: they stay
  bool plain_only = false;           // writes only formats that have plain scales
  bool tunes = false;                // what was encoded then learns from the model before (train/)
};

bool writes(const Method& method, FormatId target);

std::span<const Method> methods();
// Throws Error(invalid_input) naming the known ones.
const Method& method_named(std::string_view name);

}  // namespace nybble::quantize
