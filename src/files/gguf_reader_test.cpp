// GGUF: valid and odd-but-valid files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>

#include "files/gguf.h"
#include "files/gguf_bytes.h"

namespace nybble::files {
namespace {

using testing::ElementsAre;

GgufFile parse(const GgufBytes& bytes) {
  return parse_gguf(bytes.bytes(), "x.gguf");
}

constexpr std::uint32_t f32 = 0, q8_0 = 8;

}  // namespace

TEST(gguf_reader, reads_all_versions) {
  for (const std::uint32_t version : {1u, 2u, 3u}) {
    GgufBytes bytes(version, 2, 1);
    bytes.key("general.architecture", 8).text("llama");
    bytes.tensor("a", {3, 2}, f32, 0).tensor("b", {32, 2}, q8_0, 32).data(32 + 68);

    const GgufFile file = parse(bytes);

    EXPECT_EQ(file.version, static_cast<int>(version));
    EXPECT_EQ(file.metadata.get_string("general.architecture"), "llama");
    ASSERT_EQ(file.tensors.size(), 2u);
    EXPECT_EQ(file.tensors[0].name, "a");
    EXPECT_EQ(file.tensors[0].data.shape, Shape({2, 3}));  // dimensions stand innermost first
    EXPECT_EQ(file.tensors[0].data.bytes.size(), 24u);
    EXPECT_EQ(file.tensors[0].file, "x.gguf");
    EXPECT_EQ(file.tensors[0].offset % 32, 0u);
    EXPECT_EQ(file.tensors[1].offset, file.tensors[0].offset + 32);
    EXPECT_EQ(formats::info(file.tensors[1].data.format).name, "Q8_0");
    EXPECT_EQ(file.tensors[1].data.bytes.size(), 68u);
    EXPECT_EQ(file.tensors[1].data.bytes.data(), bytes.bytes().data() + file.tensors[1].offset);
  }
}

TEST(gguf_reader, reads_values_of_every_type) {
  GgufBytes bytes(3, 0, 12);
  bytes.key("u8", 0).add<std::uint8_t>(255).key("i8", 1).add<std::int8_t>(-128);
  bytes.key("u16", 2).add<std::uint16_t>(65535).key("i16", 3).add<std::int16_t>(-32768);
  bytes.key("u32", 4).add<std::uint32_t>(4294967295u).key("i32", 5).add<std::int32_t>(-7);
  bytes.key("f32", 6).add(1.5f).key("bool", 7).add<std::uint8_t>(1).key("text", 8).text("x");
  bytes.key("u64", 10).add(std::numeric_limits<std::uint64_t>::max());
  bytes.key("i64", 11).add(std::numeric_limits<std::int64_t>::min()).key("f64", 12).add(0.1);

  const Metadata values = parse(bytes).metadata;

  EXPECT_EQ(*values.find("u8"), MetadataValue(std::uint8_t{255}));
  EXPECT_EQ(*values.find("i8"), MetadataValue(std::int8_t{-128}));
  EXPECT_EQ(*values.find("u16"), MetadataValue(std::uint16_t{65535}));
  EXPECT_EQ(*values.find("i16"), MetadataValue(std::int16_t{-32768}));
  EXPECT_EQ(*values.find("u32"), MetadataValue(std::uint32_t{4294967295u}));
  EXPECT_EQ(*values.find("i32"), MetadataValue(std::int32_t{-7}));
  EXPECT_EQ(*values.find("f32"), MetadataValue(1.5f));
  EXPECT_EQ(*values.find("bool"), MetadataValue(true));
  EXPECT_EQ(*values.find("text"), MetadataValue(std::string("x")));
  EXPECT_EQ(*values.find("u64"), MetadataValue(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_EQ(*values.find("i64"), MetadataValue(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(*values.find("f64"), MetadataValue(0.1));
  EXPECT_EQ(values.items().front().first, "u8");
}

TEST(gguf_reader, reads_arrays_of_numbers_bools_and_strings) {
  GgufBytes bytes(3, 0, 4);
  bytes.key("ints", 9).add(5u).length(2).add(-1).add(2);
  bytes.key("bools", 9)
      .add(7u)
      .length(3)
      .raw(std::string_view("\0\1\2", 3));  // ggml takes any non-zero byte as true
  bytes.key("texts", 9).add(8u).length(2).text("a").text("");
  bytes.key("none", 9).add(6u).length(0);

  const Metadata values = parse(bytes).metadata;

  EXPECT_THAT(*values.find_ints("ints"), ElementsAre(-1, 2));
  EXPECT_EQ(*values.find("bools"), MetadataValue(MetadataArray(std::vector{false, true, true})));
  EXPECT_THAT(*values.find_strings("texts"), ElementsAre("a", ""));
  EXPECT_TRUE(values.find_floats("none")->empty());
}

TEST(gguf_reader, reads_a_vocabulary_without_tensors_and_padding) {
  GgufBytes bytes(3, 0, 1);
  bytes.key("a", 7).add<std::uint8_t>(1);
  EXPECT_TRUE(parse(bytes).tensors.empty());
  EXPECT_TRUE(parse(GgufBytes(3, 0, 0)).metadata.items().empty());
}

TEST(gguf_reader, reads_odd_but_valid_files) {
  // A scalar, four dimensions, data in another order than the list, a gap, bytes after the end.
  GgufBytes bytes(3, 3, 1);
  bytes.key("general.alignment", 4).add(64u);
  bytes.tensor("scalar", {}, f32, 256)
      .tensor("four", {2, 1, 1, 2}, f32, 0)
      .tensor("\xe2\x96\x81", {1}, f32, 64);
  bytes.data(300, 64);

  const GgufFile file = parse(bytes);

  EXPECT_EQ(file.alignment, 64u);
  EXPECT_EQ(file.tensors[0].data.shape, Shape());
  EXPECT_EQ(file.tensors[0].data.bytes.size(), 4u);
  EXPECT_EQ(file.tensors[1].data.shape, Shape({2, 1, 1, 2}));
  EXPECT_EQ(file.tensors[2].offset - file.tensors[1].offset, 64u);
}

TEST(gguf_reader, reads_the_largest_real_vocabulary_fast) {
  constexpr std::uint64_t n = 262144;  // Gemma 3
  GgufBytes bytes(3, 0, 2);
  bytes.key("tokens", 9).add(8u).length(n);
  for (std::uint64_t i = 0; i < n; ++i) bytes.text("token " + std::to_string(i));
  bytes.key("scores", 9).add(6u).length(n);
  for (std::uint64_t i = 0; i < n; ++i) bytes.add(static_cast<float>(i));

  const auto start = std::chrono::steady_clock::now();
  const Metadata values = parse(bytes).metadata;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;

  EXPECT_EQ(values.find_strings("tokens")->back(), "token 262143");
  EXPECT_EQ(values.find_floats("scores")->size(), n);
  // Some 30 ms with sanitizers; what this guards against is work that grows with the square, which
  // takes minutes.
  EXPECT_LT(elapsed.count(), 5.0);
}

}  // namespace nybble::files
