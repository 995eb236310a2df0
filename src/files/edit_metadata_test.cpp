#include "files/edit_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "files/checkpoint.h"
#include "files/gguf.h"
#include "files/safetensors.h"

namespace nybble::files {
namespace {

const std::vector<TensorPlan> plan = {{"a", id_of<formats::F32>(), {4}},
                                      {"b", id_of<formats::F16>(), {2, 3}}};

template <class Writer>
void write_all(Writer& writer) {
  for (const TensorPlan& tensor : plan) {
    const std::size_t n = static_cast<std::size_t>(tensor.shape.rows()) *
                          row_bytes(tensor.format, tensor.shape.cols());
    std::vector<std::byte> bytes(n);
    for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::byte>(i * 7 + 1);
    writer.write(bytes);
  }
  writer.finish();
}

// Everything but the key stays as it was.
void expect_edited(const std::filesystem::path& path, const Checkpoint& before) {
  const Checkpoint after = open_checkpoint(path);
  EXPECT_EQ(after.metadata.get_string("nybble.note"), "text \"with\"\nall \xc3\xa9");
  EXPECT_EQ(after.metadata.items().size(), before.metadata.items().size() + 1);
  ASSERT_EQ(after.tensors.size(), before.tensors.size());
  for (std::size_t i = 0; i < before.tensors.size(); ++i) {
    EXPECT_EQ(after.tensors[i].name, before.tensors[i].name);
    EXPECT_EQ(after.tensors[i].data.shape, before.tensors[i].data.shape);
    EXPECT_TRUE(std::ranges::equal(after.tensors[i].data.bytes, before.tensors[i].data.bytes));
  }
}

void edit(const std::filesystem::path& path) {
  set_metadata_text(path, "nybble.note", "short");
  set_metadata_text(path, "nybble.note", "text \"with\"\nall \xc3\xa9");
}

}  // namespace

TEST(edit_metadata, of_a_gguf_keeps_the_rest) {
  const TemporaryFolder folder;
  Metadata metadata;
  metadata.set("general.alignment", std::uint32_t{64});
  metadata.set("general.architecture", std::string("llama"));
  GgufWriter writer(folder / "m.gguf", false, metadata, plan);
  write_all(writer);
  const Checkpoint before = open_checkpoint(folder / "m.gguf");
  edit(folder / "m.gguf");
  expect_edited(folder / "m.gguf", before);
}

TEST(edit_metadata, of_a_split_gguf_goes_into_the_first_file) {
  const TemporaryFolder folder;
  Metadata metadata;
  metadata.set("general.architecture", std::string("llama"));
  GgufWriter writer(folder / "m.gguf", false, metadata, plan, 0, {0, 1});
  write_all(writer);
  const Checkpoint before = open_checkpoint(folder / "m.gguf");
  const std::string second = content_of(folder / "m-00002-of-00002.gguf");
  edit(folder / "m-00002-of-00002.gguf");
  expect_edited(folder / "m.gguf", before);
  EXPECT_EQ(content_of(folder / "m-00002-of-00002.gguf"), second);
  EXPECT_EQ(folder.n_entries(), 2u);
}

TEST(edit_metadata, of_safetensors_keeps_the_rest) {
  const TemporaryFolder folder;
  SafetensorsWriter writer(folder / "m", false, {{"format", "pt"}}, plan);
  writer.add_text("config.json", "{}");
  write_all(writer);
  const Checkpoint before = open_checkpoint(folder / "m");
  edit(folder / "m");
  expect_edited(folder / "m", before);
}

TEST(edit_metadata, replaces_headers_of_the_same_length_only) {
  const TemporaryFolder folder;
  Metadata metadata;
  metadata.set("key", std::string("000"));
  GgufWriter writer(folder / "m.gguf", false, metadata, plan);
  metadata.set("key", std::string("longer"));
  expect_error([&] { writer.replace_metadata(metadata); }, ErrorKind::invalid_input,
               testing::HasSubstr("the header would change"));
  metadata.set("key", std::string("123"));
  writer.replace_metadata(metadata);
  write_all(writer);
  EXPECT_EQ(open_checkpoint(folder / "m.gguf").metadata.get_string("key"), "123");
}

}  // namespace nybble::files
