// Picks the next token from logits: the chain and the random numbers. The filters stand in
// sampler_filters.cpp.
#include "text/sampler.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>

#include "base/error.h"
#include "base/random.h"
#include "text/exact_math.h"

namespace nybble::text {
namespace {

// The largest finite float, which stands for infinity, so that differences of logits stay finite
// numbers.
constexpr float most = std::numeric_limits<float>::max() / 4;

void check(bool good, const char* name, const char* expected, double found) {
  if (!good)
    fail(ErrorKind::invalid_input, "sampling: expected {} {}, found {}", name, expected, found);
}

void check_params(const SamplingParams& p) {
  check(!std::isnan(p.temperature), "temperature", "to be a number", p.temperature);
  check(p.top_p >= 0 && p.top_p <= 1, "top_p", "between 0 and 1", p.top_p);
  check(p.min_p >= 0 && p.min_p <= 1, "min_p", "between 0 and 1", p.min_p);
  check(p.typical_p >= 0 && p.typical_p <= 1, "typical_p", "between 0 and 1", p.typical_p);
  check(p.repeat_penalty > 0 && std::isfinite(p.repeat_penalty), "repeat_penalty", "above 0",
        p.repeat_penalty);
  check(std::isfinite(p.presence_penalty), "presence_penalty", "to be finite", p.presence_penalty);
  check(std::isfinite(p.frequency_penalty), "frequency_penalty", "to be finite",
        p.frequency_penalty);
  check(p.mirostat == 0 || p.mirostat == 2, "mirostat", "0 or 2", p.mirostat);
  check(std::isfinite(p.mirostat_tau) && p.mirostat_tau >= 0, "mirostat_tau", "of at least 0",
        p.mirostat_tau);
  check(std::isfinite(p.mirostat_eta), "mirostat_eta", "to be finite", p.mirostat_eta);
  for (const auto& [id, bias] : p.logit_bias)
    check(!std::isnan(bias), "a logit bias", "to be a number", bias);
}

// The place that a number in [0, 1) falls on when the weights are laid end to end.
std::size_t place_of(double number, const std::vector<double>& weights) {
  double rest = number;
  for (std::size_t i = 0; i + 1 < weights.size(); ++i) {
    if (rest < weights[i]) return i;
    rest -= weights[i];
  }
  // Rounding may leave a little over: the last weight that is not nothing.
  std::size_t last = weights.size() - 1;
  while (last > 0 && weights[last] == 0) --last;
  return last;
}

}  // namespace

Sampler::Sampler(const SamplingParams& params) : params_(params) {
  check_params(params);
  reset();
}

void Sampler::reset() {
  history_.clear();
  std::uint64_t seed = params_.seed;
  for (std::uint64_t& word : random_state_) word = splitmix64(seed);
  mirostat_mu_ = 2.0 * static_cast<double>(params_.mirostat_tau);
}

void Sampler::accept(std::int32_t token) {
  if (params_.repeat_last_n == 0) return;
  history_.push_back(token);
  const auto kept = static_cast<std::size_t>(std::max(params_.repeat_last_n, 0));
  if (params_.repeat_last_n > 0 && history_.size() >= 2 * kept + 1024) {
    history_.erase(history_.begin(), history_.end() - static_cast<std::ptrdiff_t>(kept));
  }
}

double Sampler::random() {
  std::uint64_t& a = random_state_[0];
  std::uint64_t& b = random_state_[1];
  const std::uint64_t result = std::rotl(a + b, 17) + a;
  const std::uint64_t both = a ^ b;
  a = std::rotl(a, 49) ^ both ^ (both << 21);
  b = std::rotl(both, 28);
  return static_cast<double>(result >> 11) * 0x1p-53;
}

// Candidates from logits, with bias; those of no chance are left out.
void Sampler::load(std::span<const float> logits) {
  candidates_.clear();
  candidates_.reserve(logits.size());
  std::map<std::int32_t, float> biases;
  for (const auto& [id, bias] : params_.logit_bias) biases[id] += bias;
  auto next_bias = biases.lower_bound(0);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const auto id = static_cast<std::int32_t>(i);
    float logit = logits[i];
    if (next_bias != biases.end() && next_bias->first == id) logit += (next_bias++)->second;
    if (std::isnan(logit) || logit == -std::numeric_limits<float>::infinity()) continue;
    candidates_.push_back({id, std::clamp(logit, -most, most)});
  }
  if (candidates_.empty()) {
    fail(ErrorKind::invalid_input,
         "sampling: expected logits, found {} values of which none is a number above -infinity",
         logits.size());
  }
}

void Sampler::penalize() {
  const bool off = params_.repeat_penalty == 1 && params_.presence_penalty == 0 &&
                   params_.frequency_penalty == 0;
  if (off || history_.empty()) return;
  std::map<std::int32_t, int> counts;
  const std::size_t back =
      params_.repeat_last_n < 0
          ? history_.size()
          : std::min(history_.size(), static_cast<std::size_t>(params_.repeat_last_n));
  for (std::size_t i = history_.size() - back; i < history_.size(); ++i) ++counts[history_[i]];
  for (const auto& [id, count] : counts) {
    const auto found =
        std::lower_bound(candidates_.begin(), candidates_.end(), id,
                         [](const Candidate& c, std::int32_t x) { return c.id < x; });
    if (found == candidates_.end() || found->id != id) continue;
    float logit = found->logit;
    logit = logit <= 0 ? logit * params_.repeat_penalty : logit / params_.repeat_penalty;
    logit -= static_cast<float>(count) * params_.frequency_penalty + params_.presence_penalty;
    found->logit = std::clamp(logit, -most, most);
  }
}

std::int32_t Sampler::pick(std::span<const float> logits) {
  load(logits);
  penalize();
  std::int32_t token = 0;
  if (params_.temperature <= 0) {
    token = std::max_element(candidates_.begin(), candidates_.end(),
                             [](const Candidate& a, const Candidate& b) {
                               return a.logit < b.logit;  // the first of the largest
                             })
                ->id;
  } else {
    token = params_.mirostat == 2 ? draw_mirostat() : draw();
  }
  accept(token);
  return token;
}

namespace {

void divide(std::vector<Candidate>& candidates, float temperature) {
  for (Candidate& candidate : candidates)
    candidate.logit = std::clamp(candidate.logit / temperature, -most, most);
}

}  // namespace

std::int32_t Sampler::draw() {
  if (params_.top_k > 0) keep_top_k(candidates_, static_cast<std::size_t>(params_.top_k));
  if (params_.typical_p < 1) keep_typical(candidates_, params_.typical_p);
  if (params_.top_p < 1) keep_top_p(candidates_, params_.top_p);
  if (params_.min_p > 0) keep_min_p(candidates_, params_.min_p);
  divide(candidates_, params_.temperature);
  return candidates_[place_of(random(), probabilities(candidates_))].id;
}

// Mirostat 2 (Basu et al., 2021): tokens of more surprise than mu bits are left out, and mu follows
// the surprise seen.
std::int32_t Sampler::draw_mirostat() {
  constexpr double bits_per_nat = 1.4426950408889634;
  divide(candidates_, params_.temperature);
  const std::vector<double> before = probabilities(candidates_);
  const auto best =
      static_cast<std::size_t>(std::max_element(before.begin(), before.end()) - before.begin());
  std::vector<Candidate> kept;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const bool likely =
        before[i] >= 0x1p-1022 && -same_log(before[i]) * bits_per_nat <= mirostat_mu_;
    if (likely || i == best) kept.push_back(candidates_[i]);
  }
  const std::vector<double> after = probabilities(kept);
  const std::size_t place = place_of(random(), after);
  const double surprise = -same_log(std::max(after[place], 0x1p-1022)) * bits_per_nat;
  mirostat_mu_ -= static_cast<double>(params_.mirostat_eta) *
                  (surprise - static_cast<double>(params_.mirostat_tau));
  return kept[place].id;
}

}  // namespace nybble::text
