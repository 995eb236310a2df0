// Every format that integer kernels multiply, on every ISA level: the bits of the scalar level,
// near the products in double precision of the decoded weight with the rounded inputs.
#include <gtest/gtest.h>

#include <cstring>

#include "../kernels/a8_values.h"
#include "cpu/choose_kernels.h"
#include "cpu/run_format.h"
#include "cpu/run_scales.h"
#include "cpu/scalar_kernels.h"
#include "random_weights.h"

namespace nybble {
namespace {

std::vector<formats::FormatInfo> integer_formats() {
  std::vector<formats::FormatInfo> found;
  for (const formats::FormatInfo& format : formats::all()) {
    if (cpu::run_format(format.id) != nullptr) found.push_back(format);
  }
  return found;
}

class integer_weights : public testing::TestWithParam<formats::FormatInfo> {
 protected:
  std::vector<float> random_inputs(int n) {
    std::vector<float> x(static_cast<std::size_t>(n * cols_));
    for (float& value : x) value = std::normal_distribution<float>()(random_);
    // Blocks of zeros, and the extremes that codes can take.
    std::fill_n(x.begin(), 32, 0.0f);
    for (std::size_t i = 32; i < 64; ++i) x[i] = i % 2 == 0 ? 127.0f : -127.0f;
    return x;
  }

  std::vector<float> product(const char* isa, int threads, const std::vector<float>& x, int n,
                             std::size_t expand_bytes = std::size_t{1} << 30, bool repack = true) {
    cpu::CpuBackend backend({.threads = threads,
                             .expand_bytes = expand_bytes,
                             .repack = repack,
                             .isa = isa,
                             .activations = Activations::int8_blocks});
    const auto weight = upload(backend, weight_.view());
    std::vector<float> found(static_cast<std::size_t>(n * rows));
    backend.project_add(
        {.tokens = n, .x = x.data(), .linear = {weight.get(), nullptr}, .residual = found.data()});
    return found;
  }

  std::mt19937 random_{7};
  const Tensor weight_ = random_tensor(GetParam(), random_);
  const std::int64_t cols_ = cols_of(GetParam());
};

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](float x, float y) { return std::memcmp(&x, &y, sizeof x) == 0; });
}

TEST_P(integer_weights, multiply_alike_on_every_level) {
  const std::vector<float> x = random_inputs(30);
  const auto expected = product("scalar", 1, x, 30);
  for (const cpu::Kernels* kernels : cpu::runnable_kernels())
    EXPECT_TRUE(same_bits(product(kernels->name, 2, x, 30), expected)) << kernels->name;
}

TEST_P(integer_weights, multiply_alike_whatever_the_memory) {
  const std::vector<float> x = random_inputs(13);
  EXPECT_TRUE(same_bits(product("", 2, x, 13, 0), product("", 2, x, 13)));
  EXPECT_TRUE(same_bits(product("", 2, x, 1, 0), product("", 2, x, 1)));
}

TEST_P(integer_weights, multiply_alike_from_rows_in_place) {
  const std::vector<float> x = random_inputs(13);
  for (const cpu::Kernels* kernels : cpu::runnable_kernels()) {
    for (const int n : {1, 2, 13}) {
      EXPECT_TRUE(same_bits(product(kernels->name, 2, x, n, 0, false), product("", 2, x, n)))
          << kernels->name << ", " << n;
    }
  }
}

TEST_P(integer_weights, multiply_alike_in_every_batch) {
  const std::vector<float> x = random_inputs(30);
  const auto all = product("", 2, x, 30);
  for (int n = 1; n < 30; ++n) {
    EXPECT_TRUE(
        same_bits(product("", 1, x, n), std::span(all).first(static_cast<std::size_t>(n * rows))))
        << n;
  }
}

// Sums of codes are exact. Of each group the product of the scales, or of the sum and one of them,
// and two fma round, 2^-24 of their results each, which the sum of magnitudes bounds; sums before
// that are among those. Offsets of two levels take sums that are rounded to a unit of at most 2^-14
// of the largest of 256 columns.
TEST_P(integer_weights, multiply_what_they_decode_to) {
  const std::vector<float> x = random_inputs(tokens);
  const auto found = product("", 2, x, tokens);
  std::vector<float> row(static_cast<std::size_t>(cols_));
  const cpu::RunFormat& format = *cpu::run_format(GetParam().id);
  const std::int64_t blocks = cols_ / cpu::a8_len;
  std::vector<cpu::A8Block> tile(static_cast<std::size_t>(blocks));
  std::vector<double> rounded;
  for (int t = 0; t < tokens; ++t) {
    cpu::scalar::kernels.int8.quantize(
        x.data() + t * cols_, cols_, blocks, 1,
        format.input_group_len == 16 ? cpu::A8Rounding::halves : cpu::A8Rounding::blocks,
        tile.data());
    std::ranges::copy(cpu::a8_values(tile), std::back_inserter(rounded));
  }
  const double groups = static_cast<double>(cols_) / std::min(32, format.group_len);
  for (int r = 0; r < rows; ++r) {
    weight_.view().decode_rows(r, 1, row.data());
    // Of a code and an offset, which may cancel.
    const double largest =
        std::fabs(*std::ranges::max_element(row, {}, [](float value) { return std::fabs(value); }));
    for (int t = 0; t < tokens; ++t) {
      double exact = 0, magnitude = 0, half = 0, block = 0, largest_sum = 0;
      for (std::int64_t c = 0; c < cols_; ++c) {
        const double a = rounded[static_cast<std::size_t>(t * cols_ + c)];
        exact += row[static_cast<std::size_t>(c)] * a;
        magnitude += 4 * largest * std::fabs(a);
        half = (c % 16 == 0 ? 0 : half) + a;
        block = (c % 32 == 0 ? 0 : block) + a;
        if (c % 16 == 15) largest_sum = std::max({largest_sum, std::fabs(half), std::fabs(block)});
      }
      const double of_sums = cpu::a8_offsets(format) == cpu::pair_offsets
                                 ? groups * 0x1p-14 * largest_sum * 2 * largest
                                 : 0;
      EXPECT_NEAR(found[static_cast<std::size_t>(t * rows + r)], exact,
                  (2 * groups + 3) * 0x1p-24 * magnitude + of_sums)
          << r << ", " << t;
    }
  }
}

TEST_P(integer_weights, embed_like_decode) {
  const std::vector<std::int32_t> ids{36, 0, 5, 31, 32};
  std::vector<float> expected(ids.size() * static_cast<std::size_t>(cols_)), found(expected.size());
  for (std::size_t i = 0; i < ids.size(); ++i)
    weight_.view().decode_rows(ids[i], 1, expected.data() + static_cast<std::int64_t>(i) * cols_);
  for (const bool repack : {true, false}) {
    for (const std::size_t expand_bytes : {std::size_t{0}, std::size_t{1} << 30}) {
      cpu::CpuBackend backend({.threads = 1,
                               .expand_bytes = expand_bytes,
                               .repack = repack,
                               .activations = Activations::int8_blocks});
      const auto weight = upload(backend, weight_.view());
      backend.embed({.embedding = weight.get(), .tokens = ids, .out = found.data()});
      EXPECT_EQ(found, expected);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(all, integer_weights, testing::ValuesIn(integer_formats()),
                         [](const auto& format) { return test_name(format.param); });

TEST(run_format, knows_the_formats_of_small_integers) {
  for (const char* name :
       {"Q4_0",    "Q4_1",   "Q5_0",  "Q5_1",      "Q8_0",       "Q2_K",      "Q3_K",
        "Q4_K",    "Q5_K",   "Q6_K",  "IQ4_NL",    "IQ4_XS",     "MXFP4",     "NVFP4",
        "TQ1_0",   "TQ2_0",  "Q1_0",  "INT4-G128", "UINT4-G128", "UINT3-G64", "INT8-G32",
        "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS",   "IQ3_S"})
    EXPECT_NE(cpu::run_format(*formats::find_by_name(name)), nullptr) << name;
  for (const char* name : {"F32", "BF16", "IQ1_S", "NF4", "F8-G128"})
    EXPECT_EQ(cpu::run_format(*formats::find_by_name(name)), nullptr) << name;
}

}  // namespace
}  // namespace nybble
