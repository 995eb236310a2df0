// The passes of the GPU against the same finite differences in double as those of the CPU. Skipped
// where there is none.
#include "gradients/gpu_pass.h"

#include <gtest/gtest.h>

#include "gradients/random_decoder.h"
#include "nybble/error.h"

namespace nybble::gradients {
namespace {

class GpuPassOf : public testing::TestWithParam<Family> {
 protected:
  models::DecoderConfig config_ = config_of(GetParam());
  Parameters student_ = random_parameters(config_, GetParam().rank, 1),
             teacher_ = random_parameters(config_, 0, 2);
  std::vector<std::int32_t> tokens_ = random_tokens(config_);
  ThreadPool pool_{2};
  std::unique_ptr<GpuPass> pass_;

  void SetUp() override {
    try {
      pass_ = make(Precision::floats);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unsupported) throw;
      GTEST_SKIP() << error.what();
    }
  }
  std::unique_ptr<GpuPass> make(Precision precision) {
    return make_gpu_pass(&teacher_, random_length, pool_, precision);
  }
  Parameters zeros_of_all() const {
    return zero_gradients(student_, [](const ParameterView&) { return true; });
  }
};

}  // namespace

TEST_P(GpuPassOf, gradients_of_the_divergence_are_those_of_finite_differences) {
  Parameters gradients = zeros_of_all();
  const double found = pass_->divergence(student_, tokens_, 1, 0, &gradients);
  expect_divergence(found, gradients, student_, teacher_, tokens_);
}

TEST_P(GpuPassOf, gradients_of_hidden_states_are_those_of_finite_differences) {
  Parameters gradients = zeros_of_all();
  const double found = pass_->divergence(student_, tokens_, 1, 3, &gradients);
  expect_divergence(found, gradients, student_, teacher_, tokens_, 3);
}

TEST_P(GpuPassOf, gradients_of_the_cross_entropy_are_those_of_finite_differences) {
  const std::vector<std::int32_t> labels = labels_of(tokens_);
  Parameters gradients = zeros_of_all();
  const double found = pass_->cross_entropy(student_, tokens_, labels, 1, &gradients);
  expect_cross_entropy(found, gradients, student_, tokens_, labels);
}

TEST_P(GpuPassOf, the_same_bits_each_time) {
  Parameters first = zeros_of_all(), second = zeros_of_all();
  EXPECT_EQ(pass_->divergence(student_, tokens_, 1, 0, &first),
            pass_->divergence(student_, tokens_, 1, 0, &second));
  EXPECT_EQ(values_of(first), values_of(second));
}

TEST_P(GpuPassOf, follows_what_learns_and_takes_any_number_of_windows) {
  Parameters gradients = zeros_of_all();
  pass_->divergence(student_, tokens_, 1, 0, &gradients);
  for_each(student_, [](const ParameterView& view) { view.values[0] += 0.25f; });
  const auto window = std::span(tokens_).first(random_length);
  const double found = pass_->divergence(student_, window, 1, 0, nullptr);
  EXPECT_EQ(found, make(Precision::floats)->divergence(student_, window, 1, 0, nullptr));
}

// Two roundings by 2^-11 at most in each product, and some twenty of these one behind the other,
// forth and back.
TEST_P(GpuPassOf, rounded_products_are_near) {
  Parameters exact = zeros_of_all(), rounded = zeros_of_all();
  const double loss = pass_->divergence(student_, tokens_, 1, 0, &exact);
  EXPECT_NEAR(make(Precision::bf16)->divergence(student_, tokens_, 1, 0, &rounded), loss,
              20 * 2 * 0x1p-11 * loss);
  const std::vector<float> a = values_of(exact), b = values_of(rounded);
  double lost = 0, squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    lost += double{a[i] - b[i]} * double{a[i] - b[i]};
    squares += double{a[i]} * double{a[i]};
  }
  EXPECT_LT(std::sqrt(lost / squares), 20 * 2 * 0x1p-11);
}

INSTANTIATE_TEST_SUITE_P(families, GpuPassOf, families(),
                         [](const auto& family) { return family.param.name; });

}  // namespace nybble::gradients
