// The one interface that CPU and CUDA implement: memory, weights, and the fused steps of a decoder.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "backend/buffer.h"
#include "backend/steps.h"
#include "formats/registry.h"
#include "tensor/activation_kind.h"

namespace nybble::backend {

// A matrix [rows, cols] in the layout that the backend runs on. Owns its memory; immutable.
class Weight {
 public:
  virtual ~Weight() = default;
  virtual std::int64_t rows() const = 0;
  virtual std::int64_t cols() const = 0;
  virtual FormatId format() const = 0;
  // Memory on the device.
  virtual std::size_t bytes() const = 0;
};

// Where a weight comes from: rows of a storage format, in any order. Spans are used during upload()
// only, those of F32 until the thread asks for its next row, since they may be made for it; unless
// rows_stay: then for as long as the weight lives.
struct WeightSource {
  std::string_view name;  // for messages
  FormatId format{};
  std::int64_t rows = 0, cols = 0;
  std::function<std::span<const std::byte>(std::int64_t row)> row;
  float scale = 1;  // what the products with the rows are multiplied by
  // Column c of the rows belongs to this input; empty: to input c.
  std::span<const std::int32_t> column_order = {};
  Activations activations = Activations::floats;  // of the inputs, when computed as stored
  float input_scale = 1;                          // for Activations::float8_fixed
  bool rows_stay = false;
};

// Inputs that were rounded so far, and those among them that stayed floats as outliers.
struct ActivationCounts {
  std::uint64_t values = 0, outliers = 0;

  double outlier_share() const {
    return values == 0 ? 0 : static_cast<double>(outliers) / static_cast<double>(values);
  }
};

// Keys and values of one timeline, in the layout of the backend.
class KvCache {
 public:
  virtual ~KvCache() = default;
  virtual std::size_t bytes() const = 0;
};

struct KvCacheShape {
  int layers = 0, kv_heads = 0, head_dim = 0;
  int context = 0;  // positions
};

// Used from one thread at a time. Preconditions of steps are checked by the models that call them.
class Backend {
 public:
  virtual ~Backend() = default;

  // "CPU (avx512, 2 threads)": for people.
  virtual std::string describe() const = 0;
  virtual ActivationCounts activation_counts() const { return {}; }
  // Bytes that can still be allocated without leaving the machine's memory.
  virtual std::size_t available_bytes() const = 0;

  // Memory: n floats, zeroed.
  virtual Buffer allocate(std::size_t n) = 0;
  virtual void write(float* device, std::span<const float> values) = 0;
  virtual void read(const float* device, std::span<float> values) = 0;
  // What a cache of this shape takes; it was checked that the number fits.
  virtual std::size_t kv_cache_bytes(const KvCacheShape& shape) const = 0;
  virtual std::unique_ptr<KvCache> make_kv_cache(const KvCacheShape& shape) = 0;

  // Builds the run layout. Throws Error(out_of_memory) naming the weight.
  virtual std::unique_ptr<Weight> upload(const WeightSource& source) = 0;

  // The fused steps; their parameter structs say what each computes.
  virtual void embed(const EmbedStep& step) = 0;
  virtual void attention_inputs(const AttentionInputsStep& step) = 0;
  virtual void attention(const AttentionStep& step) = 0;
  virtual void project_add(const ProjectAddStep& step) = 0;
  virtual void feed_forward(const FeedForwardStep& step) = 0;
  virtual void logits(const LogitsStep& step) = 0;
  virtual void observe(const ObserveStep& step) = 0;
};

}  // namespace nybble::backend
