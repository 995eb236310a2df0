// Other codes on the grids of encoded blocks.
#include "formats/recode.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "formats/lattice_format.h"
#include "formats/typed_test_lists.h"

namespace nybble::formats {
namespace {

using Scalar = Selected<[]<class F>() { return Recodable<F>; }>;
using Lattice = Selected<[]<class F>() { return LatticeFormat<F>; }>;

std::vector<float> random_values(unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(2 * 256);
  for (float& value : values) value = normal(random);
  return values;
}

// Blocks of random values, as bytes, and what they decode to.
struct Encoded {
  const FormatInfo& format;
  std::size_t n;
  std::vector<std::byte> bytes;

  Encoded(FormatId id, const std::vector<float>& values)
      : format(info(id)), n(values.size() / static_cast<std::size_t>(format.block_len)) {
    bytes.resize(n * static_cast<std::size_t>(format.block_bytes));
    format.encode(values.data(), nullptr, n, bytes.data());
  }
  std::vector<float> decoded() const {
    std::vector<float> values(n * static_cast<std::size_t>(format.block_len));
    format.decode(bytes.data(), n, values.data());
    return values;
  }
};

}  // namespace

template <class F>
class EveryScalarGrid : public ::testing::Test {};
TYPED_TEST_SUITE(EveryScalarGrid, Scalar, FormatName);
template <class F>
class EveryLattice : public ::testing::Test {};
TYPED_TEST_SUITE(EveryLattice, Lattice, FormatName);

TYPED_TEST(EveryScalarGrid, stores_any_codes_and_keeps_the_scales) {
  Encoded blocks(id_of<TypeParam>(), random_values(1));
  const Recoding& grid = *recoding(id_of<TypeParam>());
  const std::size_t n_values = blocks.n * TypeParam::block_len;
  std::vector<float> scale(n_values / TypeParam::group_len), offset(scale.size());
  grid.grids(blocks.bytes.data(), blocks.n, scale.data(), offset.data());
  std::mt19937 random(2);
  std::vector<std::uint8_t> codes(n_values);
  std::vector<float> expected(n_values);
  for (std::size_t i = 0; i < n_values; ++i) {
    const unsigned level = static_cast<unsigned>(random()) % static_cast<unsigned>(grid.n_levels);
    codes[i] = grid.level_codes[level];
    const std::size_t g = i / TypeParam::group_len;
    expected[i] = scale[g] * grid.levels[level] + offset[g];
  }

  grid.set_codes(blocks.bytes.data(), blocks.n, codes.data());

  EXPECT_EQ(blocks.decoded(), expected);
}

TYPED_TEST(EveryScalarGrid, has_levels_in_ascending_order) {
  const Recoding& grid = *recoding(id_of<TypeParam>());
  for (int i = 0; i + 1 < grid.n_levels; ++i) EXPECT_LT(grid.levels[i], grid.levels[i + 1]);
}

TYPED_TEST(EveryLattice, chooses_points_that_decode_to_the_same_values) {
  Encoded blocks(id_of<TypeParam>(), random_values(3));
  const LatticeRecoding& grid = *lattice_recoding(id_of<TypeParam>());
  const std::vector<float> wanted = random_values(4);
  std::vector<float> scale(wanted.size() / octet), chosen(wanted.size());
  grid.scales(blocks.bytes.data(), blocks.n, scale.data());
  const std::vector<float> ones(octet, 1);
  for (std::size_t o = 0; o < scale.size(); ++o) {
    grid.choose(&wanted[o * octet], ones.data(), scale[o], &chosen[o * octet]);
  }

  grid.set_values(blocks.bytes.data(), blocks.n, chosen.data());

  EXPECT_EQ(blocks.decoded(), chosen);
}

// Every point with every choice of signs that the format can store; of those with even signs the
// search may miss the best by the sign that it flips.
TYPED_TEST(EveryLattice, chooses_the_nearest_point) {
  const std::vector<float> values = random_values(5);
  const std::vector<float> ones(octet, 1);
  for (std::size_t o = 0; o < 32; ++o) {
    const float* x = &values[o * octet];
    const float scale = 0.04f;
    float y[octet];
    lattice_recoding(id_of<TypeParam>())->choose(x, ones.data(), scale, y);
    int negative = 0;
    for (const float v : y) negative += v < 0;
    if (TypeParam::even_signs) {
      EXPECT_EQ(negative % 2, 0);
    }

    const auto error = [&](const float* at) {
      float sum = 0;
      for (int i = 0; i < octet; ++i) sum += (at[i] - x[i]) * (at[i] - x[i]);
      return sum;
    };
    const float found = error(y);
    for (std::uint32_t p = 0; p < TypeParam::n_points; ++p) {
      std::uint32_t signs = 0;
      for (int i = 0; i < octet; ++i) signs |= static_cast<std::uint32_t>(y[i] < 0) << i;
      float other[octet];
      lattice::write_scaled(lattice::with_signs(TypeParam::magnitudes(p, p), signs), scale, other);
      EXPECT_LE(found, error(other) * 1.0001f);
    }
  }
}

}  // namespace nybble::formats
