// The worked examples of docs/formats.
#include <gtest/gtest.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "formats/registry.h"

namespace nybble::formats {
namespace {

// The values of a block that is 0 but for these bytes.
std::vector<float> decode(std::string_view name, const std::vector<std::pair<int, int>>& bytes) {
  const FormatInfo& format = info(find_by_name(name).value());
  std::vector<std::byte> block(static_cast<std::size_t>(format.block_bytes));
  for (const auto& [at, byte] : bytes) {
    block[static_cast<std::size_t>(at)] = static_cast<std::byte>(byte);
  }
  std::vector<float> values(static_cast<std::size_t>(format.block_len));
  format.decode(block.data(), 1, values.data());
  return values;
}

}  // namespace

TEST(pages, unquantized) {
  EXPECT_EQ(decode("F16", {{1, 0x3e}})[0], 1.5f);
  EXPECT_EQ(decode("BF16", {{0, 0xc0}, {1, 0x3f}})[0], 1.5f);
  EXPECT_EQ(decode("F8_E4M3", {{0, 0x3c}})[0], 1.5f);
  EXPECT_EQ(decode("BOOL", {{0, 7}})[0], 1.0f);
}

TEST(pages, simple_formats) {
  const auto q4_0 = decode("Q4_0", {{1, 0x38}, {2, 0x2f}});
  EXPECT_EQ(q4_0[0], 3.5f);
  EXPECT_EQ(q4_0[16], -3.0f);

  const auto q4_1 = decode("Q4_1", {{1, 0x34}, {3, 0xc0}, {4, 0x2f}});
  EXPECT_EQ(q4_1[0], 1.75f);
  EXPECT_EQ(q4_1[16], -1.5f);

  const auto q5_0 = decode("Q5_0", {{1, 0x38}, {2, 1}, {6, 0x2f}});
  EXPECT_EQ(q5_0[0], 7.5f);
  EXPECT_EQ(q5_0[16], -7.0f);

  const auto q5_1 = decode("Q5_1", {{1, 0x34}, {3, 0xc0}, {4, 1}, {8, 0x2f}});
  EXPECT_EQ(q5_1[0], 5.75f);
  EXPECT_EQ(q5_1[16], -1.5f);

  const auto q8_0 = decode("Q8_0", {{1, 0x38}, {2, 0x03}, {3, 0xfd}});
  EXPECT_EQ(q8_0[0], 1.5f);
  EXPECT_EQ(q8_0[1], -1.5f);
}

TEST(pages, k_formats) {
  const auto q2_k = decode("Q2_K", {{0, 0x21}, {2, 0x03}, {16, 0x0b}, {81, 0x3c}, {83, 0x38}});
  EXPECT_EQ(q2_k[0], 2.0f);
  EXPECT_EQ(q2_k[32], 6.0f);

  EXPECT_EQ(decode("Q3_K", {{0, 1}, {32, 3}, {96, 0x01}, {104, 0x02}, {109, 0x3c}})[0], 3.0f);
  EXPECT_EQ(decode("Q4_K", {{1, 0x3c}, {3, 0x38}, {4, 0x42}, {8, 3}, {12, 0x51}, {16, 0x0f}})[0],
            28.5f);
  EXPECT_EQ(
      decode("Q5_K", {{1, 0x3c}, {3, 0x38}, {4, 0x42}, {8, 3}, {12, 0x51}, {16, 1}, {48, 0x0f}})[0],
      60.5f);
  EXPECT_EQ(decode("Q6_K", {{0, 0x0f}, {128, 3}, {192, 2}, {209, 0x38}})[0], 31.0f);
}

}  // namespace nybble::formats
