#include "api/type_search.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "api/encode_tensor.h"
#include "api/type_options.h"
#include "base/error.h"

namespace nybble {
namespace {

constexpr int bands = 4;  // parts of the depth
constexpr int most_rounds = 3;
// "attn_q 2" of "blk.9.attn_q.weight" with 16 layers; the whole name of tensors outside the layers.
std::string part_of(const std::string& name, int layers) {
  constexpr std::string_view prefix = "blk.";
  if (!name.starts_with(prefix)) return name;
  int layer = 0;
  const auto [end, error] =
      std::from_chars(name.data() + prefix.size(), name.data() + name.size(), layer);
  if (error != std::errc()) return name;
  std::string_view role(end + 1, name.data() + name.size());
  role.remove_suffix(role.ends_with(".weight") ? std::string_view(".weight").size() : 0);
  return fmt::format("{} {}", role, layer * bands / layers);
}

}  // namespace

TypeSearch::TypeSearch(const models::ModelSource& source, const quantize::Method& method,
                       const StreamOptions& stream, const DivergenceProbe& probe,
                       const ProgressCallback& progress)
    : source_(source),
      method_(method),
      stream_(stream),
      probe_(probe),
      progress_(progress),
      pool_(stream.threads) {}

std::vector<quantize::TypeChoice> TypeSearch::run(std::vector<quantize::TypeChoice> types,
                                                  std::uint64_t budget) {
  std::map<std::string, std::vector<std::size_t>> parts;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (may_change(types[i]))
      parts[part_of(source_.tensors[i].name, source_.config.layers)].push_back(i);
  }
  parts_.assign(parts.begin(), parts.end());
  check_budget(source_, types, method_, budget);
  Types best;
  double least = 0;
  for (int round = 0; round < most_rounds; ++round) {
    const bool is_last = round + 1 == most_rounds;
    encode(types);
    const std::vector<double> divergences = measure(types, !is_last);
    const double whole = divergences.back();
    const bool fits = rounds_.back().bytes <= budget;  // the first may not
    if (fits && (best.empty() || whole < least)) {
      best = types;
      least = whole;
    }
    if (is_last) break;
    Types changed = next(types, budget, divergences);
    if (std::ranges::equal(changed, types, {}, &quantize::TypeChoice::format,
                           &quantize::TypeChoice::format)) {
      break;
    }
    types = std::move(changed);
    std::erase_if(encoded_, [&](const auto& entry) {
      const auto& [tensor, format] = entry.first;
      return format != types[tensor].format && (best.empty() || format != best[tensor].format);
    });
  }
  return best;
}

const EncodedTensor* TypeSearch::known(const OutputTensor& output) const {
  const auto index = static_cast<std::size_t>(output.tensor.source - source_.tensors.data());
  const auto found = encoded_.find({index, output.format});
  return found == encoded_.end() ? nullptr : &found->second.tensor;
}

void TypeSearch::encode(const Types& types) {
  Progress report{.step = {}, .done = 0, .total = 0, .unit = "values", .detail = {}};
  const auto is_new = [&](std::size_t i) { return !encoded_.contains({i, types[i].format}); };
  std::vector<std::size_t> missing;
  for (const auto& [name, part] : parts_)
    std::ranges::copy_if(part, std::back_inserter(missing), is_new);
  for (const std::size_t i : missing)
    report.total += static_cast<std::uint64_t>(source_.tensors[i].shape.count());
  for (const std::size_t i : missing) {
    const models::SourceTensor& tensor = source_.tensors[i];
    const FormatId format = types[i].format;
    report.step = fmt::format("round {}: {} to {}", rounds_.size() + 1, tensor.name,
                              formats::info(format).name);
    if (progress_) progress_(report);
    Encoded& encoded = encoded_[{i, format}];
    std::vector<std::byte>& blocks = encoded.tensor.blocks;
    encoded.tensor.result = quantize_tensor(
        {{tensor.name, &tensor}, format}, method_, stream_, pool_,
        [&](auto bytes) { blocks.insert(blocks.end(), bytes.begin(), bytes.end()); });
    encoded.view.name = tensor.name;
    encoded.view.data = {format, tensor.shape, blocks};
    report.done += static_cast<std::uint64_t>(tensor.shape.count());
  }
}

models::ModelSource TypeSearch::with_encoded(const Types& types,
                                             std::span<const std::size_t> tensors) const {
  models::ModelSource source = source_;
  for (const std::size_t i : tensors) {
    source.tensors[i].stored = &encoded_.at({i, types[i].format}).view;
    source.tensors[i].format = types[i].format;
    source.tensors[i].permuted_heads = 0;
    source.tensors[i].row_factors.clear();
    source.tensors[i].col_factors.clear();
    source.tensors[i].is_merged = false;  // the blocks are of the merged weight
    source.tensors[i].low_rank = nullptr;
  }
  return source;
}

// Divergences of each part alone, if they are wanted, and at the end of all parts together.
std::vector<double> TypeSearch::measure(const Types& types, bool parts_too) {
  std::vector<models::ModelSource> variants;
  std::vector<std::size_t> all;
  for (const auto& [name, part] : parts_) {
    if (parts_too) variants.push_back(with_encoded(types, part));
    all.insert(all.end(), part.begin(), part.end());
  }
  variants.push_back(with_encoded(types, all));
  Progress report{.step = fmt::format("round {}: what each part loses", rounds_.size() + 1),
                  .done = 0,
                  .total = variants.size(),
                  .unit = "parts",
                  .detail = {}};
  if (progress_) progress_(report);
  const std::vector<double> divergences = probe_.measure(variants, [&](std::size_t done) {
    report.done = done;
    if (progress_) progress_(report);
  });
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < types.size(); ++i)
    bytes += bytes_of(source_.tensors[i], types[i].format);
  rounds_.push_back({bytes, divergences.back(), {}});
  for (std::size_t p = 0; parts_too && p < parts_.size(); ++p)
    rounds_.back().parts.emplace_back(parts_[p].first, divergences[p]);
  return divergences;
}

// The loss of an option is its share of what the part was measured to cost in its present types.
TypeSearch::Types TypeSearch::next(const Types& types, std::uint64_t budget,
                                   std::span<const double> divergences) {
  std::vector<std::size_t> tensors;
  std::vector<std::vector<quantize::FormatOption>> options;
  std::uint64_t fixed = 0;
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    double present = 0;
    for (const std::size_t i : parts_[p].second) {
      const auto& list = options_of(i);
      const auto now = std::ranges::find(list, types[i].format, &quantize::FormatOption::format);
      if (now != list.end()) present += now->loss;
    }
    for (const std::size_t i : parts_[p].second) {
      tensors.push_back(i);
      options.push_back(options_of(i));
      for (quantize::FormatOption& option : options.back())
        option.loss *= present == 0 ? 1 : divergences[p] / present;
    }
  }
  for (std::size_t i = 0; i < types.size(); ++i)
    if (!may_change(types[i])) fixed += bytes_of(source_.tensors[i], types[i].format);
  const auto choice = quantize::allocate(options, budget > fixed ? budget - fixed : 0);
  Types result = types;
  for (std::size_t k = 0; k < tensors.size(); ++k)
    result[tensors[k]] = {options[k][choice[k]].format, "size"};
  return result;
}

const std::vector<quantize::FormatOption>& TypeSearch::options_of(std::size_t index) {
  std::vector<quantize::FormatOption>& options = options_[index];
  if (options.empty())
    options = list_options(source_.tensors[index], method_, stream_.statistics, pool_);
  return options;
}

}  // namespace nybble
