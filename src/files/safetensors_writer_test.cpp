// Safetensors: what is written is read back, sharded or not, and nothing half-written stays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_check.h"
#include "base/json.h"
#include "base/temporary_folder.h"
#include "files/safetensors.h"

namespace nybble::files {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::vector<TensorPlan> plan = {{"half", id_of<formats::F16>(), {3}},
                                      {"byte", *formats::find_by_name("U8"), {5}},
                                      {"none", id_of<formats::F32>(), {0, 4}},
                                      {"float", id_of<formats::F32>(), {2, 4}},
                                      {"scalar", *formats::find_by_name("I64"), {}}};

std::vector<std::byte> data_of(const TensorPlan& tensor, std::size_t seed) {
  Tensor made(tensor.format, tensor.shape);
  for (std::size_t i = 0; i < made.bytes.size(); ++i)
    made.bytes[i] = static_cast<std::byte>(i * 7 + seed * 31);
  return made.bytes;
}

void write_all(SafetensorsWriter& writer) {
  for (std::size_t i = 0; i < plan.size(); ++i) writer.write(data_of(plan[i], i));
  writer.finish();
}

void expect_planned_tensors(const Checkpoint& model) {
  ASSERT_EQ(model.tensors.size(), plan.size());
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const NamedTensor& tensor = model.get(plan[i].name);
    EXPECT_EQ(tensor.data.format, plan[i].format);
    EXPECT_EQ(tensor.data.shape, plan[i].shape);
    // No hole, and yet each tensor is aligned to its elements.
    EXPECT_EQ(tensor.offset % static_cast<std::uint64_t>(formats::info(plan[i].format).block_bytes),
              0u);
    const auto expected = data_of(plan[i], i);
    EXPECT_TRUE(std::equal(tensor.data.bytes.begin(), tensor.data.bytes.end(), expected.begin(),
                           expected.end()));
  }
}

}  // namespace

TEST(safetensors_writer, writes_what_is_read_back) {
  const TemporaryFolder folder;
  SafetensorsWriter writer(folder / "new/out/", false,
                           {{"format", "pt"}, {"note", "\"quoted\" \xc3\xa9"}}, plan);
  writer.add_text("config.json", "{}");
  writer.add_text("chat_templates/rag.jinja", "{{ x }}");
  write_all(writer);

  const Checkpoint model = open_checkpoint(folder / "new/out");

  expect_planned_tensors(model);
  EXPECT_EQ(model.metadata.get_string("note"), "\"quoted\" \xc3\xa9");
  EXPECT_EQ(model.texts.at("config.json"), "{}");
  EXPECT_EQ(model.texts.at("chat_templates/rag.jinja"), "{{ x }}");
  const std::string bytes = content_of(folder / "new/out/model.safetensors");
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof(header));
  EXPECT_EQ(header % 8, 0u);
}

TEST(safetensors_writer, writes_shards_with_an_index) {
  const TemporaryFolder folder;
  SafetensorsWriter writer(folder.path(), false, {}, plan,
                           32);  // half, byte, none | float | scalar
  write_all(writer);

  const Checkpoint model = open_checkpoint(folder.path());

  EXPECT_EQ(model.n_files, 3);
  expect_planned_tensors(model);
  EXPECT_EQ(model.get("float").file, "model-00002-of-00003.safetensors");
  const Json index = parse_json(content_of(folder / "model.safetensors.index.json"), "index");
  EXPECT_EQ(index["metadata"]["total_size"], 6 + 5 + 32 + 8);
  EXPECT_EQ(index["weight_map"]["scalar"], "model-00003-of-00003.safetensors");
}

TEST(safetensors_writer, leaves_nothing_when_unfinished) {
  const TemporaryFolder folder;
  {
    SafetensorsWriter writer(folder / "new/out", false, {}, plan, 32);
    writer.add_text("chat_templates/rag.jinja", "x");
    writer.write(data_of(plan[0], 0));
    expect_error([&] { writer.finish(); }, ErrorKind::invalid_input,
                 HasSubstr("tensor 'byte' got 0 of 5 bytes"));
  }
  EXPECT_EQ(folder.n_entries(), 0u);
}

TEST(safetensors_writer, replaces_a_model_only_when_allowed_and_then_wholly) {
  const TemporaryFolder folder;
  folder.make("README.md", "kept");
  folder.make("other.safetensors", "kept");
  folder.make("chat_template.jinja", "of the old model");
  SafetensorsWriter old(folder.path(), false, {}, plan, 32);
  write_all(old);
  expect_error([&] { SafetensorsWriter(folder.path(), false, {}, plan); }, ErrorKind::invalid_input,
               HasSubstr("holds a model already"));

  SafetensorsWriter writer(folder.path(), true, {}, plan);
  writer.add_text("config.json", "{}");
  write_all(writer);

  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path()))
    names.push_back(entry.path().filename());
  EXPECT_THAT(names, testing::UnorderedElementsAre("README.md", "config.json", "model.safetensors",
                                                   "other.safetensors"));
}

TEST(safetensors_writer, does_not_remove_texts_without_leave) {
  const TemporaryFolder folder;
  folder.make("tokenizer.json", "{}");
  SafetensorsWriter writer(folder.path(), false, {}, plan);
  write_all(writer);
  EXPECT_EQ(content_of(folder / "tokenizer.json"), "{}");
}

TEST(safetensors_writer, refuses_what_safetensors_cannot_hold) {
  const TemporaryFolder folder;
  const auto refused = [&](const TensorPlan& tensor, ErrorKind kind, const std::string& text) {
    expect_error([&] { SafetensorsWriter(folder / "out", false, {}, {tensor}); }, kind,
                 HasSubstr(text));
  };
  refused({"t", id_of<formats::Q8_0>(), {32}}, ErrorKind::unsupported,
          "it is Q8_0, expected one of F64 F32");
  refused({"__metadata__", id_of<formats::F32>(), {1}}, ErrorKind::invalid_input,
          "cannot be named");
  refused({"", id_of<formats::F32>(), {1}}, ErrorKind::invalid_input, "cannot be named");
  expect_error(
      [&] {
        SafetensorsWriter(folder / "out", false, {{"k", "\xff"}}, plan);
      },
      ErrorKind::invalid_input, HasSubstr("is not UTF-8"));
  folder.make("file", "x");
  expect_error([&] { SafetensorsWriter(folder / "file", true, {}, plan); },
               ErrorKind::invalid_input, HasSubstr("expected a directory"));
  expect_error([&] { SafetensorsWriter(folder / "file/out", true, {}, plan); }, ErrorKind::io,
               HasSubstr("cannot be made"));
  EXPECT_EQ(folder.n_entries(), 1u);
}

}  // namespace nybble::files
