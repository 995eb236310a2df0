#include "formats/lattice.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "formats/iq2_xxs.h"

namespace nybble::formats::lattice {
namespace {

// CRC-32 as zlib computes it.
std::uint32_t crc32(const std::vector<std::int8_t>& bytes) {
  std::uint32_t crc = 0xffffffffu;
  for (const std::int8_t byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

std::map<std::string, std::uint32_t> golden_sums() {
  std::ifstream file("tests/golden/formats/lattice_points.txt");
  std::map<std::string, std::uint32_t> sums;
  std::string name;
  while (file >> name) file >> std::hex >> sums[name];
  return sums;
}

// The first `len` coordinates of the n points that `coordinates` gives, one after the other.
template <class F>
std::vector<std::int8_t> list_points(std::uint32_t n, int len, F coordinates) {
  std::vector<std::int8_t> list;
  for (std::uint32_t index = 0; index < n; ++index) {
    const Coordinates point = coordinates(index);
    list.insert(list.end(), point.at, point.at + len);
  }
  return list;
}

TEST(lattice, points_are_those_of_ggml) {
  const auto iq1 = [](std::uint32_t index) {
    Coordinates point;
    float shifted[8];
    write_iq1(iq1_point(index), 1, false, shifted);
    for (int i = 0; i < 8; ++i) point.at[i] = static_cast<std::int8_t>(shifted[i] - 0.125f);
    return point;
  };
  const auto iq2_xxs = [](auto i) { return with_signs(iq2_magnitudes(iq2_xxs_point(i)), 0); };
  const auto iq2_xs = [](auto i) { return with_signs(iq2_magnitudes(iq2_xs_point(i)), 0); };
  const auto iq2_s = [](auto i) { return with_signs(iq2_magnitudes(iq2_s_point(i)), 0); };
  const auto iq3_xxs = [](auto i) {
    return with_signs(iq3_xxs_magnitudes(iq3_xxs_point(i), 0), 0);
  };
  const auto iq3_s = [](auto i) { return with_signs(iq3_s_magnitudes(iq3_s_point(i), 0), 0); };

  const std::map<std::string, std::uint32_t> found = {
      {"iq1", crc32(list_points(2048, 8, iq1))},
      {"iq2_xxs", crc32(list_points(256, 8, iq2_xxs))},
      {"iq2_xs", crc32(list_points(512, 8, iq2_xs))},
      {"iq2_s", crc32(list_points(1024, 8, iq2_s))},
      {"iq3_xxs", crc32(list_points(256, 4, iq3_xxs))},
      {"iq3_s", crc32(list_points(512, 4, iq3_s))},
  };

  EXPECT_EQ(found, golden_sums());
}

TEST(lattice, signs_follow_the_bits_and_their_number_is_even) {
  for (std::uint32_t index = 0; index < 128; ++index) {
    const Coordinates point = with_signs(0x0807060504030201u, even_signs(index));

    int n_negative = 0;
    for (int i = 0; i < 8; ++i) {
      const bool negative = point.at[i] < 0;
      n_negative += negative;
      EXPECT_EQ(negative ? -point.at[i] : point.at[i], i + 1);
      if (i < 7) {
        EXPECT_EQ(negative, (index >> i & 1) != 0);
      }
    }
    EXPECT_EQ(n_negative % 2, 0);
  }
}

TEST(lattice, decodes_at_compile_time) {
  constexpr float first = [] {
    IQ2_XXS::Block block{};
    block.scale.bits = 0x4800;  // 8
    float values[256] = {};
    IQ2_XXS::decode(block, values);
    return values[0];
  }();
  static_assert(first == 8 * 0.5f * 0.25f * 8);
}

}  // namespace
}  // namespace nybble::formats::lattice
