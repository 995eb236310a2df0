// GGUF: what is written is read back, split or not, and nothing half-written stays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "files/gguf.h"

namespace nybble::files {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

// Bytes that differ from tensor to tensor.
std::vector<std::byte> data_of(const TensorPlan& tensor, std::size_t seed) {
  Tensor made(tensor.format, tensor.shape);
  for (std::size_t i = 0; i < made.bytes.size(); ++i)
    made.bytes[i] = static_cast<std::byte>(i * 7 + seed * 31);
  return made.bytes;
}

const std::vector<TensorPlan> plan = {{"a", id_of<formats::F32>(), {3}},
                                      {"b", id_of<formats::Q8_0>(), {2, 64}},
                                      {"c", id_of<formats::F16>(), {2, 1, 3, 5}},
                                      {"d", id_of<formats::F32>(), {}}};

void write_all(GgufWriter& writer, const std::vector<TensorPlan>& tensors) {
  for (std::size_t i = 0; i < tensors.size(); ++i) writer.write(data_of(tensors[i], i));
  writer.finish();
}

void expect_planned_tensors(const Checkpoint& model) {
  ASSERT_EQ(model.tensors.size(), plan.size());
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const TensorView& view = model.tensors[i].data;
    EXPECT_EQ(model.tensors[i].name, plan[i].name);
    EXPECT_EQ(view.format, plan[i].format);
    EXPECT_EQ(view.shape, plan[i].shape);
    const auto expected = data_of(plan[i], i);
    EXPECT_TRUE(std::equal(view.bytes.begin(), view.bytes.end(), expected.begin(), expected.end()));
  }
}

Metadata all_kinds_of_values() {
  Metadata metadata;
  metadata.set("general.architecture", std::string("llama"));
  metadata.set("u8", std::uint8_t{255});
  metadata.set("i8", std::int8_t{-1});
  metadata.set("u16", std::uint16_t{65535});
  metadata.set("i16", std::int16_t{-2});
  metadata.set("u32", std::uint32_t{1} << 31);
  metadata.set("i32", std::int32_t{-3});
  metadata.set("u64", std::uint64_t{1} << 63);
  metadata.set("i64", std::int64_t{-4});
  metadata.set("f32", 0.1f);
  metadata.set("f64", 0.1);
  metadata.set("bool", true);
  metadata.set("bools", MetadataArray(std::vector{true, false, true}));
  metadata.set("texts", MetadataArray(std::vector<std::string>{"", "x", std::string("\0\xff", 2)}));
  metadata.set("floats", MetadataArray(std::vector{1.5f, -2.0f}));
  metadata.set("empty", MetadataArray(std::vector<std::int32_t>{}));
  return metadata;
}

}  // namespace

TEST(gguf_writer, writes_what_is_read_back) {
  const TemporaryFolder folder;
  const Metadata metadata = all_kinds_of_values();
  GgufWriter writer(folder / "m.gguf", false, metadata, plan);
  write_all(writer, plan);

  const Checkpoint model = open_gguf(folder / "m.gguf");

  EXPECT_EQ(model.container_version, 3);
  EXPECT_EQ(model.n_files, 1);
  EXPECT_EQ(model.file_bytes, fs::file_size(folder / "m.gguf"));
  EXPECT_EQ(model.metadata.items(), metadata.items());
  EXPECT_EQ(model.file_bytes % 32, 0u);  // ggml pads the last tensor too
  expect_planned_tensors(model);
}

TEST(gguf_writer, takes_tensors_in_pieces_of_any_size) {
  const TemporaryFolder folder;
  std::vector<std::byte> all;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const auto bytes = data_of(plan[i], i);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  for (const std::size_t piece : {std::size_t{1}, std::size_t{13}, all.size()}) {
    GgufWriter writer(folder / "m.gguf", true, Metadata(), plan);
    for (std::size_t at = 0; at < all.size(); at += piece) {
      writer.write(std::span(all).subspan(at, std::min(piece, all.size() - at)));
    }
    writer.finish();
    expect_planned_tensors(open_gguf(folder / "m.gguf"));
  }
}

TEST(gguf_writer, honours_the_alignment_key) {
  const TemporaryFolder folder;
  Metadata metadata;
  metadata.set("general.alignment", std::uint32_t{4096});
  GgufWriter writer(folder / "m.gguf", false, metadata, plan);
  write_all(writer, plan);
  const Checkpoint model = open_gguf(folder / "m.gguf");
  for (const NamedTensor& tensor : model.tensors) EXPECT_EQ(tensor.offset % 4096, 0u);

  metadata.set("general.alignment", std::uint32_t{48});
  EXPECT_THROW(GgufWriter(folder / "n.gguf", false, metadata, plan), Error);
}

TEST(gguf_writer, writes_a_vocabulary_without_tensors) {
  const TemporaryFolder folder;
  GgufWriter(folder / "m.gguf", false, all_kinds_of_values(), {}).finish();
  EXPECT_TRUE(open_gguf(folder / "m.gguf").tensors.empty());
}

TEST(gguf_writer, leaves_nothing_when_unfinished) {
  const TemporaryFolder folder;
  {
    GgufWriter writer(folder / "m.gguf", false, Metadata(), plan);
    writer.write(data_of(plan[0], 0));
    writer.write(std::vector<std::byte>(10));
    expect_error([&] { writer.finish(); }, ErrorKind::invalid_input,
                 HasSubstr("tensor 'b' got 10 of 136 bytes"));
  }
  EXPECT_EQ(folder.n_entries(), 0u);
}

TEST(gguf_writer, refuses_bytes_beyond_the_plan) {
  const TemporaryFolder folder;
  GgufWriter writer(folder / "m.gguf", false, Metadata(), {plan[0]});
  expect_error([&] { writer.write(std::vector<std::byte>(13)); }, ErrorKind::invalid_input,
               HasSubstr("1 bytes were given after the last of 1 planned tensors"));
}

TEST(gguf_writer, refuses_what_gguf_cannot_hold) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::vector<TensorPlan>& tensors, ErrorKind kind,
                           const std::string& text) {
    expect_error([&] { GgufWriter(folder / "m.gguf", false, Metadata(), tensors); }, kind,
                 HasSubstr(text));
  };
  const FormatId f32 = id_of<formats::F32>();
  refused({{std::string(64, 'n'), f32, {1}}}, ErrorKind::unsupported, "64 bytes, expected 1 to 63");
  refused({{"", f32, {1}}}, ErrorKind::unsupported, "0 bytes");
  refused({{"a\nb", f32, {1}}}, ErrorKind::unsupported, "without control characters");
  refused({{"t", f32, {1, 1, 1, 1, 1}}}, ErrorKind::unsupported, "at most 4 dimensions");
  refused({{"t", f32, {2, 0}}}, ErrorKind::unsupported, "[2, 0]");
  refused({{"t", *formats::find_by_name("U8"), {1}}}, ErrorKind::unsupported,
          "no type number for U8");
  refused({{"t", id_of<formats::Q8_0>(), {33}}}, ErrorKind::invalid_input, "multiple of 32");
  refused({{"t", f32, {1}}, {"t", f32, {1}}}, ErrorKind::invalid_input, "planned twice");
  EXPECT_EQ(folder.n_entries(), 0u);
}

TEST(gguf_shards, are_written_and_read_back) {
  const TemporaryFolder folder;
  Metadata metadata;
  metadata.set("general.architecture", std::string("llama"));
  // a (12) | b (136) | c (60) and d (4)
  GgufWriter writer(folder / "m.gguf", false, metadata, plan, 100);
  write_all(writer, plan);

  for (const char* name :
       {"m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"}) {
    EXPECT_TRUE(fs::exists(folder / name)) << name;
  }
  EXPECT_EQ(folder.n_entries(), 3u);
  // Any shard leads to the whole model, and so do the name before splitting and the folder.
  for (const fs::path& path : {folder / "m-00001-of-00003.gguf", folder / "m-00003-of-00003.gguf",
                               folder / "m.gguf", folder.path()}) {
    const Checkpoint model = open_checkpoint(path);
    EXPECT_EQ(model.n_files, 3);
    EXPECT_EQ(model.metadata.items(), metadata.items());
    EXPECT_EQ(model.get("b").file, "m-00002-of-00003.gguf");
    expect_planned_tensors(model);
  }
}

TEST(gguf_shards, of_two_numbers_are_asked_about) {
  const TemporaryFolder folder;
  for (const std::uint64_t max_bytes : {100u, 1u}) {
    GgufWriter writer(folder / "m.gguf", false, Metadata(), plan, max_bytes);
    write_all(writer, plan);
  }
  expect_error([&] { open_checkpoint(folder / "m.gguf"); }, ErrorKind::invalid_input,
               AllOf(HasSubstr("m-00001-of-00003.gguf"), HasSubstr("m-00001-of-00004.gguf")));
}

TEST(gguf_shards, stand_where_they_were_planned) {
  const TemporaryFolder folder;
  GgufWriter writer(folder / "m.gguf", false, Metadata(), plan, 0, {0, 0, 1, 2});
  write_all(writer, plan);
  const Checkpoint model = open_checkpoint(folder / "m.gguf");
  EXPECT_EQ(model.n_files, 3);
  EXPECT_EQ(model.get("b").file, "m-00001-of-00003.gguf");
  EXPECT_EQ(model.get("c").file, "m-00002-of-00003.gguf");
  expect_planned_tensors(model);
  for (const std::vector<std::size_t>& shards :
       {std::vector<std::size_t>{0, 1, 0, 1}, {0, 0, 2, 2}, {1, 1, 1, 1}, {0, 0, 0}}) {
    expect_error([&] { GgufWriter(folder / "n.gguf", false, Metadata(), plan, 0, shards); },
                 ErrorKind::invalid_input, HasSubstr("in the order of their files"));
  }
}

TEST(gguf_shards, are_not_made_when_one_file_suffices) {
  const TemporaryFolder folder;
  GgufWriter writer(folder / "m.gguf", false, Metadata(), plan, 1000000);
  write_all(writer, plan);
  EXPECT_TRUE(fs::exists(folder / "m.gguf"));
}

TEST(gguf_shards, leave_nothing_when_unfinished) {
  const TemporaryFolder folder;
  { GgufWriter(folder / "m.gguf", false, Metadata(), plan, 100).write(data_of(plan[0], 0)); }
  EXPECT_EQ(folder.n_entries(), 0u);
}

// Class 13: shards that are missing, swapped or renamed.
TEST(gguf_shards, errors_name_the_shard) {
  const TemporaryFolder folder;
  const auto write = [&] {
    GgufWriter writer(folder / "m.gguf", true, Metadata(), plan, 100);
    write_all(writer, plan);
  };
  const auto open = [&] { open_gguf(folder / "m-00001-of-00003.gguf"); };
  const auto shard = [&](int n) { return folder / fmt::format("m-{:05}-of-00003.gguf", n); };

  write();
  fs::remove(shard(2));
  expect_error(open, ErrorKind::io,
               AllOf(HasSubstr("m-00002-of-00003.gguf"), HasSubstr("shard 2 of 3 is missing")));

  fs::copy_file(shard(3), shard(2));
  expect_error(open, ErrorKind::corrupt_file,
               HasSubstr("expected shard 2 of 3 by its name, found shard 3 of 3 inside"));

  write();
  fs::copy_file(shard(1), folder / "renamed.gguf");
  expect_error([&] { open_gguf(folder / "renamed.gguf"); }, ErrorKind::invalid_input,
               HasSubstr("expected a name ending in -00001-of-00003.gguf"));
}

TEST(gguf_shards, of_two_models_are_told_apart_by_their_tensors) {
  const TemporaryFolder folder;
  GgufWriter first(folder / "m.gguf", false, Metadata(), plan, 100);
  write_all(first, plan);
  const std::vector<TensorPlan> other = {{"a", id_of<formats::F32>(), {3}},
                                         {"d", id_of<formats::F32>(), {30}},
                                         {"e", id_of<formats::F32>(), {30}}};
  GgufWriter second(folder / "o.gguf", false, Metadata(), other, 100);
  write_all(second, other);

  fs::copy_file(folder / "o-00002-of-00003.gguf", folder / "m-00002-of-00003.gguf",
                fs::copy_options::overwrite_existing);
  expect_error([&] { open_gguf(folder / "m-00001-of-00003.gguf"); }, ErrorKind::corrupt_file,
               AllOf(HasSubstr("tensor 'd' stands in both m-00002"), HasSubstr("m-00003")));

  fs::copy_file(folder / "o-00003-of-00003.gguf", folder / "m-00002-of-00003.gguf",
                fs::copy_options::overwrite_existing);
  EXPECT_THROW(open_gguf(folder / "m-00001-of-00003.gguf"), Error);
}

}  // namespace nybble::files
