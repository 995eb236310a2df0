#include "calibrate/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error_check.h"
#include "cpu/cpu_backend.h"

namespace nybble::calibrate {
namespace {

using backend::TapPoint;

TEST(collector, sums_the_moments_of_each_half) {
  models::DecoderConfig config;
  cpu::CpuBackend backend({.threads = 2});
  Collector collector(config, backend);
  // Multiples of 1/127 of the largest, so that rounding to 8 bits changes nothing.
  const float first[] = {0, -127, 127, 0}, second[] = {-127, 254};

  collector.add(3, TapPoint::gate_up, first, 2, 2);
  collector.begin_sample(1, 1);
  collector.add(3, TapPoint::gate_up, second, 1, 2);
  const Statistics statistics = collector.finish();

  const InputStatistics* input = statistics.find("blk.3.ffn_up.weight");
  ASSERT_NE(input, nullptr);
  EXPECT_EQ(input, statistics.find("blk.3.ffn_gate.weight"));
  EXPECT_EQ(statistics.find("blk.2.ffn_up.weight"), nullptr);
  EXPECT_EQ(input->halves[0].second_moment, (std::vector<float>{16129, 0, 0, 16129}));
  EXPECT_EQ(input->halves[1].second_moment, (std::vector<float>{16129, -32258, -32258, 64516}));
  EXPECT_EQ(input->halves[0].square_sums, (std::vector<float>{16129, 16129}));
  EXPECT_EQ(input->halves[0].tokens, 2);
  EXPECT_EQ(input->halves[1].tokens, 1);
  EXPECT_EQ(input->absmax, (std::vector<float>{127, 254}));
  EXPECT_EQ(mean_squares(*input), (std::vector<float>{2 * 16129.0f / 3, 5 * 16129.0f / 3}));
}

TEST(collector, counts_tokens_by_their_weight) {
  models::DecoderConfig config;
  cpu::CpuBackend backend({.threads = 1});
  Collector collector(config, backend);
  const float light[] = {127, 254}, heavy[] = {381, -127};

  collector.add(0, TapPoint::down, light, 1, 2);
  collector.begin_sample(0, 4);
  collector.add(0, TapPoint::down, heavy, 1, 2);
  const Statistics statistics = collector.finish();

  const InputStatistics& input = statistics.inputs[0];
  EXPECT_EQ(input.halves[0].second_moment,
            (std::vector<float>{37 * 16129.0f, -10 * 16129.0f, -10 * 16129.0f, 8 * 16129.0f}));
  EXPECT_EQ(input.halves[0].weight, 5);
  EXPECT_EQ(input.halves[0].tokens, 2);
  EXPECT_EQ(input.absmax, (std::vector<float>{381, 254}));
}

TEST(collector, names_the_weight_whose_input_is_not_finite) {
  models::DecoderConfig config;
  cpu::CpuBackend backend({.threads = 1});
  Collector collector(config, backend);
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    const float x[] = {1, 2, 3, bad};
    expect_error([&] { collector.add(0, TapPoint::down, x, 2, 2); }, ErrorKind::invalid_input,
                 testing::HasSubstr("the input of blk.0.ffn_down.weight has"));
  }
}

}  // namespace
}  // namespace nybble::calibrate
