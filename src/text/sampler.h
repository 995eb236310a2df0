// Picks the next token from logits. The same seed and logits give the same tokens on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "text/sampling.h"

namespace nybble::text {

// Token and what is known of it while the filters run.
struct Candidate {
  std::int32_t id = 0;
  float logit = 0;
};

// The filters, in the order of llama.cpp: logit bias, penalties, top-k, typical, top-p, min-p,
// temperature. With mirostat: bias, penalties, temperature, mirostat 2. Temperature <= 0: the
// largest logit after bias and penalties, the lowest id among equals. NaN counts as -infinity.
class Sampler {
 public:
  // Throws Error(invalid_input) on parameters without meaning (NaN, a repeat penalty of 0, mirostat
  // 1 ...).
  explicit Sampler(const SamplingParams& params);
  // logits [vocab]. Records the token for the penalties. Throws Error(invalid_input) when no logit
  // is a number.
  std::int32_t pick(std::span<const float> logits);
  // Records a token of the prompt for the penalties.
  void accept(std::int32_t token);
  // As if newly made: no history, the seed's first random number.
  void reset();

 private:
  void load(std::span<const float> logits);
  void penalize();
  std::int32_t draw();
  std::int32_t draw_mirostat();
  // xoroshiro128++ 1.0 (Blackman and Vigna, 2019); uniform in [0, 1) with 53 bits.
  double random();

  SamplingParams params_;
  std::vector<std::int32_t> history_;
  std::vector<Candidate> candidates_;  // kept for its memory
  std::uint64_t random_state_[2] = {};
  double mirostat_mu_ = 0;
};

// The filters one by one. Each keeps at least one candidate; `candidates` is not empty and its
// logits are finite. What stays is ordered by logit, the lowest id first among equals, but for
// keep_min_p, which keeps the order that it finds.
void keep_top_k(std::vector<Candidate>& candidates, std::size_t k);
// The least ones whose probabilities reach p.
void keep_top_p(std::vector<Candidate>& candidates, double p);
// Those with at least p times the largest probability.
void keep_min_p(std::vector<Candidate>& candidates, double p);
// Those whose surprise is nearest to the entropy, until their probabilities pass p (Meister et al.,
// Locally Typical Sampling, 2022).
void keep_typical(std::vector<Candidate>& candidates, double p);
// Probabilities of the candidates, in their order.
std::vector<double> probabilities(std::span<const Candidate> candidates);

}  // namespace nybble::text
