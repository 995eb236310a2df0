// The same bits whatever the threads, the batch, the ISA level and the state of the cache.
#include <gtest/gtest.h>

#include "cpu/choose_kernels.h"
#include "golden_models.h"

namespace nybble {
namespace {

// Grouped heads, a sliding window across the cuts of attention, biases, norms of heads; more
// positions than one cut.
const std::vector<std::string> chosen{"llama",   "llama_biases",  "llama_rope_llama3",
                                      "mistral", "qwen2_windows", "qwen3"};

}  // namespace

class invariance : public testing::TestWithParam<std::string> {
 protected:
  const models::ModelSource source_ = golden::open(golden::folder_of(GetParam()));
  const std::vector<std::int32_t> tokens_ = golden::tokens_of(GetParam());
  const std::vector<float> expected_ = golden::run(source_, tokens_);
};

TEST_P(invariance, threads_do_not_change_a_bit) {
  for (int threads = 2; threads <= 4; ++threads) {
    EXPECT_TRUE(
        golden::same_bits(golden::run(source_, tokens_, {.load = {.threads = threads}}), expected_))
        << threads;
  }
}

TEST_P(invariance, batches_do_not_change_a_bit) {
  for (const int batch : {1, 2, 7, 13, 33}) {
    EXPECT_TRUE(golden::same_bits(golden::run(source_, tokens_, {.batch = batch}), expected_))
        << batch;
  }
}

TEST_P(invariance, isa_levels_do_not_change_a_bit) {
  for (const cpu::Kernels* kernels : cpu::runnable_kernels()) {
    const runtime::LoadOptions load{.threads = 1, .isa = kernels->name};
    EXPECT_TRUE(golden::same_bits(golden::run(source_, tokens_, {.load = load}), expected_))
        << kernels->name;
  }
}

TEST_P(invariance, a_rewound_cache_does_not_change_a_bit) {
  const auto model =
      std::make_shared<const runtime::LoadedModel>(source_, runtime::LoadOptions{.threads = 1});
  runtime::Session session(model, static_cast<int>(tokens_.size()));
  const std::vector<std::int32_t> other(tokens_.rbegin(), tokens_.rend());
  session.step(other);

  session.rewind(0);
  session.step(std::span(tokens_).first(10));
  session.step(std::span(other).first(tokens_.size() - 10));
  session.rewind(10);
  const std::span<const float> last = session.step(std::span(tokens_).subspan(10));

  EXPECT_TRUE(std::equal(last.begin(), last.end(), expected_.end() - source_.config.vocab));
}

INSTANTIATE_TEST_SUITE_P(all, invariance, testing::ValuesIn(chosen),
                         [](const auto& model) { return model.param; });

}  // namespace nybble
