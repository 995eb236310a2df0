#include "files/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error_check.h"

namespace nybble::files {

TEST(checkpoint, opens_the_model_of_the_repository) {
  const Checkpoint model = open_checkpoint("models/tale-6m");

  EXPECT_EQ(model.container, "safetensors");
  EXPECT_EQ(model.n_files, 1);
  EXPECT_EQ(model.file_bytes, 11547040u);
  const NamedTensor& embedding = model.get("model.embed_tokens.weight");
  EXPECT_EQ(embedding.data.shape, Shape({4096, 256}));
  EXPECT_EQ(formats::info(embedding.data.format).name, "BF16");
  EXPECT_EQ(embedding.data.bytes.size(), 4096u * 256 * 2);
  EXPECT_EQ(model.find("no such"), nullptr);
  EXPECT_THROW(model.get("no such"), Error);
  EXPECT_THAT(model.texts, testing::Contains(testing::Key("config.json")));
  EXPECT_THAT(model.texts, testing::Contains(testing::Key("tokenizer.json")));
}

TEST(checkpoint, refuses_what_never_ends) {
  expect_error([] { open_checkpoint("/dev/zero"); }, ErrorKind::io,
               testing::HasSubstr("a device or pipe"));
}

TEST(checkpoint, opens_vocabularies_of_real_models) {
  const std::filesystem::path folder = "../shared/data/tokenizers";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "skipped: no ../shared/data/tokenizers";

  const Checkpoint qwen = open_checkpoint(folder / "qwen2.gguf");
  EXPECT_EQ(qwen.container, "gguf");
  EXPECT_TRUE(qwen.tensors.empty());
  EXPECT_EQ(qwen.metadata.get_string("tokenizer.ggml.pre"), "qwen2");
  EXPECT_EQ(qwen.metadata.find_strings("tokenizer.ggml.tokens")->size(), 151936u);
  EXPECT_EQ(open_checkpoint(folder / "llama-bpe.gguf").metadata.get_string("general.architecture"),
            "llama");
}

}  // namespace nybble::files
