#include <chrono>
#include <cmath>

#include "api/contest_text.h"
#include "api/load_model.h"
#include "api/sha256.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "evaluate/documents.h"
#include "evaluate/summary.h"

namespace nybble {
namespace {

// Windows on which the floor is measured: what it costs stays small, and a floor needs no interval.
constexpr std::size_t floor_windows = 4;

// A model loaded for one way to compute, and where its scores go.
struct Runner {
  std::string name;
  std::shared_ptr<const runtime::LoadedModel> loaded;
  std::unique_ptr<runtime::Session> session;
  Entrant* entrant = nullptr;
  Compute compute = Compute::exact;

  void take(std::vector<evaluate::TokenScore> scores) const {
    (compute == Compute::exact ? entrant->exact : entrant->as_run) = std::move(scores);
    if (compute == Compute::llm_int8)
      entrant->outlier_share = loaded->activation_counts().outlier_share();
  }
};

Runner load(Entrant& entrant, const MeasureSettings& settings, Compute compute) {
  const auto loaded = load_model(entrant.model.source, compute, settings.threads);
  return {entrant.model.label(), loaded,
          std::make_unique<runtime::Session>(loaded, settings.context), &entrant, compute};
}

// The reference is always exact; a model alone is computed as asked, others both ways.
std::vector<Runner> load_all(std::vector<Entrant>& entrants, const MeasureSettings& settings) {
  std::vector<Runner> runners;
  const bool is_alone = entrants.size() == 1;
  for (Entrant& entrant : entrants) {
    const bool is_reference = !is_alone && &entrant == &entrants[0];
    if (!is_alone || settings.compute == Compute::exact)
      runners.push_back(load(entrant, settings, Compute::exact));
    if (!is_reference && settings.compute != Compute::exact)
      runners.push_back(load(entrant, settings, settings.compute));
  }
  return runners;
}

double mean_divergence(std::span<const evaluate::TokenScore> scores) {
  double sum = 0;
  for (const evaluate::TokenScore& score : scores) sum += score.divergence;
  return sum / static_cast<double>(scores.size());
}

// The first windows by the reference: exact, once more, and computed as asked.
DivergenceFloor measure_floor(const TextPlan& plan, Entrant& reference, const Runner& exact,
                              const MeasureSettings& settings, ThreadPool& pool) {
  runtime::Session again(exact.loaded, settings.context);
  std::vector<evaluate::Contestant> contestants{{exact.session.get(), exact.name},
                                                {&again, exact.name}};
  Runner as_run;
  if (settings.compute != Compute::exact) {
    as_run = load(reference, settings, settings.compute);
    contestants.push_back({as_run.session.get(), as_run.name});
  }
  evaluate::score(plan.first_windows(floor_windows), contestants, pool, [](std::size_t) {});
  return {.same_kernels = mean_divergence(contestants[1].scores),
          .compute = mean_divergence(contestants.back().scores),
          .tokens = contestants[0].scores.size()};
}

ModelSize size_of(const OpenedModel& model) {
  struct Part {
    double bits = 0, weights = 0;
    double bpw() const { return weights == 0 ? 0 : bits / weights; }
  } decoder, embedding, head;
  for (const models::SourceTensor& tensor : model.source.tensors) {
    if (!tensor.is_in_files()) continue;
    Part& part = tensor.name.starts_with("token_embd") ? embedding
                 : tensor.name.starts_with("output.")  ? head
                                                       : decoder;
    part.weights += static_cast<double>(tensor.shape.count());
    part.bits += 8.0 * static_cast<double>(tensor.stored_bytes());
  }
  const auto file_bytes = model.checkpoint->file_bytes;
  return {.file_bytes = file_bytes,
          .bpw_file = 8.0 * static_cast<double>(file_bytes) /
                      static_cast<double>(count_parameters(model.source)),
          .bpw_decoder = decoder.bpw(),
          .bpw_embedding = embedding.bpw(),
          .bpw_head = head.weights == 0 ? embedding.bpw() : head.bpw()};
}

void run_text(const TextPlan& plan, const MeasureSettings& settings,
              std::span<const Runner> runners, ThreadPool& pool, const ProgressCallback& progress,
              Contest& contest) {
  std::vector<evaluate::Contestant> contestants;
  for (const Runner& runner : runners) contestants.push_back({runner.session.get(), runner.name});
  const std::vector<evaluate::TokenScore>& last = contestants.back().scores;
  const auto window = static_cast<std::uint64_t>(settings.context);
  double loss = 0;
  std::size_t summed = 0;
  const auto start = std::chrono::steady_clock::now();
  evaluate::score(plan.first_windows(plan.windows.size()), contestants, pool,
                  [&](std::size_t done) {
                    for (; summed < last.size(); ++summed) loss += last[summed].loss;
                    contest.running.push_back(std::exp(loss / static_cast<double>(summed)));
                    if (!progress) return;
                    std::string detail = fmt::format("perplexity {:.4f}", contest.running.back());
                    if (runners.size() > 1)
                      detail += fmt::format(", divergence {:.5f}", mean_divergence(last));
                    progress({.step = "evaluate",
                              .done = done * window,
                              .total = plan.windows.size() * window,
                              .unit = "tokens",
                              .detail = detail});
                  });
  contest.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (std::size_t i = 0; i < runners.size(); ++i)
    runners[i].take(std::move(contestants[i].scores));
}

// Units and what is said of the text.
void describe_text(const TextPlan& plan, const MeasureSettings& settings,
                   const std::string& content, Contest& contest) {
  const Entrant& first = contest.entrants[0];
  const auto documents = evaluate::documents_of_tokens(content, evaluate::find_documents(content),
                                                       *first.model.tokenizer, plan.tokens);
  const evaluate::Units units = evaluate::choose_units(first.scores(), documents,
                                                       first.scores().size() / plan.windows.size());
  contest.bootstrap =
      std::make_unique<evaluate::Bootstrap>(units.of_score, units.count, settings.seed);
  contest.text = {.path = settings.text.string(),
                  .sha256 = api::sha256_of_file(settings.text),
                  .tokens = plan.tokens.size(),
                  .scored_tokens = first.scores().size(),
                  .windows = static_cast<int>(plan.windows.size()),
                  .units = units.count,
                  .unit = std::string(units.name)};
}

}  // namespace

Measurement Contest::measure(std::size_t entrant) const {
  const Entrant& own = entrants[entrant];
  Measurement result{.model = own.model.label(),
                     .size = size_of(own.model),
                     .perplexity = evaluate::perplexity(own.scores(), *bootstrap),
                     .standard_error = evaluate::standard_error(own.scores()),
                     .divergence = {},
                     .activations = {},
                     .outlier_share = own.outlier_share};
  if (entrant == 0) return result;
  result.divergence = evaluate::summarize(own.scores(), entrants[0].exact, *bootstrap);
  if (!own.as_run.empty())
    result.activations = evaluate::added_divergence(own.as_run, own.exact, *bootstrap);
  return result;
}

Contest run_contest(const std::vector<EntrantFiles>& models, const MeasureSettings& settings,
                    const ProgressCallback& progress) {
  if (settings.context < 8) {
    fail(ErrorKind::invalid_input, "a window of {} tokens is too short, expected 8 or more",
         settings.context);
  }
  const std::string content = read_text_file(settings.text);
  Contest contest;
  for (const EntrantFiles& files : models)
    contest.entrants.push_back({open_for_reading(files.model, {}, files.lora), {}, {}, {}});
  std::vector<Entrant>& entrants = contest.entrants;
  TextPlan plan = plan_text(settings, content, *entrants[0].model.tokenizer);
  for (std::size_t i = 1; i < entrants.size(); ++i)
    check_same_tokens(entrants[0].model, entrants[i].model, settings, content, plan);

  const std::vector<Runner> runners = load_all(entrants, settings);
  ThreadPool pool(settings.threads);
  run_text(plan, settings, runners, pool, progress, contest);
  if (entrants.size() > 1)
    contest.floor = measure_floor(plan, entrants[0], runners[0], settings, pool);
  describe_text(plan, settings, content, contest);
  contest.tokens = std::move(plan.tokens);
  return contest;
}

}  // namespace nybble
