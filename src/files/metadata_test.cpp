#include "files/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_check.h"

namespace nybble::files {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Metadata sample() {
  Metadata metadata("x.gguf");
  metadata.set("u32", std::uint32_t{7});
  metadata.set("negative", std::int32_t{-1});
  metadata.set("huge", std::uint64_t{1} << 63);
  metadata.set("whole", 4096.0f);
  metadata.set("broken", 0.5);
  metadata.set("nan", std::numeric_limits<float>::quiet_NaN());
  metadata.set("bool", true);
  metadata.set("text", std::string("t"));
  metadata.set("ints", MetadataArray(std::vector<std::int8_t>{-1, 2}));
  metadata.set("floats", MetadataArray(std::vector<float>{1.0f, 2.5f}));
  metadata.set("texts", MetadataArray(std::vector<std::string>{"a"}));
  return metadata;
}

}  // namespace

TEST(metadata, keeps_the_order_and_replaces_in_place) {
  Metadata metadata;
  metadata.set("a", true);
  metadata.set("b", true);
  metadata.set("c", true);
  metadata.set("a", false);
  metadata.erase("b");
  metadata.erase("none");
  metadata.set("d", std::string("x"));
  std::vector<std::string> keys;
  for (const auto& [key, value] : metadata.items()) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("a", "c", "d"));
  EXPECT_FALSE(metadata.get_bool("a", true));
  EXPECT_EQ(metadata.get_string("d"), "x");
  EXPECT_EQ(metadata.find("b"), nullptr);
}

TEST(metadata, converts_numbers_that_fit) {
  const Metadata metadata = sample();
  EXPECT_EQ(metadata.get_uint("u32"), 7u);
  EXPECT_EQ(metadata.get_uint("huge"), std::uint64_t{1} << 63);
  EXPECT_EQ(metadata.get_uint("whole"), 4096u);
  EXPECT_EQ(metadata.get_float("u32"), 7.0);
  EXPECT_EQ(metadata.get_float("negative"), -1.0);
  EXPECT_THAT(*metadata.find_ints("ints"), ElementsAre(-1, 2));
  EXPECT_THAT(*metadata.find_floats("floats"), ElementsAre(1.0, 2.5));
  EXPECT_THAT(*metadata.find_floats("ints"), ElementsAre(-1.0, 2.0));
  EXPECT_THAT(*metadata.find_strings("texts"), ElementsAre("a"));
}

TEST(metadata, answers_with_the_default_only_when_the_key_is_missing) {
  const Metadata metadata = sample();
  EXPECT_EQ(metadata.get_uint("none", 3), 3u);
  EXPECT_EQ(metadata.get_float("none", 0.5), 0.5);
  EXPECT_TRUE(metadata.get_bool("none", true));
  EXPECT_EQ(metadata.get_string("none", "d"), "d");
  EXPECT_EQ(metadata.find_strings("none"), nullptr);
  EXPECT_FALSE(metadata.find_ints("none"));
  EXPECT_FALSE(metadata.find_floats("none"));
  expect_error([&] { metadata.get_uint("text", 3); }, ErrorKind::corrupt_file,
               HasSubstr("is a string, expected a number"));
}

TEST(metadata, errors_name_file_key_expected_and_found) {
  const Metadata metadata = sample();
  const auto refused = [](const std::function<void()>& action, const std::string& sentence) {
    expect_error(action, ErrorKind::corrupt_file, sentence);
  };
  refused([&] { metadata.get_uint("none"); }, "x.gguf: expected a key 'none', found none");
  refused([&] { metadata.get_uint("negative"); },
          "x.gguf: key 'negative' is -1, expected a whole number from 0");
  refused([&] { metadata.get_uint("broken"); },
          "x.gguf: key 'broken' is 0.5, expected a whole number from 0");
  refused([&] { metadata.get_uint("nan"); },
          "x.gguf: key 'nan' is nan, expected a whole number from 0");
  refused([&] { metadata.get_uint("bool"); }, "x.gguf: key 'bool' is a bool, expected a number");
  refused([&] { metadata.get_float("text"); }, "x.gguf: key 'text' is a string, expected a number");
  refused([&] { metadata.get_float("ints"); }, "x.gguf: key 'ints' is an array, expected a number");
  refused([&] { metadata.get_bool("u32", false); },
          "x.gguf: key 'u32' is a number, expected a bool");
  refused([&] { metadata.get_string("u32"); }, "x.gguf: key 'u32' is a number, expected a string");
  refused([&] { metadata.find_strings("text"); },
          "x.gguf: key 'text' is a string, expected an array of strings");
  refused([&] { metadata.find_strings("ints"); },
          "x.gguf: key 'ints' is an array of other values, expected an array of strings");
  refused([&] { metadata.find_ints("texts"); },
          "x.gguf: key 'texts' is an array of strings, expected whole numbers");
  refused([&] { metadata.find_ints("floats"); },
          "x.gguf: key 'floats' holds 2.5, expected whole numbers");
  refused([&] { metadata.find_floats("texts"); },
          "x.gguf: key 'texts' is an array of strings, expected numbers");
}

}  // namespace nybble::files
