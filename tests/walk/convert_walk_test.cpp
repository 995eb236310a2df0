// convert: every way between a directory of Hugging Face and GGUF keeps the weights.
#include <gtest/gtest.h>

#include <map>

#include "api/opened_model.h"
#include "base/temporary_folder.h"
#include "nybble/convert.h"
#include "nybble/error.h"
#include "nybble/model.h"
#include "nybble/text.h"

namespace nybble::walk {
namespace {

const std::filesystem::path tale = "models/tale-6m";

ConvertReport convert_to(const std::filesystem::path& input, const std::filesystem::path& output,
                         const std::string& type = "") {
  ConvertRequest request;
  request.input = input;
  request.output = output;
  request.type = type;
  return convert_model(request);
}

std::map<std::string, std::vector<float>> weights_of(const std::filesystem::path& path) {
  const auto checkpoint = files::open_checkpoint(path);
  std::map<std::string, std::vector<float>> weights;
  for (const files::NamedTensor& tensor : checkpoint.tensors) {
    auto& values = weights[tensor.name];
    values.resize(static_cast<std::size_t>(tensor.data.shape.count()));
    tensor.data.decode_rows(0, tensor.data.shape.rows(), values.data());
  }
  return weights;
}

// Without their order, which a conversion of a GGUF keeps.
std::map<std::string, std::string> metadata_of(const std::filesystem::path& path) {
  const ModelSummary summary = inspect_model(path);
  return {summary.metadata.begin(), summary.metadata.end()};
}

}  // namespace

TEST(convert_walk, directory_to_gguf_and_back_is_exact) {
  const TemporaryFolder folder;

  convert_to(tale, folder / "model.gguf");
  convert_to(folder / "model.gguf", folder / "back");

  EXPECT_TRUE(weights_of(folder / "back") == weights_of(tale));
}

TEST(convert_walk, tokens_survive_the_way_there_and_back) {
  const TemporaryFolder folder;
  const std::vector<std::string> texts = {"Once upon a time, there was a little fox.",
                                          "  It's 42\n\n\"really\"?",
                                          "<|endoftext|>Ein Fuchs \xc3\xbc"
                                          "ber den Zaun"};
  convert_to(tale, folder / "model.gguf");
  convert_to(folder / "model.gguf", folder / "back");

  const auto ids = [&](const std::filesystem::path& model) {
    std::vector<std::vector<std::int32_t>> result;
    for (const auto& pieces : tokenize(model, texts)) {
      auto& line = result.emplace_back();
      for (const TokenPiece& piece : pieces) line.push_back(piece.id);
    }
    return result;
  };

  EXPECT_EQ(ids(folder / "model.gguf"), ids(tale));
  EXPECT_EQ(ids(folder / "back"), ids(tale));
}

TEST(convert_walk, writes_the_type_asked_for) {
  const TemporaryFolder folder;
  convert_to(tale, folder / "f16.gguf", "F16");
  for (const files::NamedTensor& tensor : files::open_checkpoint(folder / "f16.gguf").tensors) {
    const auto expected =
        tensor.data.shape.rank() > 1 ? id_of<formats::F16>() : id_of<formats::F32>();
    EXPECT_EQ(tensor.data.format, expected) << tensor.name;
  }
}

TEST(convert_walk, refuses_types_that_it_does_not_write) {
  const TemporaryFolder folder;
  EXPECT_THROW(convert_to(tale, folder / "x.gguf", "Q9_K"), Error);
  EXPECT_THROW(convert_to(tale, folder / "x.gguf", "nonsense"), Error);
  EXPECT_THROW(convert_to(tale, folder / "x", "gptq:9b"), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(convert_walk, splits_a_gguf_and_reads_it_back) {
  const TemporaryFolder folder;
  ConvertRequest request;
  request.input = tale;
  request.output = folder / "split.gguf";
  request.max_shard_bytes = 4 << 20;

  const ConvertReport report = convert_model(request);
  convert_to(report.output, folder / "whole.gguf");
  convert_to(tale, folder / "direct.gguf");

  EXPECT_GT(report.output.find("-00001-of-"), 0u);
  EXPECT_TRUE(weights_of(folder / "whole.gguf") == weights_of(folder / "direct.gguf"));
  EXPECT_EQ(metadata_of(folder / "whole.gguf"), metadata_of(folder / "direct.gguf"));
}

}  // namespace nybble::walk
