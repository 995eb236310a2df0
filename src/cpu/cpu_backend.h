// The backend that computes on the CPU: exact and in a fixed order, so that results do not depend
// on threads, batch, ISA level or layout of weights. Each step stands in the file of its name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "base/thread_pool.h"
#include "cpu/cpu_weight.h"
#include "formats/registry.h"

namespace nybble::cpu {

class KvLayout;

struct CpuOptions {
  int threads = 0;  // 0: one per core
  // How much more than their stored bytes the weights may take as F32 panels, or lattices as codes,
  // in all.
  std::size_t expand_bytes = 0;
  // Without, weights whose rows stay where they are are taken apart again for each product: they
  // are there at once, and slower. The same bits.
  bool repack = true;
  std::string isa = "";  // empty: NYBBLE_ISA, else the best
  // What inputs of quantized weights become; int8_blocks: of those that integer kernels multiply.
  Activations activations = Activations::floats;
  bool activations_as_stored = false;  // those of each weight go before
  FormatId keys = id_of<formats::F32>(), values = id_of<formats::F32>();  // of the cache
};

class CpuBackend final : public backend::Backend {
 public:
  explicit CpuBackend(const CpuOptions& options);

  std::string describe() const override;
  backend::ActivationCounts activation_counts() const override { return counts_; }
  std::size_t available_bytes() const override;
  backend::Buffer allocate(std::size_t n) override;
  void write(float* device, std::span<const float> values) override;
  void read(const float* device, std::span<float> values) override;
  std::size_t kv_cache_bytes(const backend::KvCacheShape& shape) const override;
  std::unique_ptr<backend::KvCache> make_kv_cache(const backend::KvCacheShape& shape) override;
  std::unique_ptr<backend::Weight> upload(const backend::WeightSource& source) override;

  void embed(const backend::EmbedStep& step) override;
  void attention_inputs(const backend::AttentionInputsStep& step) override;
  void attention(const backend::AttentionStep& step) override;
  void project_add(const backend::ProjectAddStep& step) override;
  void feed_forward(const backend::FeedForwardStep& step) override;
  void logits(const backend::LogitsStep& step) override;
  void observe(const backend::ObserveStep& step) override;

  // For loops between steps: threads of another pool would have to wait for cores on which these
  // still spin.
  ThreadPool& pool() { return pool_; }

 private:
  struct ObservedPiece;  // observe.cpp
  // What one thread computes in.
  struct ThreadScratch {
    AlignedArray<float> sums, more_sums, added, normed;
    CpuWeight::Scratch weight;
  };
  // Takes the products of one panel: rows [first_row, first_row + rows) of a linear, sums [tokens,
  // 32].
  using FinishPanel = std::function<void(std::int64_t first_row, int rows, const float* sums)>;
  struct PanelJob {
    backend::Linear linear;
    FinishPanel finish;
  };

  // Rows [tokens, cols], or, from normed_rows(), their norm, which is taken where they are rounded.
  struct Rows {
    const float* x;
    const backend::Norm* norm = nullptr;
  };
  // Multiplies the rows with all linears, panel by panel, spread over the threads. linear.cpp
  void run_linears(std::span<const PanelJob> jobs, const Rows& rows, std::int64_t tokens,
                   bool is_head = false);
  // The norm of x [tokens, dim] for these linears. linear.cpp
  Rows normed_rows(const backend::Norm& norm, const float* x, std::int64_t tokens,
                   std::span<const backend::Linear* const> linears, bool is_tapped);
  // linear.cpp
  Activations activations_for(Activations stored, FormatId format) const;
  bool multiplies_integers(const backend::WeightSource& source) const;
  // What the weight is multiplied with for rows [tokens, cols]: these, or rounded and in the order
  // of its columns, in memory that the next call for the same slot overwrites. linear.cpp
  Inputs inputs_for(const CpuWeight& weight, const Rows& rows, std::int64_t tokens,
                    std::size_t slot, bool is_head = false);
  // Whether the integer inputs for one weight serve another. linear.cpp
  bool takes_the_same(const CpuWeight& a, const CpuWeight& b) const;
  // A x [tokens, rank] of each linear that an adapter adds to, in the slot of its place, for
  // add_low_rank(). low_rank.cpp
  void multiply_low_ranks(std::span<const backend::Linear* const> linears, const float* x,
                          std::int64_t tokens);
  // sums [tokens, 32] += B (A x) for a panel of the linear. low_rank.cpp
  void add_low_rank(const backend::LowRank& added, std::size_t slot, std::int64_t panel,
                    std::int64_t tokens, float* sums, ThreadScratch& scratch) const;
  // Where the A8-32 tiles of rows begin, and the end. linear.cpp
  std::vector<std::int64_t> a8_tiles(std::int64_t tokens) const;
  // A8-32 tiles of rows [tokens, cols]. linear.cpp
  const A8Block* quantize(const Rows& rows, std::int64_t cols, std::int64_t tokens,
                          A8Rounding rounding, std::size_t slot);
  // The finish that stores sums + bias to out [tokens, rows].
  static FinishPanel store_to(const backend::Linear& linear, std::int64_t tokens, float* out);
  // The finish that adds sums + bias to out [tokens, rows].
  static FinishPanel add_to(const backend::Linear& linear, std::int64_t tokens, float* out);
  // Norm of each row of x [tokens, dim], into memory of the backend that the next call overwrites.
  // norm.cpp
  const float* normalize(const backend::Norm& norm, const float* x, std::int64_t tokens,
                         std::int64_t dim);

  const Kernels& kernels_;
  ThreadPool pool_;
  LargePages pages_;                    // of weights
  std::vector<ThreadScratch> scratch_;  // one a thread
  std::size_t expand_bytes_;
  bool repack_;
  Activations activations_;
  bool activations_as_stored_;
  const KvLayout &keys_, &values_;
  backend::ActivationCounts counts_;
  AlignedArray<float> normed_, k_, v_, hidden_, changed_inputs_[3], low_ranks_[3];
  AlignedArray<A8Block> a8_inputs_[3];
  AlignedArray<std::uint8_t> observed_codes_;
};

}  // namespace nybble::cpu
