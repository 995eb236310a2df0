#include "quantize/rtn.h"

#include "base/error.h"
#include "quantize/fit.h"

namespace nybble::quantize {
namespace {

class RoundToNearest final : public WeightQuantizer {
 public:
  explicit RoundToNearest(const WeightTask& task) : target_(task.target), cols_(task.cols) {}

  void quantize(std::span<const float> values, ThreadPool& pool,
                std::span<std::byte> blocks) override {
    const auto encode_plain = formats::info(target_).encode_plain;
    for_each_row(target_, values, cols_, pool, blocks, encode_plain);
  }

 private:
  FormatId target_;
  std::int64_t cols_;
};

}  // namespace

std::unique_ptr<WeightQuantizer> begin_rtn(const WeightTask& task) {
  const formats::FormatInfo& format = formats::info(task.target);
  if (format.encode_plain == nullptr) {
    fail(ErrorKind::unsupported,
         "{}: the method rtn has no plain scales for {}; choose another type, or the method kquant",
         task.name, format.name);
  }
  return std::make_unique<RoundToNearest>(task);
}

}  // namespace nybble::quantize
