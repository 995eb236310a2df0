#include "export/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_check.h"
#include "base/temporary_folder.h"

namespace nybble::exports {
namespace {

ExportPlan plan_for(const std::filesystem::path& path) {
  ExportPlan plan;
  plan.path = path;
  plan.metadata.set("general.architecture", std::string("llama"));
  plan.texts["config.json"] = "{}";
  plan.tensors = {{"a", id_of<formats::F32>(), {2, 2}}, {"b", id_of<formats::F16>(), {8}}};
  return plan;
}

void write_all(const ExportKind& kind, const ExportPlan& plan) {
  const auto writer = kind.begin(plan);
  for (const files::TensorPlan& tensor : plan.tensors)
    writer->write(Tensor(tensor.format, tensor.shape).bytes);
  writer->finish();
}

}  // namespace

TEST(exports, every_kind_writes_what_opens_again) {
  for (const ExportKind& kind : all()) {
    const TemporaryFolder folder;
    write_all(kind, plan_for(folder / "out.gguf"));
    const files::Checkpoint model = files::open_checkpoint(folder / "out.gguf");
    EXPECT_EQ(model.container, kind.name);
    EXPECT_EQ(model.n_files, 1);
    EXPECT_EQ(model.get("a").data.shape, Shape({2, 2}));
    EXPECT_EQ(model.get("b").data.bytes.size(), 16u);
  }
}

TEST(exports, every_kind_splits_when_asked) {
  for (const ExportKind& kind : all()) {
    const TemporaryFolder folder;
    ExportPlan plan = plan_for(folder / "out");
    plan.max_shard_bytes = 16;
    write_all(kind, plan);
    const auto path = kind.name == "gguf" ? folder / "out-00001-of-00002.gguf" : folder / "out";
    EXPECT_EQ(files::open_checkpoint(path).n_files, 2);
  }
}

TEST(exports, every_kind_leaves_nothing_when_destroyed_early) {
  for (const ExportKind& kind : all()) {
    const TemporaryFolder folder;
    { kind.begin(plan_for(folder / "out.gguf"))->write(std::vector<std::byte>(7)); }
    EXPECT_EQ(folder.n_entries(), 0u);
  }
}

TEST(exports, every_kind_replaces_only_when_allowed) {
  for (const ExportKind& kind : all()) {
    const TemporaryFolder folder;
    ExportPlan plan = plan_for(folder / "out.gguf");
    write_all(kind, plan);
    expect_error([&] { kind.begin(plan); }, ErrorKind::invalid_input,
                 testing::HasSubstr("--force"));
    plan.replace = true;
    EXPECT_NO_THROW(write_all(kind, plan));
    EXPECT_EQ(folder.n_entries(), 1u);
  }
}

TEST(exports, texts_go_into_directories_and_key_values_into_gguf) {
  const TemporaryFolder folder;
  write_all(find("gguf"), plan_for(folder / "m.gguf"));
  write_all(find("safetensors"), plan_for(folder / "m"));
  EXPECT_EQ(files::open_checkpoint(folder / "m.gguf").metadata.get_string("general.architecture"),
            "llama");
  EXPECT_EQ(files::open_checkpoint(folder / "m").texts.at("config.json"), "{}");
  EXPECT_EQ(files::open_checkpoint(folder / "m").metadata.get_string("format"), "pt");
}

TEST(exports, each_knows_the_formats_it_takes) {
  const FormatId q8_0 = id_of<formats::Q8_0>(), u8 = *formats::find_by_name("U8"),
                 f32 = id_of<formats::F32>();
  EXPECT_TRUE(find("gguf").accepts(q8_0) && find("gguf").accepts(f32));
  EXPECT_FALSE(find("gguf").accepts(u8));
  EXPECT_TRUE(find("safetensors").accepts(u8) && find("safetensors").accepts(f32));
  EXPECT_FALSE(find("safetensors").accepts(q8_0));
  expect_error([] { find("pickle"); }, ErrorKind::invalid_input,
               testing::HasSubstr("known are gguf, safetensors"));
}

}  // namespace nybble::exports
