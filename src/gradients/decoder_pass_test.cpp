// Gradients of whole decoders, of every family's steps, against finite differences in double.
#include "gradients/decoder_pass.h"

#include <gtest/gtest.h>

#include <map>

#include "cpu/choose_kernels.h"
#include "gradients/head_loss.h"
#include "gradients/random_decoder.h"

namespace nybble::gradients {
namespace {

constexpr int length = random_length;

const auto all = [](const ParameterView&) { return true; };

class DecoderPassOf : public testing::TestWithParam<Family> {
 protected:
  models::DecoderConfig config_ = config_of(GetParam());
  Parameters student_ = random_parameters(config_, GetParam().rank, 1),
             teacher_ = random_parameters(config_, 0, 2);
  std::vector<std::int32_t> tokens_ = random_tokens(config_);
  ThreadPool pool_{2};

  // And of the hidden states.
  Parameters gradients_of_divergence(ThreadPool& pool, int kept = 0,
                                     const std::function<bool(const ParameterView&)>& wanted = all,
                                     Precision precision = Precision::floats) const {
    DecoderPass pass(student_, length, pool, precision), other(teacher_, length, pool, precision);
    pass.keep_traces(kept);
    Parameters gradients = zero_gradients(student_, wanted);
    const auto x = pass.forth(tokens_), y = other.forth(tokens_);
    std::vector<float> d_x(x.size());
    divergence({student_, x}, {teacher_, y}, 1, d_x, gradients, pass.engine());
    pass.back(d_x, gradients, {&other, 3});
    return gradients;
  }
};

}  // namespace

// Without and with that of the hidden states.
TEST_P(DecoderPassOf, gradients_of_the_divergence_are_those_of_finite_differences) {
  for (const float hidden : {0.0f, 3.0f}) {
    DecoderPass pass(student_, length, pool_), other(teacher_, length, pool_);
    Parameters gradients = zero_gradients(student_, all);
    const auto x = pass.forth(tokens_), y = other.forth(tokens_);
    std::vector<float> d_x(x.size());
    const double found = divergence({student_, x}, {teacher_, y}, 1, d_x, gradients, pass.engine());
    pass.back(d_x, gradients, {&other, hidden});
    expect_divergence(found, gradients, student_, teacher_, tokens_, double{hidden});
  }
}

TEST_P(DecoderPassOf, gradients_of_the_cross_entropy_are_those_of_finite_differences) {
  const std::vector<std::int32_t> labels = labels_of(tokens_);
  DecoderPass pass(student_, length, pool_);
  Parameters gradients = zero_gradients(student_, all);
  const auto x = pass.forth(tokens_);
  std::vector<float> d_x(x.size());
  const double found = cross_entropy({student_, x}, labels, 1, d_x, gradients, pass.engine());
  pass.back(d_x, gradients);
  expect_cross_entropy(found, gradients, student_, tokens_, labels);
}

TEST_P(DecoderPassOf, any_number_of_threads_gives_the_same_bits) {
  ThreadPool one(1), three(3);
  EXPECT_EQ(values_of(gradients_of_divergence(one)), values_of(gradients_of_divergence(three)));
}

// Two roundings by 2^-9 at most in each product, and some twenty of these one behind the other,
// forth and back.
TEST_P(DecoderPassOf, bfloat16_is_near_to_floats_with_the_same_bits_for_any_number_of_threads) {
  if (cpu::choose_bf16_kernels() == nullptr) GTEST_SKIP() << "no products of bfloat16 here";
  ThreadPool one(1), three(3);
  Parameters exact = gradients_of_divergence(one);
  Parameters rounded = gradients_of_divergence(one, 0, all, Precision::bf16);
  EXPECT_EQ(values_of(rounded), values_of(gradients_of_divergence(three, 0, all, Precision::bf16)));
  std::map<std::string, std::vector<float>> by_name;
  for_each(exact, [&](const ParameterView& view) { by_name[view.name] = view.values; });
  for_each(rounded, [&](const ParameterView& view) {
    double lost = 0, squares = 0;
    for (std::size_t i = 0; i < view.values.size(); ++i) {
      const double value = by_name[view.name][i];
      lost += (view.values[i] - value) * (view.values[i] - value);
      squares += value * value;
    }
    EXPECT_GT(lost, 0) << view.name;
    EXPECT_LT(std::sqrt(lost / squares), 20 * 2 * 0x1p-9) << view.name;
  });
}

TEST_P(DecoderPassOf, kept_traces_give_the_same_bits) {
  const auto none = values_of(gradients_of_divergence(pool_));
  for (const int kept : {1, 2})
    EXPECT_EQ(none, values_of(gradients_of_divergence(pool_, kept))) << kept;
}

TEST_P(DecoderPassOf, gradients_that_are_not_wanted_cost_and_change_nothing) {
  const auto norms = [](const ParameterView& view) {
    return view.name.find("norm") != std::string::npos;
  };
  const Parameters some = gradients_of_divergence(pool_, 0, norms),
                   every = gradients_of_divergence(pool_);
  EXPECT_TRUE(some.layers[0].q.weight.empty());
  EXPECT_TRUE(some.embedding.empty());
  EXPECT_EQ(some.layers[0].attention_norm, every.layers[0].attention_norm);
  EXPECT_EQ(some.output_norm, every.output_norm);
}

// What the observer sees makes the gradients by the weights: the sums of dy x^T.
TEST_P(DecoderPassOf, observers_see_what_gradients_are_made_of) {
  DecoderPass pass(student_, length, pool_), other(teacher_, length, pool_);
  Parameters gradients = zero_gradients(student_, all), seen = zero_gradients(student_, all);
  pass.observe([&](int index, backend::TapPoint point, const Rows& x, auto dy) {
    Layer& layer = seen.layers[static_cast<std::size_t>(index)];
    using backend::TapPoint;
    const std::vector<Linear*> linears =
        point == TapPoint::qkv                ? std::vector{&layer.q, &layer.k, &layer.v}
        : point == TapPoint::attention_output ? std::vector{&layer.output}
        : point == TapPoint::gate_up          ? std::vector{&layer.gate, &layer.up}
                                              : std::vector{&layer.down};
    ASSERT_EQ(linears.size(), dy.size());
    for (std::size_t i = 0; i < linears.size(); ++i)
      add_outer(dy.begin()[i], x, 1, linears[i]->weight, pass.engine());
  });
  const auto x = pass.forth(tokens_), y = other.forth(tokens_);
  std::vector<float> d_x(x.size());
  divergence({student_, x}, {teacher_, y}, 1, d_x, gradients, pass.engine());
  pass.back(d_x, gradients);
  for (std::size_t i = 0; i < seen.layers.size(); ++i) {
    for (const auto linear :
         {&Layer::q, &Layer::k, &Layer::v, &Layer::output, &Layer::gate, &Layer::up, &Layer::down})
      EXPECT_EQ((seen.layers[i].*linear).weight.values,
                (gradients.layers[i].*linear).weight.values);
  }
}

// Of many draws each label has the share that the reference gives it.
TEST_P(DecoderPassOf, labels_are_drawn_from_the_model) {
  DecoderPass pass(student_, length, pool_);
  const auto x = pass.forth(tokens_);
  const auto logits = ReferenceDecoder(student_, length).logits(tokens_);
  constexpr int draws = 2000;
  std::vector<std::vector<int>> counts(tokens_.size(),
                                       std::vector<int>(static_cast<std::size_t>(config_.vocab)));
  for (std::uint64_t i = 0; i < draws; ++i) {
    const auto labels = draw_labels({student_, x}, i * 1000, pass.engine());
    ASSERT_EQ(labels.size(), tokens_.size());
    for (std::size_t t = 0; t < labels.size(); ++t)
      ++counts[t][static_cast<std::size_t>(labels[t])];
  }
  for (std::size_t t = 0; t < counts.size(); ++t) {
    const auto p = log_softmax(logits[t]);
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double share = std::exp(p[i]), deviation = std::sqrt(draws * share * (1 - share));
      EXPECT_NEAR(counts[t][i], draws * share, 6 * deviation + 1) << t << " " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(families, DecoderPassOf, families(),
                         [](const auto& family) { return family.param.name; });

}  // namespace nybble::gradients
