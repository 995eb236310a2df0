#include "train/tuned_student.h"

#include <cmath>

namespace nybble::train {

using gradients::for_each;
using gradients::ParameterView;

namespace {

double squares(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += double{value} * double{value};
  return sum;
}

float relative_error(std::span<const float> before, std::span<const float> after) {
  double difference = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double d = double{after[i]} - double{before[i]};
    difference += d * d;
  }
  return difference == 0 ? 0 : static_cast<float>(std::sqrt(difference / squares(before)));
}

}  // namespace

TunedStudent::TunedStudent(gradients::Parameters parameters, std::vector<EncodedMatrix> matrices,
                           const TuneOptions& options, ThreadPool& pool)
    : parameters_(std::move(parameters)), options_(options), pool_(pool) {
  std::map<std::string, EncodedMatrix> by_name;
  for (EncodedMatrix& matrix : matrices) {
    const std::string name = matrix.name;
    by_name.emplace(name, std::move(matrix));
  }
  for_each(parameters_, [&](const ParameterView& view) {
    if (auto found = by_name.extract(view.name)) add_part(std::move(found.mapped()), view.values);
  });
  add_vectors();
}

// values [rows, cols]: what was encoded; becomes what the blocks hold.
void TunedStudent::add_part(EncodedMatrix matrix, std::vector<float>& values) {
  Part part{.matrix = std::move(matrix), .floats = {}, .latent = {}};
  std::vector<float> held(values.size());
  part.matrix.for_rows(pool_,
                       [&](const RowRange& range) { part.matrix.decode(range, held.data()); });
  part.error = relative_error(values, held);
  if (!part.matrix.shares_scales && formats::rescaling(part.matrix.format) != nullptr)
    part.floats.emplace(part.matrix, part.error);
  if (options_.codes > 0 && LatentMatrix::is_for(part.matrix.format)) {
    std::vector<float> in_blocks =
        part.matrix.in_block_order(values, RowRange{0, part.matrix.rows});
    for (float& value : in_blocks) value /= part.matrix.scale;
    part.latent.emplace(part.matrix, std::move(in_blocks),
                        AdamOptions{.in_bytes = options_.moments_in_bytes}, pool_);
  }
  values = std::move(held);
  parts_.emplace(part.matrix.name, std::move(part));
}

void TunedStudent::add_vectors() {
  float mean = 0;
  for (const auto& [name, part] : parts_) mean += part.error / static_cast<float>(parts_.size());
  for_each(parameters_, [&](const ParameterView& view) {
    if (view.rows != 1) return;
    const float all = static_cast<float>(
        std::sqrt(squares(view.values) / static_cast<double>(view.values.size())));
    std::vector<float> units;
    for (const float value : view.values)
      units.push_back(mean * (value == 0 ? all : std::abs(value)));
    vectors_.try_emplace(view.name, Vector{std::move(units), Adam(view.values.size())});
  });
}

bool TunedStudent::learns(const ParameterView& view) const {
  const auto part = parts_.find(view.name);
  return part != parts_.end() ? part->second.learns() : vectors_.contains(view.name);
}

// All that happens to some rows happens while they are in the cache: memory is what this waits for.
void TunedStudent::Part::learn(std::span<const float> gradient, float rate,
                               const TuneOptions& options, std::span<float> values,
                               ThreadPool& pool) {
  const auto begin = [&](auto& learner, float own_rate) {
    return learner ? learner->moments().begin(rate * own_rate) : Adam::Step{};
  };
  const Adam::Step floats_step = begin(floats, options.block_floats),
                   codes_step = begin(latent, options.codes);
  matrix.for_rows(pool, [&](const RowRange& range) {
    std::vector<float> own = matrix.in_block_order(gradient, range);
    if (floats) floats->learn(own, floats_step, matrix, range);
    if (latent) latent->learn(own, codes_step, matrix, range);
    matrix.decode(range, values.data());
  });
}

void TunedStudent::Part::refresh(std::span<float> values, ThreadPool& pool) {
  matrix.for_rows(pool, [&](const RowRange& range) {
    if (floats) floats->store(matrix, range);
    if (latent) latent->store(matrix, range);
    matrix.decode(range, values.data());
  });
}

void TunedStudent::learn(gradients::Parameters& gradients, float rate) {
  std::map<std::string, std::vector<float>*> by_name;
  for_each(gradients, [&](const ParameterView& view) { by_name[view.name] = &view.values; });
  for_each(parameters_, [&](const ParameterView& view) {
    if (!by_name.contains(view.name)) return;
    std::vector<float>& gradient = *by_name.at(view.name);
    if (const auto part = parts_.find(view.name); part != parts_.end()) {
      part->second.learn(gradient, rate, options_, view.values, pool_);
    } else {
      Vector& vector = vectors_.at(view.name);
      vector.moments.step(gradient, rate * options_.norms, vector.units, view.values, pool_);
    }
  });
}

void TunedStudent::visit_values(const Visit& visit) {
  for (auto& [name, part] : parts_) {
    if (part.floats) visit(part.floats->values());
    if (part.latent) visit(part.latent->values());
  }
  for_each(parameters_, [&](const ParameterView& view) {
    if (vectors_.contains(view.name)) visit(view.values);
  });
}

void TunedStudent::visit_moments(const VisitMoments& visit) {
  for (auto& [name, part] : parts_) {
    if (part.floats) visit(part.floats->moments());
    if (part.latent) visit(part.latent->moments());
  }
  for (auto& [name, vector] : vectors_) visit(vector.moments);
}

void TunedStudent::refresh() {
  for_each(parameters_, [&](const ParameterView& view) {
    const auto part = parts_.find(view.name);
    if (part != parts_.end()) part->second.refresh(view.values, pool_);
  });
}

std::vector<EncodedMatrix> TunedStudent::matrices() const {
  std::vector<EncodedMatrix> matrices;
  for (const auto& [name, part] : parts_) matrices.push_back(part.matrix);
  return matrices;
}

}  // namespace nybble::train
