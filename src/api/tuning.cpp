#include "api/tuning.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "api/encode_tensor.h"
#include "api/training_memory.h"
#include "api/tuning_lessons.h"
#include "base/error.h"
#include "models/decoder_tensors.h"

namespace nybble {
namespace {

// Looks at the held-out windows: one for so many tokens, but so many at least.
constexpr std::uint64_t tokens_a_look = 250'000;
constexpr std::uint64_t least_looks = 5;

// Teacher, student, gradient, latent and its best of each value, and its two moments.
std::size_t bytes_a_value(const QuantizeRequest& request) {
  return 5 * sizeof(float) + 2 * static_cast<std::size_t>(request.tuning.moment_bits) / 8;
}

void check_memory(const OpenedModel& model, const QuantizeRequest& request) {
  check_training_memory(bytes_a_value(request) * count_parameters(model.source),
                        request.memory_bytes, "tuning this model", ", or take --method best");
}

train::CourseOptions course_options(int steps, const QuantizeRequest& request) {
  const auto looks = std::max(least_looks, request.tuning.tokens / tokens_a_look);
  return {.steps = steps,
          .batch = request.tuning.batch,
          .together = std::min(request.tuning.batch, 4),
          .warmup = std::max(1, steps / 20),
          .check_every = std::max(1, steps / static_cast<int>(looks)),
          .seed = request.seed,
          .precision = gradients::Precision::bf16};
}

bool is_matrix(const OutputTensor& output) {
  return output.tensor.source->shape.rank() > 1;
}

train::EncodedMatrix matrix_of(const OutputTensor& output, const EncodedTensor& encoded) {
  const models::SourceTensor& source = *output.tensor.source;
  train::EncodedMatrix matrix{source.name, output.format, static_cast<int>(source.shape.rows()),
                              static_cast<int>(source.shape.cols()), encoded.blocks};
  matrix.scale = scale_of(output);
  matrix.shares_scales = output.layout != nullptr && output.layout->shares_scales();
  for (std::int64_t row = 0; output.tensor.unpermute_heads > 0 && row < matrix.rows; ++row)
    matrix.row_order.push_back(output.tensor.source_row(row));
  return matrix;
}

// What the blocks lose of the source: sum of squared differences / sum of squares.
double relative_error(const models::SourceTensor& source, const train::EncodedMatrix& matrix,
                      ThreadPool& pool) {
  std::vector<double> lost(static_cast<std::size_t>(matrix.rows)), all(lost.size());
  const auto cols = static_cast<std::size_t>(matrix.cols);
  pool.run(matrix.rows, [&](std::int64_t row, int) {
    std::vector<float> before(cols), after(cols);
    source.decode_rows(matrix.row_of(row), 1, before.data());
    const auto r = static_cast<std::size_t>(row);
    matrix.decode_row(row, after.data());
    for (std::size_t i = 0; i < cols; ++i) {
      const double d = double{after[i]} - double{before[i]};
      lost[r] += d * d;
      all[r] += double{before[i]} * double{before[i]};
    }
  });
  double difference = 0, squares = 0;
  for (std::size_t r = 0; r < lost.size(); ++r) {
    difference += lost[r];
    squares += all[r];
  }
  return difference == 0 ? 0 : difference / squares;
}

// A norm or bias as the output has it: in its order and type.
std::vector<std::byte> encode_vector(const OutputTensor& output, const std::vector<float>& values) {
  std::vector<float> ordered = values;
  const auto n = static_cast<std::int64_t>(values.size());
  for (std::int64_t i = 0; output.tensor.unpermute_heads > 0 && i < n; ++i) {
    const auto place = models::hf_row(i, n, output.tensor.unpermute_heads);
    ordered[static_cast<std::size_t>(place)] = values[static_cast<std::size_t>(i)];
  }
  std::vector<std::byte> bytes(row_bytes(output.format, n));
  formats::info(output.format).encode(ordered.data(), nullptr, values.size(), bytes.data());
  return bytes;
}

}  // namespace

void check_tuning(const TuningSettings& settings) {
  const float weight = settings.hidden_weight, rate = settings.code_rate;
  if (!(std::isfinite(weight) && weight >= 0)) {
    fail(ErrorKind::invalid_input,
         "tuning: expected a weight of the hidden states of 0 or above, found {}", weight);
  }
  if (!(rate >= 0 && rate <= 1)) {
    fail(ErrorKind::invalid_input, "tuning: expected a rate of the codes of 0 to 1, found {}",
         rate);
  }
}

Tuning::Tuning(const OpenedModel& model, const QuantizeRequest& request,
               const ProgressCallback& progress)
    : model_(model), request_(request), progress_(progress), pool_(request.threads) {
  check_memory(model, request);
}

void Tuning::encode(std::span<const OutputTensor> tensors, const quantize::Method& method,
                    const StreamOptions& stream) {
  Progress report{.step = "quantize", .done = 0, .total = 0, .unit = "values", .detail = {}};
  for (const OutputTensor& output : tensors)
    report.total += static_cast<std::uint64_t>(output.tensor.source->shape.count());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const OutputTensor& output = tensors[i];
    report.step = fmt::format("quantize {}", output.tensor.name);
    if (progress_) progress_(report);
    EncodedTensor& encoded = encoded_[output.tensor.source->name];
    encoded.result = make_tensor(i, output, method, stream, pool_, [&](auto bytes) {
      encoded.blocks.insert(encoded.blocks.end(), bytes.begin(), bytes.end());
    });
    report.done += static_cast<std::uint64_t>(output.tensor.source->shape.count());
  }
}

TuningReport Tuning::run(const models::ModelSource& folded, std::span<const OutputTensor> tensors,
                         const quantize::Method& method, const StreamOptions& stream,
                         const TuningFiles* files) {
  encode(tensors, method, stream);
  const auto begin = std::chrono::steady_clock::now();
  std::vector<train::EncodedMatrix> matrices;
  for (const OutputTensor& output : tensors) {
    if (is_matrix(output))
      matrices.push_back(matrix_of(output, encoded_.at(output.tensor.source->name)));
  }
  train::TuneOptions options;
  options.codes = request_.tuning.code_rate;
  options.moments_in_bytes = request_.tuning.moment_bits == 8;
  train::TunedStudent student(gradients::load_parameters(folded, pool_), std::move(matrices),
                              options, pool_);
  TuningReport report = learn(student, files);
  take(student, folded, tensors);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return report;
}

// Those of an earlier run, or new ones.
train::LessonSets Tuning::lessons(const TuningFiles* files) const {
  if (files == nullptr) return tuning_lessons(model_, request_, progress_);
  if (auto kept = files->lessons.load()) return *std::move(kept);
  train::LessonSets made = tuning_lessons(model_, request_, progress_);
  files->lessons.save(made);
  return made;
}

// From the model before.
TuningReport Tuning::learn(train::TunedStudent& student, const TuningFiles* files) {
  const train::LessonSets lessons = this->lessons(files);
  const auto teacher = gradients::load_parameters(model_.source, pool_);
  const std::size_t length = lessons.learned.front().tokens.size();
  const auto distillation = request_.tuning.gpu ? train::distillation_on_gpu : train::distillation;
  const auto objective = distillation(teacher, static_cast<int>(length), pool_,
                                      gradients::Precision::bf16, request_.tuning.hidden_weight);
  const std::size_t step_tokens = static_cast<std::size_t>(request_.tuning.batch) * length;
  const auto steps = std::max<std::size_t>(1, request_.tuning.tokens / step_tokens);
  train::CourseOptions options = course_options(static_cast<int>(steps), request_);
  options.kept_layers = layers_to_keep(
      teacher.config, static_cast<std::size_t>(options.together) * length, request_.memory_bytes);
  train::Course course(student, *objective, lessons.learned, lessons.held_out, options, pool_);
  if (files != nullptr) course.keep_in(files->course);
  Progress shown{
      .step = "tune", .done = 0, .total = steps * step_tokens, .unit = "tokens", .detail = {}};
  const auto result = course.run([&](const train::CoursePoint& point) {
    shown.done = static_cast<std::uint64_t>(point.step) * step_tokens;
    if (point.held_out) shown.detail = fmt::format("divergence {:.4f}", *point.held_out);
    if (progress_) progress_(shown);
  });
  TuningReport report{.points = {},
                      .before = result.first,
                      .after = result.best,
                      .best_step = result.best_step,
                      .resumed_step = result.resumed_step,
                      .tokens = static_cast<std::uint64_t>(result.tokens)};
  for (const train::CoursePoint& point : result.points)
    report.points.push_back({point.step, point.loss, point.held_out});
  return report;
}

// What was learned is what will be written.
void Tuning::take(const train::TunedStudent& student, const models::ModelSource& folded,
                  std::span<const OutputTensor> tensors) {
  for (const train::EncodedMatrix& matrix : student.matrices()) {
    EncodedTensor& encoded = encoded_.at(matrix.name);
    encoded.blocks = matrix.blocks;
    encoded.result.relative_error = relative_error(*folded.find(matrix.name), matrix, pool_);
  }
  std::map<std::string, const OutputTensor*> vectors;
  for (const OutputTensor& output : tensors)
    if (!is_matrix(output)) vectors[output.tensor.source->name] = &output;
  gradients::Parameters tuned = student.parameters();
  gradients::for_each(tuned, [&](const gradients::ParameterView& view) {
    if (const auto found = vectors.find(view.name); found != vectors.end())
      encoded_.at(view.name).blocks = encode_vector(*found->second, view.values);
  });
}

const EncodedTensor* Tuning::known(const OutputTensor& output) const {
  const auto found = encoded_.find(output.tensor.source->name);
  return found == encoded_.end() ? nullptr : &found->second;
}

}  // namespace nybble
