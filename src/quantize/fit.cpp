#include "quantize/fit.h"

#include <vector>

#include "base/error.h"

namespace nybble::quantize {
namespace {

class Fit final : public WeightQuantizer {
 public:
  Fit(const WeightTask& task, std::vector<float> importance, std::string note = {})
      : target_(task.target),
        cols_(task.cols),
        importance_(std::move(importance)),
        note_(std::move(note)) {
    const formats::FormatInfo& format = formats::info(target_);
    if (format.encode == nullptr) {
      fail(ErrorKind::unsupported,
           "nybble reads {} but cannot write it yet; `nybble formats` lists what it writes",
           format.name);
    }
  }
  void quantize(std::span<const float> values, ThreadPool& pool,
                std::span<std::byte> blocks) override {
    encode_rows(target_, values, cols_, importance_.empty() ? nullptr : importance_.data(), pool,
                blocks);
  }
  std::string note() const override { return note_; }

 private:
  FormatId target_;
  std::int64_t cols_;
  std::vector<float> importance_;
  std::string note_;
};

}  // namespace

void encode_rows(FormatId target, std::span<const float> values, std::int64_t cols,
                 const float* importance, ThreadPool& pool, std::span<std::byte> blocks) {
  const auto encode = formats::info(target).encode;
  for_each_row(
      target, values, cols, pool, blocks,
      [&](const float* x, std::size_t n, std::byte* out) { encode(x, importance, n, out); });
}

std::unique_ptr<WeightQuantizer> begin_kquant(const WeightTask& task) {
  return std::make_unique<Fit>(task, std::vector<float>());
}

std::unique_ptr<WeightQuantizer> begin_imatrix(const WeightTask& task) {
  return begin_imatrix(task, {});
}

std::unique_ptr<WeightQuantizer> begin_imatrix(const WeightTask& task, std::string note) {
  std::vector<float> importance;
  if (task.inputs != nullptr) importance = calibrate::mean_squares(*task.inputs);
  return std::make_unique<Fit>(task, std::move(importance), std::move(note));
}

}  // namespace nybble::quantize
