#include "api/tuning.h"

#include <algorithm>
#include <chrono>

#include "api/calibration.h"
#include "api/encode_tensor.h"
#include "base/bytes_text.h"
#include "base/error.h"
#include "cpu/host_memory.h"
#include "models/decoder_tensors.h"
#include "train/course.h"
#include "train/tuned_student.h"

namespace nybble {
namespace {

// Windows that say when to stop: so many of the calibration text and of what the model wrote.
constexpr std::size_t held_out_windows = 12;
// Windows that one step learns from. On 300 k tokens 2 left 0.515 / 0.487 of llama-quantize's
// divergence in Q3_K_M, 4 left 0.522 / 0.480 (smollm2-80m, WikiText-2 / a novel).
constexpr std::size_t batch = 2;
constexpr int looks = 5;  // at the held-out windows

// Teacher, student, gradient, latent, its two moments and its best of each value.
constexpr std::size_t bytes_a_value = 7 * sizeof(float);

void check_memory(const OpenedModel& model, const QuantizeRequest& request) {
  const std::size_t needed = bytes_a_value * count_parameters(model.source);
  const std::size_t available = cpu::allowed_host_memory(request.memory_bytes);
  if (needed <= available) return;
  fail(ErrorKind::out_of_memory,
       "tuning this model needs {}, {} are available; allow more memory, or take --method best",
       bytes_text(needed), bytes_text(available));
}

// Layers whose activations fit into half of the memory that is left.
int layers_to_keep(const models::DecoderConfig& config, std::size_t tokens,
                   std::uint64_t memory_bytes) {
  const std::size_t layer = gradients::LayerTrace::bytes(config, static_cast<int>(tokens));
  const std::size_t n = cpu::allowed_host_memory(memory_bytes) / 2 / layer;
  return static_cast<int>(std::min(n, static_cast<std::size_t>(config.layers)));
}

train::CourseOptions course_options(int steps, std::uint64_t seed) {
  return {.steps = steps,
          .batch = static_cast<int>(batch),
          .warmup = std::max(1, steps / 20),
          .check_every = std::max(1, steps / looks),
          .seed = seed};
}

// Two thirds of what is learned from are what the model writes: in Q3_K_M that left 0.503 / 0.462
// of llama-quantize's divergence, a half 0.516 / 0.488 (smollm2-80m, WikiText-2 / a novel).
CalibrateSettings window_settings(const QuantizeRequest& request) {
  const auto context = static_cast<std::uint64_t>(request.calibration_context);
  const int n = static_cast<int>(std::min<std::uint64_t>(request.tuning_tokens / context, 1 << 14));
  return {.texts = calibration_inputs(request.calibration).texts,
          .context = request.calibration_context,
          .max_windows = n / 3 + 4 * static_cast<int>(held_out_windows),
          .written_windows = request.written_windows.value_or(n * 2 / 3),
          .seed = request.seed,
          .threads = request.threads,
          .memory_bytes = request.memory_bytes};
}

struct Lessons {
  std::vector<train::Lesson> learned, held_out;
};

// The second half of the documents gives the held-out ones.
Lessons make_lessons(const CalibrationWindows& windows) {
  std::vector<const calibrate::Sample*> texts, written, held;
  for (const calibrate::Sample& sample : windows.samples)
    if (sample.half == 1) (sample.weight == 1 ? texts : written).push_back(&sample);
  for (const auto& list : {texts, written}) {
    const std::size_t n = std::min(held_out_windows, list.size() / 4);
    for (std::size_t i = 0; i < n; ++i) held.push_back(list[i * list.size() / n]);
  }
  Lessons lessons;
  for (const calibrate::Sample& sample : windows.samples) {
    const bool is_held = std::ranges::find(held, &sample) != held.end();
    (is_held ? lessons.held_out : lessons.learned).push_back({sample.tokens, {}});
  }
  return lessons;
}

bool is_matrix(const OutputTensor& output) {
  return output.tensor.source->shape.rank() > 1;
}

train::EncodedMatrix matrix_of(const OutputTensor& output, const EncodedTensor& encoded) {
  const models::SourceTensor& source = *output.tensor.source;
  train::EncodedMatrix matrix{source.name, output.format, static_cast<int>(source.shape.rows()),
                              static_cast<int>(source.shape.cols()), encoded.blocks};
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
    formats::info(matrix.format)
        .decode(matrix.blocks.data() + r * matrix.row_bytes(), matrix.blocks_a_row(), after.data());
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
                         const quantize::Method& method, const StreamOptions& stream) {
  encode(tensors, method, stream);
  const auto begin = std::chrono::steady_clock::now();
  const Lessons lessons = make_lessons(cut_windows(model_, window_settings(request_), progress_));
  const auto teacher = gradients::load_parameters(model_.source, pool_);
  auto start = gradients::load_parameters(folded, pool_);
  std::vector<train::EncodedMatrix> matrices;
  for (const OutputTensor& output : tensors) {
    if (is_matrix(output))
      matrices.push_back(matrix_of(output, encoded_.at(output.tensor.source->name)));
  }
  train::TunedStudent student(std::move(start), std::move(matrices), {}, pool_);
  const std::size_t length = lessons.learned.front().tokens.size();
  const auto objective = train::distillation(teacher, static_cast<int>(length), pool_);
  const auto steps = std::max<std::size_t>(1, request_.tuning_tokens / (batch * length));
  train::CourseOptions options = course_options(static_cast<int>(steps), request_.seed);
  options.kept_layers = layers_to_keep(teacher.config, batch * length, request_.memory_bytes);
  train::Course course(student, *objective, lessons.learned, lessons.held_out, options, pool_);
  TuningReport report;
  Progress shown{
      .step = "tune", .done = 0, .total = steps * batch * length, .unit = "tokens", .detail = {}};
  const auto result = course.run([&](const train::CoursePoint& point) {
    shown.done = static_cast<std::uint64_t>(point.step) * batch * length;
    if (point.held_out) shown.detail = fmt::format("divergence {:.4f}", *point.held_out);
    if (progress_) progress_(shown);
    report.points.push_back({point.step, point.loss, point.held_out});
  });
  report.before = result.first;
  report.after = result.best;
  report.best_step = result.best_step;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  report.tokens = static_cast<std::uint64_t>(result.tokens);
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
  return report;
}

const EncodedTensor* Tuning::known(const OutputTensor& output) const {
  const auto found = encoded_.find(output.tensor.source->name);
  return found == encoded_.end() ? nullptr : &found->second;
}

}  // namespace nybble
