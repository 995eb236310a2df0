// The walk of `train`: a model that stays as it is, texts, an adapter.
#include "nybble/train.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "adapters/lora_adapter.h"
#include "api/resume_folder.h"
#include "api/resume_key.h"
#include "api/training_lessons.h"
#include "api/training_memory.h"
#include "base/error.h"
#include "train/adapter_student.h"
#include "train/course.h"

namespace nybble {
namespace {

constexpr int passes = 3;  // through the lessons, when nothing else is asked for
constexpr int looks = 20;  // at the held-out lessons

// The model in float32, once more while the gradients get their shape.
constexpr std::uint64_t bytes_a_value = 2 * sizeof(float);

void check_request(const TrainRequest& request) {
  const auto refuse = [](std::string_view what, auto found) {
    fail(ErrorKind::invalid_input, "training: expected {}, found {}", what, found);
  };
  if (request.texts.empty()) refuse("texts to learn from (-f)", "none");
  if (request.steps > 0 && request.tokens > 0) refuse("steps or tokens", "both");
  if (request.batch < 1 || request.accumulate < 1 || request.batch > 4096 ||
      request.accumulate > 4096)
    refuse("a batch of 1 to 4096, accumulated 1 to 4096 times",
           fmt::format("{} and {}", request.batch, request.accumulate));
  if (!(request.rate > 0 && request.rate <= 1)) refuse("a rate above 0 and up to 1", request.rate);
  if (request.moment_bits != 8 && request.moment_bits != 32)
    refuse("moments of 8 or 32 bits", request.moment_bits);
  if (!(request.alpha > 0)) refuse("an alpha above 0", request.alpha);
  if (request.context < 2) refuse("a context of at least 2 tokens", request.context);
}

train::CourseOptions course_options(const TrainRequest& request, const TrainingLessons& lessons) {
  train::CourseOptions options{.batch = request.batch * request.accumulate,
                               .together = request.batch,
                               .fall = train::Fall::cosine,
                               .clip = static_cast<float>(request.clip),
                               .seed = request.seed,
                               .precision = gradients::Precision::bf16};
  const std::uint64_t batch = static_cast<std::uint64_t>(options.batch);
  std::uint64_t steps = static_cast<std::uint64_t>(std::max(request.steps, 0));
  if (request.tokens > 0)
    steps = request.tokens / (batch * static_cast<std::uint64_t>(lessons.length()));
  if (steps == 0 && request.tokens == 0)
    steps = (passes * lessons.learned.size() + batch - 1) / batch;
  options.steps = static_cast<int>(std::clamp<std::uint64_t>(steps, 1, 1 << 30));
  options.warmup = request.warmup >= 0 ? request.warmup : std::max(1, options.steps / 20);
  options.check_every = std::max(1, options.steps / looks);
  return options;
}

// Without a '/' at its end, so that what stands beside it can be named.
std::filesystem::path directory_name(const std::filesystem::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

// The folder of the state, when it is wanted. Refuses an adapter that stands there already, unless
// a run of the same training was killed while it put that in place.
std::unique_ptr<const ResumeFolder> begin_work(const OpenedModel& model,
                                               const TrainRequest& request, bool& replace) {
  const std::filesystem::path output = directory_name(request.output);
  const auto refuse_output = [&] {
    refuse_existing(output / adapters::weights_file_name);
    refuse_existing(output / adapters::config_file_name);
  };
  replace = request.force;
  if (!replace && !(request.resume && ResumeFolder::exists(output))) refuse_output();
  if (!request.resume) return nullptr;
  auto kept = std::make_unique<const ResumeFolder>(output, training_key(model, request));
  replace |= kept->was_placing();
  if (!replace) refuse_output();
  return kept;
}

void write_adapter(const OpenedModel& model, const TrainRequest& request,
                   const train::AdapterStudent& student, const ResumeFolder* kept, bool replace) {
  const adapters::LoraAdapter adapter{.parts = student.parts(),
                                      .rank = request.rank,
                                      .alpha = static_cast<float>(request.alpha),
                                      .base = model.checkpoint->path.string()};
  const auto write = [&] {
    adapters::write_lora(request.output, adapter, model.source, id_of<formats::F32>(), replace);
  };
  if (kept == nullptr) {
    write();
    return;
  }
  kept->while_placing(write);
  kept->remove();
}

train::AdapterStudent make_student(const OpenedModel& model, const TrainRequest& request,
                                   ThreadPool& pool) {
  check_training_memory(bytes_a_value * count_parameters(model.source), request.memory_bytes,
                        "training beside this model", "");
  const train::AdapterOptions options{.rank = request.rank,
                                      .alpha = static_cast<float>(request.alpha),
                                      .targets = request.targets,
                                      .rate = static_cast<float>(request.rate),
                                      .decay = static_cast<float>(request.decay),
                                      .moments_in_bytes = request.moment_bits == 8,
                                      .seed = request.seed};
  return {gradients::load_parameters(model.source, pool), options, pool};
}

TrainReport learn(train::AdapterStudent& student, const TrainingLessons& lessons,
                  const train::CourseOptions& options, bool gpu, const train::CourseFile* file,
                  ThreadPool& pool, const ProgressCallback& progress) {
  const auto objective =
      gpu ? train::answers_on_gpu(lessons.length(), pool, options.precision) : train::answers();
  train::Course course(student, *objective, lessons.learned, lessons.held_out, options, pool);
  if (file != nullptr) course.keep_in(*file);
  const auto step_tokens = static_cast<std::uint64_t>(options.batch * lessons.length());
  Progress shown{.step = "train",
                 .done = 0,
                 .total = static_cast<std::uint64_t>(options.steps) * step_tokens,
                 .unit = "tokens",
                 .detail = {}};
  std::string held_out;
  const auto result = course.run([&](const train::CoursePoint& point) {
    if (point.held_out) held_out = fmt::format(", held out {:.4f}", *point.held_out);
    shown.done = static_cast<std::uint64_t>(point.step) * step_tokens;
    if (point.step > 0) shown.detail = fmt::format("loss {:.4f}{}", point.loss, held_out);
    if (progress) progress(shown);
  });
  TrainReport report{.points = {},
                     .first = result.first,
                     .best = result.best,
                     .best_step = lessons.held_out.empty() ? options.steps : result.best_step,
                     .steps = options.steps,
                     .resumed_step = result.resumed_step,
                     .tokens = static_cast<std::uint64_t>(result.tokens)};
  for (const train::CoursePoint& point : result.points)
    report.points.push_back({point.step, point.loss, point.held_out});
  return report;
}

}  // namespace

TrainReport train_adapter(const TrainRequest& request, const ProgressCallback& progress) {
  const auto start = std::chrono::steady_clock::now();
  check_request(request);
  if (request.gpu) gradients::check_gpu();
  const OpenedModel model = open_for_reading(request.model, request.assumed);
  bool replace = false;
  const auto kept = begin_work(model, request, replace);
  const TrainingLessons lessons = training_lessons(model, request);
  ThreadPool pool(request.threads);
  train::AdapterStudent student = make_student(model, request, pool);
  train::CourseOptions options = course_options(request, lessons);
  options.kept_layers = layers_to_keep(model.source.config,
                                       static_cast<std::size_t>(request.batch * lessons.length()),
                                       request.memory_bytes);
  std::optional<train::CourseFile> file;
  if (kept) file.emplace(kept->training(), kept->key());
  TrainReport report =
      learn(student, lessons, options, request.gpu, file ? &*file : nullptr, pool, progress);
  report.discarded = kept && kept->discarded();
  write_adapter(model, request, student, kept.get(), replace);
  report.lessons = static_cast<int>(lessons.learned.size());
  report.held_out = static_cast<int>(lessons.held_out.size());
  report.cut = lessons.cut;
  report.left_out = lessons.left_out;
  report.context = lessons.length();
  const auto parts = student.parts();
  report.linears = parts.size();
  for (const models::LowRank& part : parts) report.parameters += part.a.size() + part.b.size();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

std::vector<std::pair<std::string, std::string>> train_targets() {
  return train::adapter_targets();
}

TuningSettings long_tuning() {
  return {.tokens = 5'000'000, .code_rate = 1e-3f, .written_share = 0.8};
}

}  // namespace nybble
