#include "api/folding.h"

#include <algorithm>

#include "api/encode_tensor.h"
#include "api/quantize_plan.h"
#include "models/fold.h"

namespace nybble {
namespace {

constexpr std::int64_t sampled_rows = 64;

std::vector<quantize::FoldedRows> sample_readers(const models::FoldSite& site,
                                                 const models::ModelSource& source,
                                                 std::span<const quantize::TypeChoice> types) {
  std::vector<quantize::FoldedRows> readers;
  for (const std::string& name : site.readers) {
    const models::SourceTensor* tensor = source.find(name);
    const FormatId format = type_of(*tensor, source, types);
    if (formats::info(format).block_len > 1)
      readers.push_back({sample_rows(*tensor, sampled_rows), format});
  }
  return readers;
}

// What a float of this format can hold.
float rounded(float value, FormatId format) {
  const formats::FormatInfo& info = formats::info(format);
  std::byte block[8];
  info.encode(&value, nullptr, 1, block);
  info.decode(block, 1, &value);
  return value;
}

// Factors by which a norm stays one of its format's values.
void keep_norms_exact(const models::FoldSite& site, const models::ModelSource& source,
                      std::span<const quantize::TypeChoice> types, std::span<float> factors) {
  const models::SourceTensor& maker = *source.find(site.makers.front());
  const FormatId format = type_of(maker, source, types);
  if (maker.shape.rank() > 1 || formats::info(format).block_bytes > 2) return;
  std::vector<float> norm(factors.size());
  maker.decode_rows(0, 1, norm.data());
  for (std::size_t c = 0; c < factors.size(); ++c) {
    const float moved = rounded(norm[c] / factors[c], format);
    factors[c] = moved == 0 ? 1 : norm[c] / moved;
  }
}

// Nothing when none of them helps.
std::vector<float> best_factors(const models::FoldSite& site, const quantize::FoldMethod& method,
                                const calibrate::InputStatistics& inputs,
                                std::span<const quantize::FoldedRows> readers, ThreadPool& pool) {
  std::vector<float> best;
  double least = method.loss(inputs, std::vector<float>(static_cast<std::size_t>(site.cols), 1),
                             readers, pool);
  for (const double exponent : method.exponents) {
    std::vector<float> factors = method.factors(inputs, readers, exponent);
    models::tie_factors(site, factors);
    const double loss = method.loss(inputs, factors, readers, pool);
    if (!(loss < least)) continue;
    least = loss;
    best = std::move(factors);
  }
  return best;
}

}  // namespace

models::ModelSource fold_scales(models::ModelSource source, const quantize::FoldMethod& method,
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
    auto factors = best_factors(site, method, *inputs, readers, pool);
    if (factors.empty()) continue;
    keep_norms_exact(site, source, types, factors);
    models::fold(site, factors, source);
  }
  return source;
}

}  // namespace nybble
