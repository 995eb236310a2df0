// Directories in the layout of Hugging Face: what belongs to the model, and names and links that
// lead elsewhere.
#include "files/hf_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "files/checkpoint.h"
#include "files/safetensors_bytes.h"

namespace nybble::files {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

// A file with one tensor of one byte.
std::string weights(const std::string& name) {
  return safetensors_bytes("{\"" + name + R"(":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                           1);
}

std::string index_of(const std::string& pairs) {
  return "{\"weight_map\":{" + pairs + "}}";
}

void expect_refused(const fs::path& path, ErrorKind kind,
                    const testing::Matcher<std::string>& sentence) {
  expect_error([&] { open_checkpoint(path); }, kind, sentence);
}

}  // namespace

TEST(hf_directory, takes_the_model_and_its_texts) {
  const TemporaryFolder folder;
  folder.make("model.safetensors", weights("a"));
  folder.make("consolidated.safetensors", weights("b"));
  folder.make("config.json", "{\"x\":1}");
  folder.make("tokenizer.model", std::string("\0\1", 2));
  folder.make("chat_templates/tools.jinja", "t");
  folder.make("README.md", "no text of the model");

  for (const fs::path& path :
       {folder.path(), folder / "model.safetensors", folder / "config.json"}) {
    const Checkpoint model = open_checkpoint(path);
    EXPECT_EQ(model.n_files, 1);
    EXPECT_NE(model.find("a"), nullptr);
    EXPECT_EQ(model.texts.size(), 3u);
    EXPECT_EQ(model.texts.at("tokenizer.model").size(), 2u);
    EXPECT_EQ(model.texts.at("chat_templates/tools.jinja"), "t");
  }
  EXPECT_NE(open_checkpoint(folder / "consolidated.safetensors").find("b"), nullptr);
}

TEST(hf_directory, takes_the_only_file_whatever_its_name) {
  const TemporaryFolder folder;
  folder.make("weights.safetensors", weights("a"));
  EXPECT_EQ(open_checkpoint(folder.path()).tensors.size(), 1u);
  folder.make("more.safetensors", weights("b"));
  expect_refused(folder.path(), ErrorKind::invalid_input,
                 HasSubstr("holds 2 safetensors files but no model.safetensors.index"));
}

TEST(hf_directory, opens_all_shards_from_any_of_their_names) {
  const TemporaryFolder folder;
  const fs::path first = folder.make("model-00001-of-00002.safetensors", weights("a"));
  const fs::path index = folder.make(
      "model.safetensors.index.json",
      index_of(R"("a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors")"));
  expect_refused(folder.path(), ErrorKind::io,
                 AllOf(HasSubstr("model-00002-of-00002.safetensors: is missing")));
  folder.make("model-00002-of-00002.safetensors", weights("b"));
  for (const fs::path& path : {folder.path(), first, index}) {
    EXPECT_EQ(open_checkpoint(path).tensors.size(), 2u) << path;
  }
  fs::remove(index);
  expect_refused(folder.path(), ErrorKind::invalid_input,
                 HasSubstr("but no model.safetensors.index.json"));
}

TEST(hf_directory, says_when_the_download_is_incomplete) {
  const TemporaryFolder folder;
  folder.make("config.json", "{}");
  expect_refused(folder.path(), ErrorKind::invalid_input,
                 HasSubstr("found no weights beside config.json; is the download complete?"));
  folder.make("model-00001-of-00002.safetensors", weights("a"));
  expect_refused(folder.path(), ErrorKind::invalid_input, HasSubstr("is one of several shards"));
  expect_refused(folder / "none", ErrorKind::io, HasSubstr("found nothing there"));
}

TEST(hf_directory, does_not_read_pickles_and_says_why) {
  const TemporaryFolder folder;
  folder.make("config.json", "{}");
  const fs::path pickle = folder.make("pytorch_model.bin", "PK");
  const auto why =
      AllOf(HasSubstr("pickle"), HasSubstr("can run any code"), HasSubstr("fetch the safetensors"));
  expect_refused(folder.path(), ErrorKind::unsupported, why);
  expect_refused(pickle, ErrorKind::unsupported, why);
}

TEST(hf_directory, asks_which_model_when_there_are_several) {
  const TemporaryFolder folder;
  folder.make("b.gguf", "GGUF");
  folder.make("a.gguf", "GGUF");
  expect_refused(folder.path(), ErrorKind::invalid_input,
                 HasSubstr("holds several models (a.gguf, b.gguf)"));
  folder.make("model.safetensors", weights("a"));
  expect_refused(folder.path(), ErrorKind::invalid_input,
                 HasSubstr("(safetensors, a.gguf, b.gguf)"));
}

TEST(hf_directory, an_image_encoder_is_not_the_model) {
  const TemporaryFolder folder;
  folder.make("mmproj-m.gguf", "");
  folder.make("m.gguf", std::string("GGUF\3\0\0\0", 8) + std::string(16, '\0'));
  EXPECT_EQ(open_checkpoint(folder.path()).container, "gguf");
}

// Class 12: an index that names files elsewhere.
TEST(hf_directory, the_index_stays_in_its_directory) {
  const TemporaryFolder folder;
  folder.make("outside.safetensors", weights("a"));
  for (const std::string name : {"../outside.safetensors", "/etc/passwd", "sub/x.safetensors", "..",
                                 ".", "", "x.bin", "a\\u0000.safetensors", "a\\n.safetensors"}) {
    folder.make("model/model.safetensors.index.json", index_of("\"a\":\"" + name + "\""));
    expect_refused(folder / "model", ErrorKind::corrupt_file,
                   HasSubstr("expected the name of a .safetensors file"));
  }
  for (const std::string index :
       {"[]", "{}", "{\"weight_map\":3}", "{\"weight_map\":{}}", "{\"weight_map\":{\"a\":1}}"}) {
    folder.make("model/model.safetensors.index.json", index);
    expect_refused(folder / "model", ErrorKind::corrupt_file,
                   HasSubstr("model.safetensors.index.json: "));
  }
}

TEST(hf_directory, the_index_tells_the_truth) {
  const TemporaryFolder folder;
  folder.make("x.safetensors", weights("a"));
  folder.make("y.safetensors", weights("b"));
  const auto index = [&](const std::string& pairs) {
    folder.make("model.safetensors.index.json", index_of(pairs));
  };
  index(R"("a":"y.safetensors","b":"x.safetensors")");
  expect_refused(
      folder.path(), ErrorKind::corrupt_file,
      HasSubstr("the index says that tensor 'a' is in y.safetensors, but it is x.safetensors"));
  index(R"("a":"x.safetensors","c":"y.safetensors")");
  expect_refused(folder.path(), ErrorKind::corrupt_file,
                 HasSubstr("tensor 'c' is in y.safetensors, but it is in none"));
  folder.make("y.safetensors", weights("a"));
  index(R"("a":"x.safetensors","b":"y.safetensors")");
  expect_refused(folder.path(), ErrorKind::corrupt_file, HasSubstr("tensor 'a' stands in both"));
}

TEST(hf_directory, links_stay_in_the_directory) {
  const TemporaryFolder folder;
  folder.make("secret", "{}");
  folder.make("weights.safetensors", weights("a"));
  folder.make("model/model.safetensors", weights("a"));
  fs::create_symlink("../secret", folder / "model/config.json");
  expect_refused(
      folder / "model", ErrorKind::invalid_input,
      AllOf(HasSubstr("model/config.json: is a link to"), HasSubstr("outside its directory")));
  fs::remove(folder / "model/config.json");
  fs::remove(folder / "model/model.safetensors");
  fs::create_symlink("../weights.safetensors", folder / "model/model.safetensors");
  expect_refused(folder / "model", ErrorKind::invalid_input, HasSubstr("outside its directory"));

  EXPECT_EQ(open_checkpoint(folder / "model/model.safetensors").tensors.size(),
            1u);  // named by the user

  // Links inside, and a link to the whole directory, are fine.
  fs::rename(folder / "weights.safetensors", folder / "model/real.safetensors");
  fs::remove(folder / "model/model.safetensors");
  fs::create_symlink("real.safetensors", folder / "model/model.safetensors");
  fs::create_directory_symlink("model", folder / "alias");
  EXPECT_EQ(open_checkpoint(folder / "alias").tensors.size(), 1u);
}

TEST(hf_directory, the_cache_of_hugging_face_links_to_its_blobs) {
  const TemporaryFolder folder;
  folder.make("models--org--name/blobs/0123", weights("a"));
  folder.make("models--org--name/blobs/4567", "{}");
  const fs::path snapshot = folder / "models--org--name/snapshots/abcdef";
  fs::create_directories(snapshot);
  fs::create_symlink("../../blobs/0123", snapshot / "model.safetensors");
  fs::create_symlink("../../blobs/4567", snapshot / "config.json");
  const Checkpoint model = open_checkpoint(snapshot);
  EXPECT_EQ(model.get("a").file, "model.safetensors");
  EXPECT_EQ(model.texts.at("config.json"), "{}");
  // Blobs of another model are outside.
  folder.make("models--org--other/blobs/89ab", "{}");
  fs::create_symlink("../../../models--org--other/blobs/89ab", snapshot / "tokenizer.json");
  expect_refused(snapshot, ErrorKind::invalid_input, HasSubstr("outside its directory"));
}

}  // namespace nybble::files
