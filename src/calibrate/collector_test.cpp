#include "calibrate/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error_check.h"

namespace nybble::calibrate {
namespace {

using backend::TapPoint;

TEST(collector, sums_the_moments_of_each_half) {
  models::DecoderConfig config;
  ThreadPool pool(2);
  Collector collector(config, pool);
  const float first[] = {1, -2, 3, 4}, second[] = {-5, 1};

  collector.add(3, TapPoint::gate_up, first, 2, 2);
  collector.begin_sample(1, 1);
  collector.add(3, TapPoint::gate_up, second, 1, 2);
  const Statistics statistics = collector.finish();

  const InputStatistics* input = statistics.find("blk.3.ffn_up.weight");
  ASSERT_NE(input, nullptr);
  EXPECT_EQ(input, statistics.find("blk.3.ffn_gate.weight"));
  EXPECT_EQ(statistics.find("blk.2.ffn_up.weight"), nullptr);
  EXPECT_EQ(input->halves[0].second_moment, (std::vector<float>{10, 10, 10, 20}));
  EXPECT_EQ(input->halves[1].second_moment, (std::vector<float>{25, -5, -5, 1}));
  EXPECT_EQ(input->halves[0].square_sums, (std::vector<float>{10, 20}));
  EXPECT_EQ(input->halves[0].tokens, 2);
  EXPECT_EQ(input->halves[1].tokens, 1);
  EXPECT_EQ(input->absmax, (std::vector<float>{5, 4}));
  EXPECT_EQ(mean_squares(*input), (std::vector<float>{35.0f / 3, 7}));
}

TEST(collector, counts_tokens_by_their_weight) {
  models::DecoderConfig config;
  ThreadPool pool(1);
  Collector collector(config, pool);
  const float light[] = {1, 2}, heavy[] = {3, -1};

  collector.add(0, TapPoint::down, light, 1, 2);
  collector.begin_sample(0, 4);
  collector.add(0, TapPoint::down, heavy, 1, 2);
  const Statistics statistics = collector.finish();

  const InputStatistics& input = statistics.inputs[0];
  EXPECT_EQ(input.halves[0].second_moment, (std::vector<float>{37, -10, -10, 8}));
  EXPECT_EQ(input.halves[0].weight, 5);
  EXPECT_EQ(input.halves[0].tokens, 2);
  EXPECT_EQ(input.absmax, (std::vector<float>{3, 2}));
}

TEST(collector, names_the_weight_whose_input_is_not_finite) {
  models::DecoderConfig config;
  ThreadPool pool(1);
  Collector collector(config, pool);
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    const float x[] = {1, 2, 3, bad};
    expect_error([&] { collector.add(0, TapPoint::down, x, 2, 2); }, ErrorKind::invalid_input,
                 testing::HasSubstr("the input of blk.0.ffn_down.weight has"));
  }
}

}  // namespace
}  // namespace nybble::calibrate
