// gpu_pass.h with CUDA.
#include "gradients/gpu_pass.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "gradients/cuda/gpu_decoder.h"
#include "gradients/embedding_rows.h"
#include "models/decoder.h"

namespace nybble::gradients {
namespace gpu {
namespace {

// Tokens whose logits are in memory together.
constexpr int chunk = 1024;

class Pass : public GpuPass {
 public:
  Pass(const Parameters* teacher, int length, ThreadPool& pool, Precision precision)
      : products_(precision), transfer_(pool), length_(length) {
    if (teacher != nullptr) teacher_.emplace(*teacher, length, products_, transfer_);
  }

  double divergence(const Parameters& student, std::span<const std::int32_t> tokens, float factor,
                    float hidden, Parameters* gradients) override {
    models::check_tokens(tokens, student.config);
    teacher_->forth(tokens);
    return run(student, tokens, hidden, gradients, [&](int first, int n, DeviceFloats& logits) {
      const DeviceFloats& other = teacher_->logits(first, n);
      gpu::divergence({other.data(), n, student.config.vocab}, factor, logits.data(),
                      losses_.data());
    });
  }

  double cross_entropy(const Parameters& model, std::span<const std::int32_t> tokens,
                       std::span<const std::int32_t> labels, float factor,
                       Parameters* gradients) override {
    labels_.upload(labels);
    return run(model, tokens, 0, gradients, [&](int first, int n, DeviceFloats& logits) {
      gpu::cross_entropy(labels_.data() + first, n, model.config.vocab, factor, logits.data(),
                         losses_.data());
    });
  }

 private:
  // lose(first, n, logits) finds the losses of n tokens and turns the logits into gradients.
  template <class Lose>
  double run(const Parameters& model, std::span<const std::int32_t> tokens, float hidden,
             Parameters* gradients, const Lose& lose) {
    models::check_tokens(tokens, model.config);
    load(model);
    if (gradients != nullptr) begin(*gradients);
    model_->forth(tokens);
    double sum = 0;
    for (int first = 0; first < model_->tokens(); first += chunk) {
      const int n = std::min(chunk, model_->tokens() - first);
      losses_.resize(static_cast<std::size_t>(n));
      lose(first, n, model_->logits(first, n));
      if (gradients != nullptr) model_->logits_back(first, n, *gradients_);
      const std::vector<double> losses = losses_.values();
      sum = std::accumulate(losses.begin(), losses.end(), sum);
    }
    if (gradients != nullptr) back(tokens, hidden, *gradients);
    check(cudaGetLastError(), "running a model");
    return sum;
  }

  void load(const Parameters& model) {
    if (model_) {
      model_->load(model, [&](std::size_t i) { return i < learned_.size() && learned_[i]; });
    } else {
      model_.emplace(model, length_, products_, transfer_);
    }
  }

  // Zeros of the shapes of those that are wanted.
  void begin(const Parameters& gradients) {
    if (!gradients_) gradients_.emplace(gradients);
    std::size_t i = 0;
    for_both(gradients, *gradients_, [&](const std::vector<float>& values, DeviceFloats& array) {
      if (i == learned_.size()) learned_.push_back(!values.empty());
      array.clear();
      ++i;
    });
  }

  void back(std::span<const std::int32_t> tokens, float hidden, Parameters& gradients) {
    model_->back(*gradients_, {teacher_ ? &*teacher_ : nullptr, hidden});
    Copies copies;
    for_both(gradients, *gradients_, [&](std::vector<float>& values, DeviceFloats& array) {
      copies.add(array.data(), values.data(), values.size());
    });
    transfer_.add(copies);
    if (!gradients.embedding.empty())
      add_embedding_rows(tokens, model_->d_x().values(), gradients.embedding);
  }

  Products products_;
  Transfer transfer_;
  int length_;
  std::optional<Decoder> teacher_, model_;
  std::optional<DeviceParameters> gradients_;
  std::vector<bool> learned_;  // in the order of for_both()
  DeviceArray<std::int32_t> labels_;
  DeviceArray<double> losses_;
};

}  // namespace
}  // namespace gpu

void check_gpu() {
  const gpu::Products products(Precision::floats);
}

std::unique_ptr<GpuPass> make_gpu_pass(const Parameters* teacher, int length, ThreadPool& pool,
                                       Precision precision) {
  return std::make_unique<gpu::Pass>(teacher, length, pool, precision);
}

}  // namespace nybble::gradients
