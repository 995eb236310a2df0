// Floats of encoded blocks.
#include "formats/rescale.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "base/half.h"
#include "formats/registry.h"

namespace nybble::formats {
namespace {

std::vector<float> random_values(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(n);
  for (float& value : values) value = normal(random);
  return values;
}

struct Blocks {
  const FormatInfo& format;
  const Rescaling& rescaling;
  std::size_t n = 3;
  std::vector<std::byte> bytes;

  explicit Blocks(const FormatInfo& info)
      : format(info),
        rescaling(*formats::rescaling(info.id)),
        bytes(n * static_cast<std::size_t>(info.block_bytes)) {
    const auto values = random_values(size(), 1);
    format.encode(values.data(), nullptr, n, bytes.data());
  }
  std::size_t size() const { return n * static_cast<std::size_t>(format.block_len); }
  std::size_t floats() const { return n * static_cast<std::size_t>(rescaling.floats); }
  std::vector<float> decoded() const {
    std::vector<float> values(size());
    format.decode(bytes.data(), n, values.data());
    return values;
  }
};

std::vector<const FormatInfo*> rescalable() {
  std::vector<const FormatInfo*> found;
  for (const FormatInfo& format : all())
    if (rescaling(format.id) != nullptr && format.encode != nullptr) found.push_back(&format);
  return found;
}

class EveryRescaling : public testing::TestWithParam<const FormatInfo*> {};

}  // namespace

TEST_P(EveryRescaling, writes_back_what_it_reads) {
  Blocks blocks(*GetParam());
  const auto before = blocks.bytes;
  std::vector<float> floats(blocks.floats());
  blocks.rescaling.read(blocks.bytes.data(), blocks.n, floats.data());
  blocks.rescaling.write(floats.data(), blocks.n, blocks.bytes.data());
  EXPECT_EQ(blocks.bytes, before);
}

TEST_P(EveryRescaling, is_the_derivative_of_the_weights) {
  Blocks blocks(*GetParam());
  const auto gradient = random_values(blocks.size(), 2);
  std::vector<float> floats(blocks.floats()), found(blocks.floats());
  blocks.rescaling.read(blocks.bytes.data(), blocks.n, floats.data());
  blocks.rescaling.differentiate(blocks.bytes.data(), blocks.n, gradient.data(), found.data());
  const auto along = [&](const std::vector<float>& weights) {
    double sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i)
      sum += double{weights[i]} * double{gradient[i]};
    return sum;
  };
  const double before = along(blocks.decoded());
  for (std::size_t i = 0; i < floats.size(); ++i) {
    if (floats[i] == 0) continue;
    // Doubling is exact in half precision, and weights are linear in the float.
    auto changed = floats;
    changed[i] *= 2;
    Blocks other = blocks;
    other.rescaling.write(changed.data(), other.n, other.bytes.data());
    const double change = along(other.decoded()) - before;
    EXPECT_NEAR(found[i] * floats[i], change, 1e-5 * (1 + std::abs(before))) << i;
  }
}

TEST(Rescaling, is_not_for_plain_numbers_and_small_scales) {
  for (const char* name : {"F32", "BF16", "MXFP4", "NVFP4"})
    EXPECT_EQ(rescaling(*find_by_name(name)), nullptr) << name;
  EXPECT_EQ(rescaling(*find_by_name("Q4_K"))->floats, 2);
  EXPECT_EQ(rescaling(*find_by_name("Q6_K"))->floats, 1);
}

TEST(Rescaling, keeps_halves_finite) {
  Blocks blocks(info(*find_by_name("Q8_0")));
  const std::vector<float> huge(blocks.floats(), 1e9f);
  blocks.rescaling.write(huge.data(), blocks.n, blocks.bytes.data());
  for (const float value : blocks.decoded()) EXPECT_TRUE(std::isfinite(value));
}

// Layouts store them as either, by the type of the model.
TEST(Rescaling, scales_of_group_integers_are_halves_and_bfloat16_at_once) {
  Blocks blocks(info(*find_by_name("INT4-G32")));
  const std::vector<float> learned{0.01234567f, 3.0e-6f, 1e9f};
  blocks.rescaling.write(learned.data(), blocks.n, blocks.bytes.data());
  std::vector<float> kept(blocks.floats());
  blocks.rescaling.read(blocks.bytes.data(), blocks.n, kept.data());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i], to_float(to_half(kept[i])));
    EXPECT_EQ(kept[i], to_float(to_bf16(kept[i])));
  }
  EXPECT_NEAR(kept[0], learned[0], learned[0] * 0x1p-8f);
  EXPECT_GT(kept[1], 0);
}

INSTANTIATE_TEST_SUITE_P(formats, EveryRescaling, testing::ValuesIn(rescalable()),
                         [](const auto& one) {
                           std::string name(one.param->name);
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace nybble::formats
