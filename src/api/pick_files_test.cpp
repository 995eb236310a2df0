#include "api/pick_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace nybble::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

HubReference repo(std::string quant = "", std::string file = "") {
  return {
      .repo = "user/repo", .revision = "main", .quant = std::move(quant), .file = std::move(file)};
}

const std::vector<std::string> gguf_names{"README.md",      "m-IQ2_M.gguf",      "m-Q4_K_M.gguf",
                                          "m-Q4_K_S.gguf",  "m-UD-Q4_K_XL.gguf", "m-Q8_0.gguf",
                                          "mmproj-F16.gguf"};

TEST(PickFiles, takes_the_quant_in_any_case_and_as_a_whole_word) {
  EXPECT_EQ(pick_files(repo("q4_k_s"), gguf_names).main, "m-Q4_K_S.gguf");
  EXPECT_EQ(pick_files(repo("q8_0"), gguf_names).main, "m-Q8_0.gguf");
  EXPECT_THROW(pick_files(repo("Q4_K"), gguf_names), Error);
  EXPECT_THROW(pick_files(repo("Q2_M"), gguf_names), Error);
}

TEST(PickFiles, defaults_to_q4_k_m_and_then_to_the_first) {
  EXPECT_EQ(pick_files(repo(), gguf_names).main, "m-Q4_K_M.gguf");
  EXPECT_THAT(pick_files(repo(), gguf_names).reason, HasSubstr("the default; 4 other GGUF files"));
  EXPECT_EQ(pick_files(repo(), {"m-Q8_0.gguf", "m-Q5_0.gguf", "mmproj-a.gguf"}).main,
            "m-Q5_0.gguf");
}

TEST(PickFiles, takes_all_parts_of_a_split_model) {
  const std::vector<std::string> names{"Q8_0/m-00002-of-00002.gguf", "Q8_0/m-00001-of-00002.gguf",
                                       "m-Q4_0.gguf"};
  const PickedFiles picked = pick_files(repo("q8_0"), names);
  EXPECT_EQ(picked.main, "Q8_0/m-00001-of-00002.gguf");
  EXPECT_THAT(picked.files,
              ElementsAre("Q8_0/m-00001-of-00002.gguf", "Q8_0/m-00002-of-00002.gguf"));
  EXPECT_THROW(pick_files(repo(), {"m-00001-of-00002.gguf"}), Error);
}

TEST(PickFiles, takes_what_a_safetensors_checkpoint_needs) {
  const std::vector<std::string> names{"README.md",
                                       "config.json",
                                       "consolidated.safetensors",
                                       "model-00001-of-00002.safetensors",
                                       "model-00002-of-00002.safetensors",
                                       "model.safetensors.index.json",
                                       "onnx/model.onnx",
                                       "original/config.json",
                                       "pytorch_model.bin.index.json",
                                       "tokenizer.model",
                                       "chat_template.jinja"};
  const PickedFiles picked = pick_files(repo(), names);
  EXPECT_THAT(picked.files,
              ElementsAre("chat_template.jinja", "config.json", "model-00001-of-00002.safetensors",
                          "model-00002-of-00002.safetensors", "model.safetensors.index.json",
                          "tokenizer.model"));
  EXPECT_EQ(picked.main, "");
}

TEST(PickFiles, says_what_there_is_when_nothing_fits) {
  try {
    pick_files(repo("Q3_K"), gguf_names);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("m-Q8_0.gguf"));
  }
  try {
    pick_files(repo(), {"pytorch_model.bin"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("pickled"));
  }
  EXPECT_THROW(pick_files(repo("", "other.gguf"), gguf_names), Error);
}

}  // namespace
}  // namespace nybble::api
