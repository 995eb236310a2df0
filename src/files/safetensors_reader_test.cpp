// Safetensors: valid files, odd-but-valid ones, and those that must end in an error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_check.h"
#include "files/safetensors.h"
#include "files/safetensors_bytes.h"
#include "files/safetensors_layout.h"

namespace nybble::files {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

void expect_refused(const std::string& bytes, const testing::Matcher<std::string>& sentence,
                    ErrorKind kind = ErrorKind::corrupt_file) {
  expect_error([&] { parse_safetensors(bytes_of(bytes), "x.safetensors"); }, kind,
               AllOf(StartsWith("x.safetensors: "), sentence));
}

void expect_entry_refused(const std::string& entry, std::size_t n,
                          const testing::Matcher<std::string>& sentence,
                          ErrorKind kind = ErrorKind::corrupt_file) {
  expect_refused(safetensors_bytes("{\"t\":" + entry + "}", n), sentence, kind);
}

const std::string small_file = safetensors_bytes(
    R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[3],"data_offsets":[16,22]},)"
    R"("a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}   )",
    22);

}  // namespace

TEST(safetensors_reader, reads_tensors_in_the_order_of_their_data) {
  const SafetensorsFile file = parse_safetensors(bytes_of(small_file), "dir/x.safetensors");

  EXPECT_EQ(file.metadata.at("format"), "pt");
  ASSERT_EQ(file.tensors.size(), 2u);
  EXPECT_EQ(file.tensors[0].name, "a");
  EXPECT_EQ(file.tensors[0].data.shape, Shape({2, 2}));
  EXPECT_EQ(file.tensors[0].file, "x.safetensors");
  EXPECT_EQ(file.tensors[0].data.bytes.size(), 16u);
  EXPECT_EQ(file.tensors[1].name, "b");
  EXPECT_EQ(formats::info(file.tensors[1].data.format).name, "F16");
  EXPECT_EQ(file.tensors[1].offset, small_file.size() - 6);
}

TEST(safetensors_reader, knows_every_dtype_of_its_list) {
  for (const std::string_view dtype : safetensors_dtypes) {
    const auto format = formats::find_by_name(dtype);
    ASSERT_TRUE(format) << dtype;
    EXPECT_EQ(formats::info(*format).name, dtype);
    const auto size = static_cast<std::size_t>(formats::info(*format).block_bytes);
    const std::string bytes = safetensors_bytes(
        fmt::format(R"({{"t":{{"dtype":"{}","shape":[],"data_offsets":[0,{}]}}}})", dtype, size),
        size);
    EXPECT_EQ(parse_safetensors(bytes_of(bytes), "x").tensors.at(0).data.format, *format);
  }
}

TEST(safetensors_reader, reads_odd_but_valid_files) {
  EXPECT_TRUE(parse_safetensors(bytes_of(safetensors_bytes("{}", 0)), "x").tensors.empty());
  // Tensors without elements share their place with the next one.
  const std::string empty = safetensors_bytes(
      R"({"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1},"a":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}})",
      4);
  const SafetensorsFile file = parse_safetensors(bytes_of(empty), "x");
  EXPECT_EQ(file.tensors[0].data.shape, Shape({0, 7}));
  EXPECT_EQ(file.tensors[1].data.bytes.size(), 4u);
}

TEST(safetensors_hostile, lengths_of_the_header) {
  expect_refused("", HasSubstr("found 0 bytes"));
  expect_refused("1234567", HasSubstr("found 7 bytes"));
  expect_refused(std::string("\xff\xff\xff\xff\xff\xff\xff\xff", 8) + "{}",
                 HasSubstr("18446744073709551615 bytes"));
  expect_refused(std::string("\x03\0\0\0\0\0\0\0", 8) + "{}",
                 HasSubstr("a header of 3 bytes, but 2 bytes follow"));
  expect_refused(safetensors_bytes("", 8), HasSubstr("expected a header that starts with '{'"));
  expect_refused(safetensors_bytes(" {}", 0), HasSubstr("starts with '{'"));
  std::string long_header = "{}";
  long_header.resize(safetensors_max_header + 1, ' ');
  expect_refused(safetensors_bytes(long_header, 0), HasSubstr("100000000 are the limit"));
}

TEST(safetensors_hostile, headers_that_are_no_json) {
  expect_refused(safetensors_bytes("{\"a\":", 0), HasSubstr("expected JSON"));
  expect_refused(safetensors_bytes("{} {}", 0), HasSubstr("expected JSON"));
  expect_refused(safetensors_bytes("{\"\xff\":1}", 0), HasSubstr("expected JSON"));
  expect_refused(
      safetensors_bytes("{\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "}", 0),
      HasSubstr("at most 256 levels"));
  const std::string entry = R"("t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  expect_refused(safetensors_bytes("{" + entry + "," + entry + "}", 4),
                 HasSubstr("found 't' twice"));
}

TEST(safetensors_hostile, entries_with_missing_or_wrong_fields) {
  expect_entry_refused("1", 0, HasSubstr("tensor 't' is not described by an object"));
  expect_entry_refused("{}", 0, HasSubstr("tensor 't' has no dtype"));
  expect_entry_refused(R"({"dtype":3})", 0, HasSubstr("has no dtype"));
  for (const std::string dtype : {"F33", "Q8_0", "f32", "C64", "F4", ""}) {
    expect_entry_refused(
        "{\"dtype\":\"" + dtype + "\",\"shape\":[1],\"data_offsets\":[0,4]}", 4,
        AllOf(HasSubstr("has dtype '" + dtype + "'"), HasSubstr("nybble reads F64 F32")),
        ErrorKind::unsupported);
  }
  expect_entry_refused(R"({"dtype":"F32","data_offsets":[0,4]})", 4, HasSubstr("has no shape"));
  expect_entry_refused(R"({"dtype":"F32","shape":4,"data_offsets":[0,4]})", 4,
                       HasSubstr("has no shape"));
  expect_entry_refused(R"({"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]})", 4,
                       HasSubstr("at most 8 numbers"));
  for (const std::string dim : {"-1", "1.0", "\"1\"", "null", "18446744073709551616", "[1]"}) {
    expect_entry_refused("{\"dtype\":\"F32\",\"shape\":[" + dim + "],\"data_offsets\":[0,4]}", 4,
                         HasSubstr("shape that is not made of whole numbers"));
  }
  expect_entry_refused(R"({"dtype":"F32","shape":[1]})", 4, HasSubstr("has no data_offsets"));
  expect_entry_refused(R"({"dtype":"F32","shape":[1],"data_offsets":[4]})", 4,
                       HasSubstr("not a begin and an end"));
  expect_entry_refused(R"({"dtype":"F32","shape":[1],"data_offsets":[4,0]})", 4,
                       HasSubstr("not a begin and an end"));
}

TEST(safetensors_hostile, shapes_that_wrap) {
  for (const std::string shape : {"4294967296,4294967296", "18446744073709551615",
                                  "4611686018427387904,4", "0,9223372036854775807,2"}) {
    expect_entry_refused("{\"dtype\":\"U8\",\"shape\":[" + shape + "],\"data_offsets\":[0,0]}", 0,
                         HasSubstr("has a shape of 2^63 elements or more"));
  }
  // Fits as a count, wraps as bytes.
  expect_entry_refused(R"({"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]})", 0,
                       HasSubstr("has 0 bytes of data"));
  expect_entry_refused(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})", 4,
                       HasSubstr("has 4 bytes of data, expected 8 for [2] in F32"));
}

TEST(safetensors_hostile, data_that_overlap_or_leave_holes) {
  const auto two = [](int a, int b, int c, int d, std::size_t n) {
    return safetensors_bytes(
        fmt::format(R"({{"a":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}},)"
                    R"("b":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}}}})",
                    b - a, a, b, d - c, c, d),
        n);
  };
  EXPECT_NO_THROW(parse_safetensors(bytes_of(two(4, 8, 0, 4, 8)), "x"));
  expect_refused(two(0, 4, 2, 8, 8),
                 HasSubstr("tensor 'b' starts at byte 2 of the data, expected 4: tensors overlap"));
  expect_refused(two(0, 4, 0, 4, 4), HasSubstr("tensors overlap"));
  expect_refused(two(0, 4, 5, 8, 8), HasSubstr("expected 4: a hole"));
  expect_refused(two(1, 4, 4, 8, 8), HasSubstr("expected 0: a hole"));
  expect_refused(two(0, 4, 4, 8, 9),
                 HasSubstr("the tensors take 8 bytes of data, but the file holds 9"));
  expect_refused(two(0, 4, 4, 8, 7), HasSubstr("truncated or damaged"));
  expect_entry_refused(
      R"({"dtype":"U8","shape":[4],"data_offsets":[18446744073709551611,18446744073709551615]})", 4,
      HasSubstr("a hole"));
}

TEST(safetensors_hostile, bad_names_and_metadata) {
  const std::string entry = R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  for (const std::string name : {"", "a\\nb", "a\\u0000b"}) {
    expect_refused(safetensors_bytes("{\"" + name + "\":" + entry + "}", 0),
                   HasSubstr("a tensor has the name"));
  }
  expect_refused(safetensors_bytes(R"({"__metadata__":3})", 0),
                 HasSubstr("expected an object as __metadata__"));
  expect_refused(safetensors_bytes(R"({"__metadata__":{"a":1}})", 0),
                 HasSubstr("__metadata__ 'a' is not a string"));
}

TEST(safetensors_hostile, cut_at_every_length) {
  ASSERT_NO_THROW(parse_safetensors(bytes_of(small_file), "x"));
  for (std::size_t length = 0; length < small_file.size(); ++length) {
    const std::vector<char> cut(small_file.begin(),
                                small_file.begin() + static_cast<std::ptrdiff_t>(length));
    expect_error([&] { parse_safetensors(std::as_bytes(std::span(cut)), "x"); },
                 ErrorKind::corrupt_file, StartsWith("x: "));
  }
}

TEST(safetensors_hostile, any_byte_changed_gives_a_model_or_an_error) {
  for (std::size_t place = 0; place < small_file.size(); ++place) {
    for (const char value : {'\0', '9', '"', '\x80', '\xff'}) {
      std::string changed = small_file;
      changed[place] = value;
      try {
        for (const NamedTensor& tensor : parse_safetensors(bytes_of(changed), "x").tensors) {
          ASSERT_LE(tensor.offset + tensor.data.bytes.size(), changed.size());
        }
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), StartsWith("x: "));
      }
    }
  }
}

}  // namespace nybble::files
