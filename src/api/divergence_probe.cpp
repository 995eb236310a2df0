#include "api/divergence_probe.h"

#include <algorithm>

#include "base/error.h"
#include "base/thread_pool.h"
#include "calibrate/samples.h"
#include "cpu/host_memory.h"
#include "evaluate/token_scores.h"

namespace nybble {
namespace {

constexpr int context = 256;
constexpr int first_scored = 16;  // what is guessed from a few words differs for every variant
constexpr std::size_t most_together = 8;

// Half of the memory stays for activations and for what the caller holds.
std::size_t count_together(const models::ModelSource& source, std::size_t max_bytes) {
  const std::size_t bytes = sizeof(float) * count_parameters(source);
  return std::clamp<std::size_t>(cpu::allowed_host_memory(max_bytes) / 2 / bytes, 1, most_together);
}

}  // namespace

DivergenceProbe::DivergenceProbe(const OpenedModel& model, std::span<const std::string> texts,
                                 const ProbeOptions& options)
    : options_(options),
      reference_(std::make_shared<const runtime::LoadedModel>(
          model.source,
          runtime::LoadOptions{.threads = options.threads, .max_bytes = options.max_bytes})) {
  const int window = std::min(context, model.source.config.context);
  for (const calibrate::Sample& sample : calibrate::make_samples(
           texts, *model.tokenizer,
           {.context = window, .max_windows = 2 * options.windows, .seed = options.seed})) {
    if (sample.half == 1) tokens_.insert(tokens_.end(), sample.tokens.begin(), sample.tokens.end());
  }
  if (!tokens_.empty()) return;
  fail(ErrorKind::invalid_input,
       "the texts are too short to measure what each type loses; give more");
}

std::vector<double> DivergenceProbe::measure(std::span<const models::ModelSource> variants,
                                             const std::function<void(std::size_t)>& after) const {
  std::vector<double> results;
  while (results.size() < variants.size()) {
    const auto rest = variants.subspan(results.size());
    const auto some =
        rest.first(std::min(rest.size(), count_together(rest.front(), options_.max_bytes)));
    for (const double result : measure_together(some)) results.push_back(result);
    after(results.size());
  }
  return results;
}

std::vector<double> DivergenceProbe::measure_together(
    std::span<const models::ModelSource> variants) const {
  const int window = std::min(context, reference_->config().context);
  std::vector<std::unique_ptr<runtime::Session>> sessions;
  sessions.push_back(std::make_unique<runtime::Session>(reference_, window));
  for (const models::ModelSource& variant : variants) {
    const auto loaded = std::make_shared<const runtime::LoadedModel>(
        variant,
        runtime::LoadOptions{.threads = options_.threads, .max_bytes = options_.max_bytes});
    sessions.push_back(std::make_unique<runtime::Session>(loaded, window));
  }
  std::vector<evaluate::Contestant> contestants;
  for (const auto& session : sessions) contestants.push_back({session.get(), "a variant"});
  std::vector<evaluate::Window> windows;
  const auto size = static_cast<std::size_t>(window);
  const std::size_t skipped = std::min<std::size_t>(first_scored, size / 2);
  for (std::size_t begin = 0; begin < tokens_.size(); begin += size)
    windows.push_back({begin, begin + size, begin + skipped});
  ThreadPool pool(options_.threads);
  evaluate::score({.tokens = tokens_, .windows = windows}, contestants, pool, [](std::size_t) {});
  std::vector<double> means;
  for (const evaluate::Contestant& contestant : std::span(contestants).subspan(1)) {
    double sum = 0;
    for (const evaluate::TokenScore& score : contestant.scores) sum += score.divergence;
    means.push_back(sum / static_cast<double>(contestant.scores.size()));
  }
  return means;
}

}  // namespace nybble
