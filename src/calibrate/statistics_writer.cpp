#include "calibrate/statistics_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "calibrate/statistics_names.h"

namespace nybble::calibrate {
namespace {

files::Metadata describe(const Provenance& provenance, const std::vector<InputEntry>& inputs) {
  files::Metadata metadata;
  metadata.set("general.type", std::string("imatrix"));
  metadata.set("imatrix.datasets", files::MetadataArray(provenance.texts));
  metadata.set("imatrix.chunk_count", static_cast<std::uint32_t>(provenance.windows));
  metadata.set("imatrix.chunk_size", static_cast<std::uint32_t>(provenance.context));
  if (std::ranges::none_of(inputs, &InputEntry::has_moments)) return metadata;
  std::vector<std::string> readers;
  for (const InputEntry& input : inputs)
    readers.push_back(fmt::format("{}", fmt::join(input.weights, " ")));
  metadata.set(inputs_key, files::MetadataArray(readers));
  return metadata;
}

// In the order in which add() writes.
std::vector<files::TensorPlan> plan_tensors(const std::vector<InputEntry>& inputs) {
  std::vector<files::TensorPlan> plans;
  const auto add = [&](std::string name, std::vector<std::int64_t> dims) {
    plans.push_back({std::move(name), id_of<formats::F32>(), Shape(dims)});
  };
  for (const InputEntry& input : inputs) {
    for (const std::string& weight : input.weights) {
      add(weight + ".in_sum2", {1, input.cols});
      add(weight + ".counts", {1, 1});
    }
    if (!input.has_moments) continue;
    const std::string& first = input.weights.front();
    add(first + ".absmax", {input.cols});
    add(first + ".half_weights", {2});
    for (const std::string_view moment : moment_names)
      add(fmt::format("{}{}", first, moment), {input.cols, input.cols});
  }
  return plans;
}

std::vector<float> total_square_sums(const InputStatistics& input) {
  std::vector<float> sums = input.halves[0].square_sums;
  const std::vector<float>& more = input.halves[1].square_sums;
  for (std::size_t i = 0; i < more.size(); ++i) sums[i] += more[i];
  return sums;
}

}  // namespace

StatisticsWriter::StatisticsWriter(const std::filesystem::path& path, bool replace,
                                   const Provenance& provenance, std::vector<InputEntry> inputs)
    : inputs_(std::move(inputs)),
      writer_(path, replace, describe(provenance, inputs_), plan_tensors(inputs_)) {}

void StatisticsWriter::add(const InputStatistics& input) {
  if (next_ == inputs_.size() || input.weights != inputs_[next_].weights ||
      input.cols != inputs_[next_].cols) {
    fail(ErrorKind::invalid_input,
         "the statistics of '{}' [{}] come out of turn; expected the inputs in the planned order",
         input.weights.front(), input.cols);
  }
  const auto& [first, second] = input.halves;
  for (std::size_t i = 0; i < input.weights.size(); ++i) {
    write(total_square_sums(input));
    write({static_cast<float>(first.weight + second.weight)});
  }
  if (!inputs_[next_++].has_moments) return;
  write(input.absmax);
  write({static_cast<float>(first.weight), static_cast<float>(second.weight)});
  write(first.second_moment);
  write(second.second_moment);
}

void write_statistics(const Statistics& statistics, const std::filesystem::path& path,
                      bool with_moments, bool replace) {
  std::vector<InputEntry> entries;
  for (const InputStatistics& input : statistics.inputs)
    entries.push_back({input.weights, input.cols, with_moments && input.has_moments()});
  StatisticsWriter writer(path, replace, statistics, entries);
  for (const InputStatistics& input : statistics.inputs) writer.add(input);
  writer.finish();
}

}  // namespace nybble::calibrate
