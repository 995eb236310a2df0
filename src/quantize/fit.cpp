#include "quantize/fit.h"

#include <vector>

namespace nybble::quantize {
namespace {

class Fit final : public WeightQuantizer {
 public:
  Fit(FirstBlocks first, std::string note)
      : WeightQuantizer(std::move(first)), note_(std::move(note)) {}

  void quantize(std::span<const float> values, ThreadPool& pool,
                std::span<std::byte> blocks) override {
    first_blocks().encode(values, pool, blocks);
  }
  std::string note() const override { return note_; }

 private:
  std::string note_;
};

}  // namespace

std::unique_ptr<WeightQuantizer> begin_fit(const WeightTask& task, std::vector<float> importance,
                                           formats::Scales scales, std::string note) {
  return std::make_unique<Fit>(FirstBlocks(task.target, task.cols, std::move(importance), scales),
                               std::move(note));
}

std::unique_ptr<WeightQuantizer> begin_kquant(const WeightTask& task) {
  return begin_fit(task, {}, formats::Scales::searched, {});
}

std::unique_ptr<WeightQuantizer> begin_imatrix(const WeightTask& task) {
  return begin_imatrix(task, {});
}

std::unique_ptr<WeightQuantizer> begin_imatrix(const WeightTask& task, std::string note) {
  std::vector<float> importance;
  if (task.inputs != nullptr) importance = calibrate::mean_squares(*task.inputs);
  return begin_fit(task, std::move(importance), formats::Scales::searched, std::move(note));
}

}  // namespace nybble::quantize
