// The examples that docs/formats works out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "formats/all.h"

namespace nybble::formats {
namespace {

using testing::ElementsAre;

template <class F>
std::array<float, F::block_len> decoded(const typename F::Block& block) {
  std::array<float, F::block_len> values;
  F::decode(block, values.data());
  return values;
}

template <class Values>
std::array<float, 8> first_eight(const Values& values) {
  std::array<float, 8> eight;
  std::copy_n(values.begin(), 8, eight.begin());
  return eight;
}

constexpr Half one{0x3c00}, half{0x3800}, quarter{0x3400}, sixteenth{0x2c00};

}  // namespace

TEST(page_examples, iq1_s) {
  IQ1_S::Block block{one, {1}, {0x9000}};
  EXPECT_THAT(first_eight(decoded<IQ1_S>(block)),
              ElementsAre(2.625f, -3.375f, -3.375f, -3.375f, -3.375f, -3.375f, -3.375f, -3.375f));
}

TEST(page_examples, iq1_m) {
  IQ1_M::Block block{{1}, {0x08}, {0x02, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x30}};
  EXPECT_THAT(first_eight(decoded<IQ1_M>(block)),
              ElementsAre(4.375f, -5.625f, -5.625f, -5.625f, -5.625f, -5.625f, -5.625f, -5.625f));
}

TEST(page_examples, iq2_xxs) {
  IQ2_XXS::Block block{one, {{{1, 0, 0, 0}, {0x02, 0, 0, 0x30}}}};
  EXPECT_THAT(first_eight(decoded<IQ2_XXS>(block)), ElementsAre(37.625f, -7, 7, 7, 7, 7, 7, -7));
}

TEST(page_examples, iq2_xs) {
  IQ2_XS::Block block{one, {0x0401}, {0x03}};
  EXPECT_THAT(first_eight(decoded<IQ2_XS>(block)), ElementsAre(37.625f, -7, 7, 7, 7, 7, 7, -7));
}

TEST(page_examples, iq2_s) {
  IQ2_S::Block block{one, {1}, {0x02}, {0}, {0x03}};
  EXPECT_THAT(first_eight(decoded<IQ2_S>(block)), ElementsAre(37.625f, -7, 7, 7, 7, 7, 7, 7));
}

TEST(page_examples, iq3_xxs) {
  IQ3_XXS::Block block{one, {1, 0}, {{0x01, 0, 0, 0x10}}};
  EXPECT_THAT(first_eight(decoded<IQ3_XXS>(block)), ElementsAre(-15, 3, 3, 3, 3, 3, 3, -3));
}

TEST(page_examples, iq3_s) {
  IQ3_S::Block block{one, {2, 1}, {0}, {0x10}, {0x01}};
  EXPECT_THAT(first_eight(decoded<IQ3_S>(block)), ElementsAre(15, 3, 3, 3, -9, 3, 3, 3));
}

TEST(page_examples, iq4_nl) {
  const auto values = decoded<IQ4_NL>({quarter, {0x8f}});
  EXPECT_EQ(values[0], 28.25f);
  EXPECT_EQ(values[16], 0.25f);
}

TEST(page_examples, iq4_xs) {
  const auto values = decoded<IQ4_XS>({sixteenth, 0x0002, {0x05}, {{0x0c}}});
  EXPECT_EQ(values[0], 16.5625f);
  EXPECT_EQ(values[16], -39.6875f);
}

TEST(page_examples, mxfp4) {
  const auto values = decoded<MXFP4>({127, {0xa5}});
  EXPECT_EQ(values[0], 3);
  EXPECT_EQ(values[16], -1);
}

TEST(page_examples, nvfp4) {
  const auto values = decoded<NVFP4>({{0x38}, {{0x72}}});
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[8], 6);
}

TEST(page_examples, tq1_0) {
  const auto values = decoded<TQ1_0>({{186}, {}, {}, half});
  const std::array digits{values[0], values[32], values[64], values[96], values[128]};
  EXPECT_THAT(digits, ElementsAre(0.5f, -0.5f, 0, 0, 0.5f));
}

TEST(page_examples, tq2_0) {
  const auto values = decoded<TQ2_0>({{0x92}, half});
  const std::array weights{values[0], values[32], values[64], values[96]};
  EXPECT_THAT(weights, ElementsAre(0.5f, -0.5f, 0, 0.5f));
}

TEST(page_examples, q1_0) {
  EXPECT_THAT(first_eight(decoded<Q1_0>({half, {0x05}})),
              ElementsAre(0.5f, -0.5f, 0.5f, -0.5f, -0.5f, -0.5f, -0.5f, -0.5f));
}

TEST(page_examples, nf4_and_fp4) {
  const auto nf4 = decoded<NF4>({2, {0x0f}});
  EXPECT_EQ(nf4[0], 2);
  EXPECT_EQ(nf4[32], -2);

  const auto fp4 = decoded<FP4>({2, {0xb5}});
  EXPECT_EQ(fp4[0], 1);
  EXPECT_EQ(fp4[32], -2);
}

TEST(page_examples, q2_0) {
  const auto values = decoded<Q2_0>({half, {0xe4}});
  const std::array weights{values[0], values[1], values[2], values[3]};
  EXPECT_THAT(weights, ElementsAre(-0.5f, 0, 0.5f, 1));
}

TEST(page_examples, q8_1_and_q8_k) {
  EXPECT_EQ(decoded<Q8_1>({quarter, {}, {-4}})[0], -1);
  EXPECT_EQ(decoded<Q8_K>({0.25f, {-4}, {}})[0], -1);
}

}  // namespace nybble::formats
