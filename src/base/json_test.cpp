#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "nybble/error.h"

namespace nybble {
namespace {

std::string error_of(const std::string& text) {
  try {
    parse_json(text, "x.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::corrupt_file);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST(json, reads_values_of_all_kinds) {
  const Json json = parse_json(
      R"({"a": [1, -2, 2.5, "x\u00e9", true, null, {}], "b": {"c": []}, "big": 18446744073709551615})",
      "x");
  EXPECT_EQ(json["a"].size(), 7u);
  EXPECT_EQ(json["a"][1], -2);
  EXPECT_EQ(json["a"][3], "x\xc3\xa9");
  EXPECT_TRUE(json["a"][6].is_object());
  EXPECT_TRUE(json["b"]["c"].is_array());
  EXPECT_EQ(json["big"].get<std::uint64_t>(), 18446744073709551615u);
  EXPECT_EQ(parse_json("3", "x"), 3);
}

TEST(json, keeps_the_order_of_keys_when_asked) {
  EXPECT_EQ(parse_ordered_json(R"({"z": 1, "a": {"y": 2, "b": 3}})", "x").dump(),
            R"({"z":1,"a":{"y":2,"b":3}})");
}

TEST(json, names_the_file_and_the_place_of_bad_syntax) {
  EXPECT_THAT(error_of("{\"a\": }"),
              testing::StartsWith("x.json: expected JSON: parse error at line 1, column 7"));
  for (const char* text : {"", "{", "[1,]", "{\"a\" 1}", "\"\xff\"", "nul", "1 2", "[1e999]"}) {
    EXPECT_THAT(error_of(text), testing::StartsWith("x.json: expected JSON: ")) << text;
  }
}

TEST(json, refuses_duplicate_keys) {
  EXPECT_EQ(error_of(R"({"a": {"k": 1, "k": 2}})"),
            "x.json: expected each key once in a JSON object, found 'k' twice");
  EXPECT_THROW(parse_ordered_json(R"({"k": 1, "m": 3, "k": 2})", "x"), Error);
}

TEST(json, limits_the_depth) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_NO_THROW(parse_json(nested(256), "x"));
  EXPECT_THAT(error_of(nested(257)), testing::HasSubstr("at most 256 levels"));
  EXPECT_THAT(error_of(std::string(1000000, '[')), testing::HasSubstr("at most 256 levels"));
}

TEST(json, is_fast_for_an_ordered_object_of_many_keys) {
  std::string text = "{\"first\": 0";
  for (int i = 0; i < 200000; ++i) text += ", \"key" + std::to_string(i) + "\": 1";
  // Quadratic work would take minutes here and run into the time limit of the test.
  EXPECT_EQ(parse_ordered_json(text + "}", "x").size(), 200001u);
}

}  // namespace nybble
