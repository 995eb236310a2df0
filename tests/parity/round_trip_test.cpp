// From a directory of Hugging Face to a GGUF and back: the same logits, bit for bit.
#include <gtest/gtest.h>

#include "files/gguf.h"
#include "files/safetensors.h"
#include "golden_models.h"

namespace nybble {
namespace {

class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / ("nybble_" + name)) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_gguf(const models::ModelSource& source, const std::filesystem::path& path) {
  std::vector<files::TensorPlan> plan;
  for (const models::SourceTensor& tensor : source.tensors)
    plan.push_back({tensor.name, tensor.format, tensor.shape});
  files::GgufWriter writer(path, false, source.metadata, plan);
  for (const models::SourceTensor& tensor : source.tensors) {
    for (std::int64_t row = 0; row < tensor.shape.rows(); ++row) writer.write(tensor.row(row));
  }
  writer.finish();
}

// In float32, whatever the source stores.
void write_hf(const models::ModelSource& source, const std::filesystem::path& folder) {
  const models::HfModel model = models::describe_for_hf(source);
  std::vector<files::TensorPlan> plan;
  for (const models::HfTensor& tensor : model.tensors)
    plan.push_back({tensor.name, id_of<formats::F32>(), tensor.source->shape});
  files::SafetensorsWriter writer(folder, false, {}, plan);
  for (const models::HfTensor& tensor : model.tensors) {
    std::vector<float> values(static_cast<std::size_t>(tensor.source->shape.count()));
    tensor.decode_rows(0, tensor.source->shape.rows(), values.data());
    writer.write(std::as_bytes(std::span(values)));
  }
  writer.add_text("config.json", model.config.dump(2) + "\n");
  writer.finish();
}

}  // namespace

class round_trip : public testing::TestWithParam<std::string> {};

TEST_P(round_trip, keeps_the_logits) {
  const TemporaryFolder folder("round_trip_" + GetParam());
  const models::ModelSource source = golden::open(golden::folder_of(GetParam()));
  std::vector<std::int32_t> tokens = golden::tokens_of(GetParam());
  // GGUF has no dynamic scaling: the same up to the trained context, and a note says so.
  const bool is_dynamic = source.config.rope.scaling == models::RopeScaling::dynamic;
  if (is_dynamic) tokens.resize(static_cast<std::size_t>(source.config.context));
  EXPECT_EQ(!source.notes.empty(), is_dynamic);
  const std::vector<float> expected = golden::run(source, tokens);

  write_gguf(source, folder.path() / "model.gguf");
  const models::ModelSource gguf = golden::open(folder.path() / "model.gguf");
  write_hf(gguf, folder.path() / "hf");
  const models::ModelSource back = golden::open(folder.path() / "hf");

  EXPECT_EQ(back.architecture, source.architecture);
  EXPECT_TRUE(golden::same_bits(golden::run(gguf, tokens), expected));
  EXPECT_TRUE(golden::same_bits(golden::run(back, tokens), expected));
}

INSTANTIATE_TEST_SUITE_P(all, round_trip, testing::ValuesIn(golden::names()),
                         [](const auto& model) { return model.param; });

}  // namespace nybble
