#include "api/folding.h"

#include <algorithm>

#include "api/encode_tensor.h"
#include "models/fold.h"
#include "quantize/awq.h"

namespace nybble {
namespace {

constexpr double exponents[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.7};
constexpr std::int64_t sampled_rows = 64;

std::vector<quantize::FoldedRows> sample_readers(const models::FoldSite& site,
                                                 const models::ModelSource& source,
                                                 std::span<const quantize::TypeChoice> types) {
  std::vector<quantize::FoldedRows> readers;
  for (const std::string& name : site.readers) {
    const models::SourceTensor* tensor = source.find(name);
    const FormatId format = types[static_cast<std::size_t>(tensor - source.tensors.data())].format;
    if (formats::info(format).block_len > 1)
      readers.push_back({sample_rows(*tensor, sampled_rows), format});
  }
  return readers;
}

// Nothing when none of them helps.
std::vector<float> best_factors(const models::FoldSite& site,
                                const calibrate::InputStatistics& inputs,
                                std::span<const quantize::FoldedRows> readers, ThreadPool& pool) {
  std::vector<float> best;
  double least = quantize::folded_loss(
      inputs, std::vector<float>(static_cast<std::size_t>(site.cols), 1), readers, pool);
  for (const double exponent : exponents) {
    std::vector<float> factors = quantize::awq_factors(inputs, exponent);
    models::tie_factors(site, factors);
    const double loss = quantize::folded_loss(inputs, factors, readers, pool);
    if (!(loss < least)) continue;
    least = loss;
    best = std::move(factors);
  }
  return best;
}

}  // namespace

models::ModelSource fold_scales(models::ModelSource source,
                                std::span<const quantize::TypeChoice> types,
                                const calibrate::StatisticsFile& statistics, int threads,
                                const ProgressCallback& progress) {
  ThreadPool pool(threads);
  const std::vector<models::FoldSite> sites = models::fold_sites(source);
  Progress report{
      .step = "fold scales", .done = 0, .total = sites.size(), .unit = "inputs", .detail = {}};
  for (const models::FoldSite& site : sites) {
    if (progress) progress(report);
    ++report.done;
    const auto readers = sample_readers(site, source, types);
    const auto inputs = inputs_of(*source.find(site.readers.front()), &statistics);
    if (readers.empty() || !inputs || !inputs->has_moments()) continue;
    const auto factors = best_factors(site, *inputs, readers, pool);
    if (!factors.empty()) models::fold(site, factors, source);
  }
  return source;
}

}  // namespace nybble
