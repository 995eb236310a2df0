// The walk of `compare`: a reference and models over one text, and the details behind the numbers.
#include "nybble/compare.h"

#include <algorithm>
#include <cmath>

#include "adapters/lora_adapter.h"
#include "api/contest.h"
#include "api/receipt.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/wall_clock.h"
#include "evaluate/weight_error.h"
#include "nybble/version.h"

namespace nybble {
namespace {

constexpr int position_bins = 16;
constexpr std::size_t histogram_bins = 48;  // 10^-8 to 10^4
constexpr std::size_t worst_tokens = 20;
// Tokens shown around a worst one.
constexpr std::size_t tokens_before = 40, tokens_after = 12;

// Adapters count among the weights, whether a file has them merged or not.
models::ModelSource merged(const OpenedModel& model) {
  models::ModelSource source = model.source;
  adapters::merge(source);
  return source;
}

std::vector<TensorError> tensor_errors(const OpenedModel& model, const OpenedModel& reference,
                                       ThreadPool& pool) {
  std::vector<TensorError> errors;
  const models::ModelSource own = merged(model), other = merged(reference);
  for (const evaluate::WeightError& error : evaluate::weight_errors(own, other, pool)) {
    errors.push_back({.name = error.tensor->name,
                      .type = std::string(formats::info(error.tensor->format).name),
                      .layer = error.layer,
                      .role = error.role,
                      .relative_error = error.relative});
  }
  return errors;
}

std::vector<ComparedModel::PositionBin> by_position(std::span<const evaluate::TokenScore> scores,
                                                    int context) {
  const int width = std::max(1, (context + position_bins - 1) / position_bins);
  std::vector<ComparedModel::PositionBin> bins;
  for (int first = 0; first < context; first += width)
    bins.push_back({.first = first, .last = std::min(first + width, context) - 1});
  for (const evaluate::TokenScore& score : scores) {
    auto& bin = bins[static_cast<std::size_t>(score.position / width)];
    bin.mean += score.divergence;
    ++bin.tokens;
  }
  for (auto& bin : bins) bin.mean /= static_cast<double>(std::max<std::uint64_t>(bin.tokens, 1));
  std::erase_if(bins, [](const auto& bin) { return bin.tokens == 0; });
  return bins;
}

std::vector<std::uint64_t> histogram(std::span<const evaluate::TokenScore> scores) {
  std::vector<std::uint64_t> bins(histogram_bins);
  for (const evaluate::TokenScore& score : scores) {
    const double exponent = std::log10(std::max(score.divergence, 1e-300));
    const double place = (exponent - ComparedModel::histogram_min) / ComparedModel::histogram_width;
    ++bins[static_cast<std::size_t>(std::clamp(place, 0.0, histogram_bins - 1.0))];
  }
  return bins;
}

// Text of tokens [first, last); may begin or end inside a character.
std::string text_of(const Contest& contest, std::size_t first, std::size_t last) {
  const auto tokens = std::span(contest.tokens).subspan(first, last - first);
  return contest.entrants[0].model.tokenizer->decode(tokens, true);
}

WorstToken describe(const Contest& contest, const evaluate::TokenScore& model,
                    const evaluate::TokenScore& reference) {
  const text::Tokenizer& tokenizer = *contest.entrants[0].model.tokenizer;
  const std::size_t at = model.token;
  return {.before = text_of(contest, at - std::min(at, tokens_before), at),
          .token = text_of(contest, at, at + 1),
          .after = text_of(contest, at + 1, std::min(at + 1 + tokens_after, contest.tokens.size())),
          .divergence = model.divergence,
          .reference_probability = std::exp(-reference.loss),
          .model_probability = std::exp(-model.loss),
          .reference_guess = tokenizer.piece(reference.top),
          .model_guess = tokenizer.piece(model.top)};
}

std::vector<WorstToken> worst(const Contest& contest,
                              std::span<const evaluate::TokenScore> scores) {
  std::vector<std::size_t> order(scores.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const std::size_t n = std::min(worst_tokens, order.size());
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(n),
                            [&](std::size_t a, std::size_t b) {
                              return scores[a].divergence > scores[b].divergence ||
                                     (scores[a].divergence == scores[b].divergence && a < b);
                            });
  std::vector<WorstToken> tokens;
  for (const std::size_t i : std::span(order).first(n))
    tokens.push_back(describe(contest, scores[i], contest.entrants[0].exact[i]));
  return tokens;
}

ComparedModel describe(const Contest& contest, std::size_t entrant, int context, ThreadPool& pool) {
  const Entrant& own = contest.entrants[entrant];
  return {.measurement = contest.measure(entrant),
          .tensors = tensor_errors(own.model, contest.entrants[0].model, pool),
          .by_position = by_position(own.scores(), context),
          .histogram = histogram(own.scores()),
          .worst = worst(contest, own.scores())};
}

}  // namespace

CompareReport compare_models(const CompareRequest& request, const ProgressCallback& progress) {
  if (request.stamp && !request.lora.empty()) {
    fail(ErrorKind::invalid_input,
         "--stamp writes into the files of the models, and an adapter is in none of them; merge it "
         "(nybble convert --merge), or leave one of the two away");
  }
  std::optional<AtomicFile> page;
  if (!request.page.empty()) page.emplace(request.page, request.force);
  std::vector<EntrantFiles> files{{request.reference, request.reference_lora}};
  for (const auto& model : request.models) files.push_back({model, request.lora});
  const Contest contest = run_contest(files, request.settings, progress);
  ThreadPool pool(request.settings.threads);
  CompareReport report{.reference = contest.measure(0),
                       .models = {},
                       .floor = contest.floor,
                       .text = contest.text,
                       .settings = request.settings,
                       .seconds = contest.seconds,
                       .version = version(),
                       .date = today()};
  for (std::size_t i = 1; i < contest.entrants.size(); ++i)
    report.models.push_back(describe(contest, i, request.settings.context, pool));
  if (page) {
    const std::string html = comparison_page(report);
    page->write(std::as_bytes(std::span(html)));
    page->commit();
  }
  for (const ComparedModel& model : report.models) {
    if (!request.stamp) break;
    stamp(model.measurement, report.reference.model, report.text, request.settings);
  }
  return report;
}

}  // namespace nybble
