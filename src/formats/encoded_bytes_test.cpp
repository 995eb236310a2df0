// Encoders give the same bytes with every compiler and on every machine ("same bits every time"). A
// change of an encoder changes its line on purpose.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "formats/registry.h"

namespace nybble::formats {
namespace {

struct Encoded {
  std::string name;
  std::uint64_t hash;
};

class EncodedBytes : public testing::TestWithParam<Encoded> {};

// Sums of four uniform numbers in [-1, 1) whose size changes from 32 to 32 values.
std::vector<float> sample_values() {
  std::mt19937 random(20);
  std::vector<float> values(64 * 256);
  for (std::size_t i = 0; i < values.size(); ++i) {
    float sum = -4;
    for (int k = 0; k < 4; ++k) sum += static_cast<float>(random() >> 8) * 0x1p-23f;
    values[i] = sum * static_cast<float>(1 + i / 32 % 5);
  }
  return values;
}

// FNV-1a.
std::uint64_t hash_of(const std::vector<std::byte>& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const std::byte byte : bytes) {
    hash = (hash ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3u;
  }
  return hash;
}

TEST_P(EncodedBytes, are_the_same_everywhere) {
  const FormatInfo& format = info(find_by_name(GetParam().name).value());
  const auto values = sample_values();
  const std::size_t n_blocks = values.size() / static_cast<std::size_t>(format.block_len);
  std::vector<std::byte> blocks(n_blocks * static_cast<std::size_t>(format.block_bytes));

  format.encode(values.data(), nullptr, n_blocks, blocks.data());

  EXPECT_EQ(hash_of(blocks), GetParam().hash) << std::hex << "0x" << hash_of(blocks);
}

INSTANTIATE_TEST_SUITE_P(
    formats, EncodedBytes,
    testing::Values(Encoded{"IQ4_NL", 0x448f6baa2f19b9fc}, Encoded{"IQ4_XS", 0xd28b5868a4e8b458},
                    Encoded{"MXFP4", 0x0851f6776edb09b7}, Encoded{"NVFP4", 0x8defae2aa716259c},
                    Encoded{"TQ1_0", 0xdca6341bcb081392}, Encoded{"TQ2_0", 0x8204c3783302f872},
                    Encoded{"Q1_0", 0x084b302e8250caad}, Encoded{"Q2_0", 0xb568c782637d4938}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace nybble::formats
