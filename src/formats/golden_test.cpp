// Every format of the list against bytes and floats of another decoder:
// tests/golden/formats/make.py
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "formats/registry.h"

namespace nybble::formats {
namespace {

struct Header {
  std::uint32_t block_len, block_bytes, n_blocks;
};

// An empty result means that there is no such file.
std::vector<char> read_golden(std::string_view name) {
  std::ifstream file("tests/golden/formats/" + std::string(name) + ".bin", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class GoldenBlocks : public testing::TestWithParam<FormatInfo> {};

TEST_P(GoldenBlocks, decode_to_the_same_bits) {
  const FormatInfo& format = GetParam();
  const std::vector<char> bytes = read_golden(format.name);
  ASSERT_GE(bytes.size(), sizeof(Header))
      << "no golden file: add the format to tests/golden/formats/make.py";
  Header header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  ASSERT_EQ(header.block_len, format.block_len);
  ASSERT_EQ(header.block_bytes, format.block_bytes);
  const std::size_t n_values = std::size_t{header.n_blocks} * header.block_len;
  const std::size_t n_bytes = std::size_t{header.n_blocks} * header.block_bytes;
  ASSERT_EQ(bytes.size(), sizeof(header) + n_bytes + n_values * sizeof(float));

  std::vector<float> expected(n_values), found(n_values);
  const char* blocks = bytes.data() + sizeof(header);
  std::memcpy(expected.data(), blocks + n_bytes, n_values * sizeof(float));
  format.decode(reinterpret_cast<const std::byte*>(blocks), header.n_blocks, found.data());

  for (std::size_t i = 0; i < n_values; ++i) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(found[i]), std::bit_cast<std::uint32_t>(expected[i]))
        << "block " << i / header.block_len << ", value " << i % header.block_len << ": expected "
        << expected[i] << ", found " << found[i];
  }
}

// Formats that are not plain numbers: several values a block, and a number in GGUF.
std::vector<FormatInfo> block_formats() {
  std::vector<FormatInfo> formats;
  for (const FormatInfo& format : all()) {
    if (format.gguf_type >= 0 && format.block_len > 1) formats.push_back(format);
  }
  return formats;
}

INSTANTIATE_TEST_SUITE_P(formats, GoldenBlocks, testing::ValuesIn(block_formats()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(golden_types, are_all_in_the_list) {
  std::ifstream file("tests/golden/formats/gguf_types.txt");
  std::string name;
  int type = 0, block_len = 0, block_bytes = 0, n_types = 0;
  while (file >> name >> type >> block_len >> block_bytes) {
    ++n_types;
    const auto id = find_by_gguf_type(static_cast<std::uint32_t>(type));
    ASSERT_TRUE(id) << name << ", type " << type << " of GGUF, is not in the list";
    EXPECT_EQ(info(*id).name, name);
    EXPECT_EQ(info(*id).block_len, block_len) << name;
    EXPECT_EQ(info(*id).block_bytes, block_bytes) << name;
  }
  EXPECT_GT(n_types, 30);
}

}  // namespace
}  // namespace nybble::formats
