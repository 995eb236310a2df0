// The sampler: filters against a naive reference, drawn frequencies against exact probabilities,
// seeds.
#include "text/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "nybble/error.h"
#include "text/exact_math.h"

namespace nybble::text {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

std::vector<float> random_logits(std::mt19937& random, std::size_t n, bool ties) {
  std::vector<float> logits(n);
  for (float& x : logits) {
    x = static_cast<float>(random() % 20000) / 1000.0f - 10.0f;
    if (ties) x = std::round(x);
  }
  return logits;
}

std::vector<Candidate> to_candidates(const std::vector<float>& logits) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < logits.size(); ++i)
    candidates.push_back({static_cast<std::int32_t>(i), logits[i]});
  return candidates;
}

// Ids with their probabilities, most likely first, written as the definitions say.
std::vector<std::pair<std::int32_t, double>> reference(const std::vector<float>& logits) {
  double sum = 0;
  for (const float x : logits) sum += std::exp(static_cast<double>(x));
  std::vector<std::pair<std::int32_t, double>> all;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    all.emplace_back(static_cast<std::int32_t>(i), std::exp(static_cast<double>(logits[i])) / sum);
  }
  std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
    const float x = logits[static_cast<std::size_t>(a.first)];
    const float y = logits[static_cast<std::size_t>(b.first)];
    return x != y ? x > y : a.first < b.first;
  });
  return all;
}

std::vector<std::int32_t> ids(const std::vector<Candidate>& candidates) {
  std::vector<std::int32_t> result;
  for (const Candidate& candidate : candidates) result.push_back(candidate.id);
  return result;
}

SamplingParams plain() {
  SamplingParams params;
  params.temperature = 1;
  params.top_k = 0;
  params.top_p = 1;
  params.min_p = 0;
  return params;
}

TEST(ExactMath, agrees_with_the_library_within_its_bound) {
  // 1e-15 is what the header promises; the library's own error, below 1 ulp = 2.2e-16, comes on
  // top.
  for (double x = -700; x < 700; x += 0.37) EXPECT_NEAR(same_exp(x) / std::exp(x), 1, 1.3e-15) << x;
  for (double x = 1e-300; x < 1e300; x *= 1.7) {
    EXPECT_NEAR(same_log(x), std::log(x), 1.3e-15 * std::abs(std::log(x)) + 2e-16) << x;
  }
  EXPECT_EQ(same_exp(-1000), 0);
  EXPECT_EQ(same_exp(0), 1);
  EXPECT_EQ(same_log(1), 0);
  EXPECT_TRUE(std::isinf(same_exp(1000)));
}

TEST(ExactMath, has_the_bits_that_every_machine_has) {
  // Recorded once: a change means that seeds give other texts than before.
  EXPECT_EQ(same_exp(1.0), 0x1.5bf0a8b14576ap+1);
  EXPECT_EQ(same_log(10.0), 0x1.26bb1bbb55516p+1);
}

TEST(SamplerFilters, keep_what_their_definitions_say) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const std::vector<float> logits = random_logits(random, 1 + random() % 700, round % 3 == 0);
    const auto all = reference(logits);

    auto by_k = to_candidates(logits);
    const std::size_t k = 1 + random() % 50;
    keep_top_k(by_k, k);
    std::vector<std::int32_t> wanted;
    for (std::size_t i = 0; i < std::min(k, all.size()); ++i) wanted.push_back(all[i].first);
    EXPECT_EQ(ids(by_k), wanted);

    // Values of p that no sum of probabilities comes near, so that rounding cannot decide.
    const double p = (static_cast<double>(random() % 1000) + 0.5) / 1000.0;
    auto by_p = to_candidates(logits);
    keep_top_p(by_p, p);
    wanted.clear();
    double sum = 0;
    for (const auto& [id, probability] : all) {
      wanted.push_back(id);
      sum += probability;
      if (sum >= p) break;
    }
    EXPECT_EQ(ids(by_p), wanted);

    auto by_min = to_candidates(logits);
    keep_min_p(by_min, p);
    std::vector<std::int32_t> likely;
    for (const auto& [id, probability] : all) {
      if (probability >= p * all[0].second) likely.push_back(id);
    }
    std::sort(likely.begin(), likely.end());
    EXPECT_EQ(ids(by_min), likely);
  }
}

TEST(SamplerFilters, typical_keeps_the_nearest_to_the_entropy) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    const std::vector<float> logits = random_logits(random, 2 + random() % 300, false);
    auto all = reference(logits);
    double entropy = 0;
    for (const auto& [id, probability] : all) entropy -= probability * std::log(probability);
    const auto distance = [&](double probability) {
      return std::abs(-std::log(probability) - entropy);
    };
    std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
      return a.second != b.second ? distance(a.second) < distance(b.second) : a.first < b.first;
    });
    const double p = (static_cast<double>(random() % 1000) + 0.5) / 1000.0;
    std::vector<std::int32_t> wanted;
    double sum = 0;
    for (const auto& [id, probability] : all) {
      wanted.push_back(id);
      sum += probability;
      if (sum > p) break;
    }

    auto kept = to_candidates(logits);
    keep_typical(kept, p);

    std::vector<std::int32_t> found = ids(kept);
    std::sort(found.begin(), found.end());
    std::sort(wanted.begin(), wanted.end());
    EXPECT_EQ(found, wanted);
  }
}

TEST(SamplerFilters, equal_logits_go_by_id) {
  auto candidates = to_candidates({1, 2, 2, 2, 1});
  keep_top_k(candidates, 2);
  EXPECT_EQ(ids(candidates), (std::vector<std::int32_t>{1, 2}));
}

TEST(SamplerFilters, k_beyond_the_vocabulary_keeps_all) {
  auto candidates = to_candidates({1, 2});
  keep_top_k(candidates, 1'000'000'000);
  EXPECT_EQ(candidates.size(), 2u);
}

// A token of probability p is drawn n p +- 5 sqrt(n p (1 - p)) times but for once in 1.7 million;
// the seed is fixed.
void expect_frequencies(const SamplingParams& params, const std::vector<float>& logits,
                        const std::map<std::int32_t, double>& exact) {
  constexpr int n = 40000;
  Sampler sampler(params);
  std::map<std::int32_t, int> counts;
  for (int i = 0; i < n; ++i) ++counts[sampler.pick(logits)];
  for (const auto& [id, count] : counts) EXPECT_TRUE(exact.contains(id)) << id;
  for (const auto& [id, p] : exact)
    EXPECT_NEAR(counts[id], n * p, 5 * std::sqrt(n * p * (1 - p))) << id;
}

TEST(Sampler, draws_with_the_probabilities_of_softmax) {
  const std::vector<float> logits = {0, 1, 2, -1, 0.5f};
  std::map<std::int32_t, double> exact;
  for (const auto& [id, p] : reference(logits)) exact[id] = p;
  SamplingParams params = plain();
  params.seed = 7;
  expect_frequencies(params, logits, exact);
}

TEST(Sampler, divides_by_the_temperature_after_the_filters) {
  const std::vector<float> logits = {0, 1, 2, -1, 0.5f};
  SamplingParams params = plain();
  params.temperature = 2;
  params.top_k = 2;
  const double ratio = std::exp(0.5);  // logits 2 and 1, halved
  expect_frequencies(params, logits, {{2, ratio / (1 + ratio)}, {1, 1 / (1 + ratio)}});
}

TEST(Sampler, penalties_change_the_odds_of_what_was_said) {
  const std::vector<float> logits = {2, 2, -2};
  SamplingParams params = plain();
  params.temperature = 0;
  params.repeat_penalty = 2;
  Sampler sampler(params);
  EXPECT_EQ(sampler.pick(logits), 0);
  EXPECT_EQ(sampler.pick(logits), 1);  // 0 has 1 now
  EXPECT_EQ(sampler.pick(logits), 0);  // both have 1

  params.repeat_penalty = 1;
  params.presence_penalty = 0.5f;
  params.frequency_penalty = 0.25f;
  Sampler other(params);
  other.accept(0);
  other.accept(1);
  other.accept(1);
  EXPECT_EQ(other.pick(logits), 0);  // 2 - 0.75 against 2 - 1
}

TEST(Sampler, penalties_look_back_no_further_than_told) {
  SamplingParams params = plain();
  params.temperature = 0;
  params.presence_penalty = 1;
  params.repeat_last_n = 1;
  Sampler sampler(params);
  for (int i = 0; i < 3000; ++i) sampler.accept(0);
  sampler.accept(1);
  EXPECT_EQ(sampler.pick(std::vector<float>{1, 0.5f, 0}), 0);
}

TEST(Sampler, bias_moves_and_bans_tokens) {
  SamplingParams params = plain();
  params.temperature = 0;
  params.logit_bias = {{0, -infinity}, {2, 3.0f}, {900, 1.0f}};
  EXPECT_EQ(Sampler(params).pick(std::vector<float>{9, 1, 0}), 2);
}

TEST(Sampler, greedy_takes_the_first_of_the_largest) {
  SamplingParams params = plain();
  params.temperature = -1;
  EXPECT_EQ(Sampler(params).pick(std::vector<float>{1, 3, 3}), 1);
}

TEST(Sampler, leaves_out_what_is_not_a_number) {
  SamplingParams params;
  const std::vector<float> logits = {std::nanf(""), -infinity, 0.5f, std::nanf("")};
  EXPECT_EQ(Sampler(params).pick(logits), 2);
  params.temperature = 0;
  EXPECT_EQ(Sampler(params).pick(logits), 2);
  EXPECT_EQ(Sampler(params).pick(std::vector<float>{1, infinity, infinity}), 1);
}

TEST(Sampler, says_when_no_logit_is_a_number) {
  EXPECT_THROW(Sampler(SamplingParams()).pick(std::vector<float>{std::nanf(""), -infinity}), Error);
  EXPECT_THROW(Sampler(SamplingParams()).pick({}), Error);
}

TEST(Sampler, refuses_parameters_without_meaning) {
  const auto refused = [](auto change) {
    SamplingParams params;
    change(params);
    EXPECT_THROW(Sampler{params}, Error);
  };
  refused([](SamplingParams& p) { p.repeat_penalty = 0; });
  refused([](SamplingParams& p) { p.top_p = 1.5f; });
  refused([](SamplingParams& p) { p.min_p = std::nanf(""); });
  refused([](SamplingParams& p) { p.mirostat = 1; });
  refused([](SamplingParams& p) { p.temperature = std::nanf(""); });
}

TEST(Sampler, the_same_seed_draws_the_same_tokens) {
  std::mt19937 random(3);
  const std::vector<float> logits = random_logits(random, 1000, false);
  SamplingParams params;
  params.temperature = 3;
  params.top_k = 0;
  params.seed = 42;
  const auto draw = [&](Sampler& sampler) {
    std::vector<std::int32_t> tokens;
    for (int i = 0; i < 50; ++i) tokens.push_back(sampler.pick(logits));
    return tokens;
  };
  Sampler sampler(params);
  const auto first = draw(sampler);
  sampler.reset();
  EXPECT_EQ(draw(sampler), first);
  params.seed = 43;
  Sampler other(params);
  EXPECT_NE(draw(other), first);
}

TEST(Sampler, mirostat_holds_the_surprise_near_tau) {
  // 1000 tokens, p ~ 1/rank: entropy 7.5 bits, so a target of 4 bits needs the feedback.
  std::vector<float> logits;
  for (int rank = 1; rank <= 1000; ++rank) logits.push_back(-std::log(static_cast<float>(rank)));
  SamplingParams params = plain();
  params.mirostat = 2;
  params.mirostat_tau = 4;
  params.seed = 5;
  Sampler sampler(params);
  // mu_n - mu_0 = -eta sum(surprise - tau), and mu stays between 0 and 2 tau + eta tau, so that the
  // mean surprise is off by at most (2 tau + eta tau) / (eta n); the surprise is taken after the
  // cut, where the head has entropy <= mu.
  constexpr int n = 4000;
  int in_head = 0;
  for (int i = 0; i < n; ++i) in_head += sampler.pick(logits) < 32;
  // Surprise 4 bits on average over m equally spread ranks of 1/rank cuts the list at some 50
  // ranks: most draws fall into the first 32. Without mirostat it would be H(32) / H(1000) = 4.06
  // / 7.49 of them, 54 %.
  EXPECT_GT(in_head, n * 3 / 4);
}

TEST(Sampler, large_vocabularies_take_milliseconds) {
  std::mt19937 random(4);
  const std::vector<float> logits = random_logits(random, 150'000, false);
  Sampler sampler({});
  for (int i = 0; i < 20; ++i) EXPECT_LT(sampler.pick(logits), 150'000);
}

}  // namespace
}  // namespace nybble::text
