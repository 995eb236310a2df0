#include "models/fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace nybble::models {
namespace {

SourceTensor* find(ModelSource& source, const std::string& name) {
  const auto it = std::ranges::find(source.tensors, name, &SourceTensor::name);
  return it == source.tensors.end() ? nullptr : &*it;
}

void multiply(std::vector<float>& factors, std::size_t n, auto factor) {
  if (factors.empty()) factors.assign(n, 1.0f);
  for (std::size_t i = 0; i < n; ++i) factors[i] *= factor(i);
}

// The column, of those that it makes, whose factor divides a maker's value.
std::size_t first_column(const FoldSite& site, std::size_t row) {
  if (site.group == 1) return row;
  const auto dim = static_cast<std::size_t>(site.head_dim);
  return row / dim * static_cast<std::size_t>(site.group) * dim + row % dim;
}

}  // namespace

std::vector<FoldSite> fold_sites(const ModelSource& source) {
  const DecoderConfig& config = source.config;
  std::vector<FoldSite> sites;
  for (int layer = 0; layer < config.layers; ++layer) {
    const auto name = [&](std::string_view part) { return fmt::format("blk.{}.{}", layer, part); };
    const auto weight = [&](std::string_view part) { return name(part) + ".weight"; };
    sites.push_back({{weight("attn_norm")},
                     {weight("attn_q"), weight("attn_k"), weight("attn_v")},
                     config.dim,
                     1,
                     0});
    sites.push_back({{weight("attn_v"), name("attn_v.bias")},
                     {weight("attn_output")},
                     config.heads * config.head_dim,
                     config.heads / config.kv_heads,
                     config.head_dim});
    sites.push_back(
        {{weight("ffn_norm")}, {weight("ffn_gate"), weight("ffn_up")}, config.dim, 1, 0});
    sites.push_back(
        {{weight("ffn_up"), name("ffn_up.bias")}, {weight("ffn_down")}, config.hidden, 1, 0});
  }
  return sites;
}

void tie_factors(const FoldSite& site, std::span<float> factors) {
  if (site.group == 1) return;
  const auto dim = static_cast<std::size_t>(site.head_dim);
  const auto group = static_cast<std::size_t>(site.group);
  for (std::size_t row = 0; row < factors.size() / group; ++row) {
    const std::size_t first = first_column(site, row);
    double sum = 0;
    for (std::size_t g = 0; g < group; ++g) sum += std::log(factors[first + g * dim]);
    for (std::size_t g = 0; g < group; ++g)
      factors[first + g * dim] = static_cast<float>(std::exp(sum / static_cast<double>(group)));
  }
}

void fold(const FoldSite& site, std::span<const float> factors, ModelSource& source) {
  for (const std::string& name : site.readers)
    multiply(find(source, name)->col_factors, factors.size(),
             [&](std::size_t i) { return factors[i]; });
  const auto inverse = [&](std::size_t i) { return 1 / factors[first_column(site, i)]; };
  const std::size_t made = factors.size() / static_cast<std::size_t>(site.group);
  for (const std::string& name : site.makers) {
    SourceTensor* maker = find(source, name);
    if (maker == nullptr) continue;  // no bias
    // Norms and biases are one row of many columns.
    multiply(maker->shape.rank() < 2 ? maker->col_factors : maker->row_factors, made, inverse);
  }
}

}  // namespace nybble::models
