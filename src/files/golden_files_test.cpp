// Files that the Python packages gguf and safetensors wrote (tests/golden/files/make.py) hold what
// those packages say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/mapped_file.h"
#include "files/checkpoint.h"
#include "files/gguf.h"
#include "files/safetensors.h"

namespace nybble::files {
namespace {

namespace fs = std::filesystem;

const fs::path folder = "tests/golden/files";

const Json& expected() {
  static const Json json = parse_json(read_text_file(folder / "expected.json"), "expected.json");
  return json;
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  return text;
}

void expect_tensors(const std::vector<NamedTensor>& tensors, const Json& described) {
  ASSERT_EQ(tensors.size(), described.size());
  for (const NamedTensor& tensor : tensors) {
    const Json& expected_tensor = described.at(tensor.name);
    EXPECT_EQ(formats::info(tensor.data.format).name, expected_tensor["type"].get<std::string>())
        << tensor.name;
    EXPECT_EQ(Json(std::vector<std::int64_t>(tensor.data.shape.dims().begin(),
                                             tensor.data.shape.dims().end())),
              expected_tensor["shape"])
        << tensor.name;
    EXPECT_EQ(hex(tensor.data.bytes), expected_tensor["bytes"].get<std::string>()) << tensor.name;
  }
}

// The values that make.py writes into every GGUF.
void expect_values(const Metadata& values) {
  EXPECT_EQ(*values.find("test.u8"), MetadataValue(std::uint8_t{255}));
  EXPECT_EQ(*values.find("test.i8"), MetadataValue(std::int8_t{-128}));
  EXPECT_EQ(*values.find("test.u16"), MetadataValue(std::uint16_t{65535}));
  EXPECT_EQ(*values.find("test.i16"), MetadataValue(std::int16_t{-32768}));
  EXPECT_EQ(*values.find("test.u32"), MetadataValue(std::uint32_t{4294967295u}));
  EXPECT_EQ(*values.find("test.i32"), MetadataValue(std::numeric_limits<std::int32_t>::min()));
  EXPECT_EQ(*values.find("test.u64"), MetadataValue(std::uint64_t{1} << 63));
  EXPECT_EQ(*values.find("test.i64"), MetadataValue(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(*values.find("test.f32"), MetadataValue(0.5f));
  EXPECT_EQ(*values.find("test.f64"), MetadataValue(0.1));
  EXPECT_EQ(*values.find("test.bool"), MetadataValue(true));
  EXPECT_EQ(values.get_string("test.string"), "caf\xc3\xa9 \xe2\x96\x81");
  EXPECT_THAT(*values.find_ints("test.array.i32"), testing::ElementsAre(-1, 2, 3));
  EXPECT_THAT(*values.find_floats("test.array.f32"), testing::ElementsAre(0.5, -1.25));
  EXPECT_THAT(*values.find_strings("test.array.string"),
              testing::ElementsAre("a", "", "\xe2\x96\x81the"));
  EXPECT_EQ(*values.find("test.array.bool"),
            MetadataValue(MetadataArray(std::vector{true, false})));
}

}  // namespace

TEST(golden_files, ggufs_hold_what_their_writer_says) {
  for (const auto& [name, content] : expected().items()) {
    if (!name.ends_with(".gguf")) continue;
    SCOPED_TRACE(name);
    const MappedFile mapping(folder / name);
    const GgufFile file = parse_gguf(mapping.bytes(), name);
    expect_tensors(file.tensors, content["tensors"]);
    std::vector<std::string> keys;
    for (const auto& [key, value] : file.metadata.items()) keys.push_back(key);
    EXPECT_EQ(Json(keys), content["keys"]);
  }
  expect_values(open_gguf(folder / "every_type.gguf").metadata);
  EXPECT_EQ(parse_gguf(MappedFile(folder / "aligned_64.gguf").bytes(), "x").alignment, 64u);
}

TEST(golden_files, a_split_gguf_is_the_whole_model) {
  const Checkpoint split = open_checkpoint(folder / "split-00001-of-00003.gguf");
  const Checkpoint whole = open_gguf(folder / "every_type.gguf");
  EXPECT_EQ(split.n_files, 3);
  ASSERT_EQ(split.tensors.size(), whole.tensors.size());
  for (const NamedTensor& tensor : whole.tensors)
    EXPECT_EQ(split.get(tensor.name).data.shape, tensor.data.shape);
  EXPECT_EQ(split.metadata.items(), whole.metadata.items());
  expect_values(split.metadata);
}

TEST(golden_files, safetensors_hold_what_their_reader_says) {
  for (const auto& [name, content] : expected().items()) {
    if (!name.ends_with(".safetensors")) continue;
    SCOPED_TRACE(name);
    const MappedFile mapping(folder / name);
    const SafetensorsFile file = parse_safetensors(mapping.bytes(), name);
    expect_tensors(file.tensors, content["tensors"]);
    EXPECT_EQ(Json(file.metadata), content["metadata"]);
  }
}

TEST(golden_files, a_sharded_directory_is_the_whole_model) {
  const Checkpoint model = open_checkpoint(folder / "sharded");
  EXPECT_EQ(model.n_files, 4);
  EXPECT_EQ(model.get("model.embed_tokens.weight").data.shape, Shape({32, 16}));
  EXPECT_EQ(parse_json(model.texts.at("config.json"), "config.json")["hidden_size"], 16);
}

}  // namespace nybble::files
