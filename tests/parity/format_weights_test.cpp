// Every listed format through upload and multiplication, expanded and stored, on every ISA level:
// the bits of decoding each row and adding its products in order with fma.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>

#include "cpu/choose_kernels.h"
#include "cpu/cpu_backend.h"
#include "random_weights.h"

namespace nybble {
namespace {

std::vector<float> reference(const TensorView& weight, const std::vector<float>& x) {
  const std::int64_t cols = weight.shape.cols();
  std::vector<float> row(static_cast<std::size_t>(cols)), out(rows * tokens);
  for (int r = 0; r < rows; ++r) {
    weight.decode_rows(r, 1, row.data());
    for (int t = 0; t < tokens; ++t) {
      float sum = 0;
      for (std::int64_t i = 0; i < cols; ++i) {
        sum = std::fma(row[static_cast<std::size_t>(i)], x[static_cast<std::size_t>(t * cols + i)],
                       sum);
      }
      out[static_cast<std::size_t>(t * rows + r)] = sum + 0.0f;
    }
  }
  return out;
}

}  // namespace

class format_weights : public testing::TestWithParam<formats::FormatInfo> {
 protected:
  std::mt19937 random_{7};
  const Tensor weight_ = random_tensor(GetParam(), random_);
};

TEST_P(format_weights, multiply_like_decode_and_fma) {
  std::vector<float> x(static_cast<std::size_t>(tokens * cols_of(GetParam())));
  for (float& value : x) value = std::normal_distribution<float>()(random_);
  const std::vector<float> expected = reference(weight_.view(), x);

  for (const cpu::Kernels* kernels : cpu::runnable_kernels()) {
    for (const auto& [expand_bytes, repack] :
         {std::pair{std::size_t{0}, true}, {std::size_t{1} << 30, true}, {std::size_t{0}, false}}) {
      cpu::CpuBackend backend(
          {.threads = 2, .expand_bytes = expand_bytes, .repack = repack, .isa = kernels->name});
      const auto weight = upload(backend, weight_.view());
      std::vector<float> found(expected.size());
      backend.project_add({.tokens = tokens,
                           .x = x.data(),
                           .linear = {weight.get(), nullptr},
                           .residual = found.data()});
      EXPECT_EQ(std::memcmp(found.data(), expected.data(), found.size() * sizeof(float)), 0)
          << kernels->name << ", " << expand_bytes << " bytes to expand, repack " << repack;
    }
  }
}

TEST_P(format_weights, embed_like_decode) {
  const std::vector<std::int32_t> ids{36, 0, 5, 31, 32};
  const auto cols = static_cast<std::size_t>(cols_of(GetParam()));
  std::vector<float> expected(ids.size() * cols);
  for (std::size_t i = 0; i < ids.size(); ++i)
    weight_.view().decode_rows(ids[i], 1, expected.data() + i * cols);

  for (const bool repack : {true, false}) {
    cpu::CpuBackend backend(
        {.threads = 1, .expand_bytes = repack ? std::size_t{1} << 30 : 0, .repack = repack});
    const auto weight = upload(backend, weight_.view());
    std::vector<float> found(expected.size());
    backend.embed({.embedding = weight.get(), .tokens = ids, .out = found.data()});
    EXPECT_EQ(std::memcmp(found.data(), expected.data(), found.size() * sizeof(float)), 0)
        << repack;
  }
}

INSTANTIATE_TEST_SUITE_P(all, format_weights,
                         testing::ValuesIn(formats::all().begin(), formats::all().end()),
                         [](const auto& format) { return test_name(format.param); });

// A weight with a scale of its own and columns in another order is the plain one times the scale,
// with the inputs in that order.
TEST(ordered_weights, multiply_like_the_plain_weight_with_ordered_inputs) {
  std::mt19937 random(8);
  const Tensor weight = random_tensor(formats::info(*formats::find_by_name("INT4-G32")), random);
  const std::int64_t cols = weight.shape.cols();
  std::vector<std::int32_t> order(static_cast<std::size_t>(cols));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  std::vector<float> x(static_cast<std::size_t>(tokens * cols)), ordered(x.size());
  for (float& value : x) value = std::normal_distribution<float>()(random);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t col = i % order.size();
    ordered[i] = x[i - col + static_cast<std::size_t>(order[col])];
  }
  std::vector<float> expected = reference(weight.view(), ordered);
  for (float& value : expected) value *= 0.25f;

  cpu::CpuBackend backend({.threads = 2});
  const auto uploaded =
      backend.upload({.name = "weight",
                      .format = weight.format,
                      .rows = rows,
                      .cols = cols,
                      .row = [&](std::int64_t row) { return weight.view().row(row); },
                      .scale = 0.25f,
                      .column_order = order});
  std::vector<float> found(expected.size());
  backend.project_add({.tokens = tokens,
                       .x = x.data(),
                       .linear = {uploaded.get(), nullptr},
                       .residual = found.data()});
  EXPECT_EQ(found, expected);
}

}  // namespace nybble
