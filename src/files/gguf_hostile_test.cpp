// GGUF: files that must end in an error. The classes are those by which parsers of GGUF were
// attacked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "base/error_check.h"
#include "files/gguf.h"
#include "files/gguf_bytes.h"

namespace nybble::files {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint32_t f32 = 0, q8_0 = 8, string_type = 8, array_type = 9;
constexpr std::uint64_t max = std::numeric_limits<std::uint64_t>::max();

void expect_refused(const GgufBytes& bytes, const testing::Matcher<std::string>& sentence,
                    ErrorKind kind = ErrorKind::corrupt_file) {
  expect_error([&] { parse_gguf(bytes.bytes(), "x.gguf"); }, kind,
               AllOf(StartsWith("x.gguf: "), sentence));
}

// A file with one tensor of these dimensions, with 64 bytes of data.
GgufBytes one_tensor(std::initializer_list<std::uint64_t> dims, std::uint32_t type = f32,
                     std::uint64_t offset = 0) {
  GgufBytes bytes(3, 1, 0);
  return bytes.tensor("t", dims, type, offset).data(64);
}

GgufBytes two_tensors(std::uint64_t first, std::uint64_t second) {
  GgufBytes bytes(3, 2, 0);
  return bytes.tensor("a", {16}, f32, first).tensor("b", {16}, f32, second).data(256);
}

GgufBytes alignment(std::uint32_t value) {
  GgufBytes bytes(3, 0, 1);
  return bytes.key("general.alignment", 4).add(value);
}

// A small file that has a bit of everything.
GgufBytes small_file() {
  GgufBytes bytes(3, 2, 4);
  bytes.key("general.architecture", string_type).text("llama").key("general.alignment", 4).add(32u);
  bytes.key("tokens", array_type).add(string_type).length(2).text("ab").text("c");
  bytes.key("scores", array_type).add(6u).length(2).add(1.0f).add(2.0f);
  return bytes.tensor("a", {8, 2}, f32, 0).tensor("b", {32}, q8_0, 64).data(64 + 34);
}

}  // namespace

TEST(gguf_hostile, other_files_are_named) {
  GgufBytes bytes(3, 0, 0);
  bytes.content() = "PK\x03\x04 a zip";
  expect_refused(bytes, HasSubstr("expected a GGUF file, which starts with 'GGUF', found 'PK"));
  bytes.content() = "GGU";
  expect_refused(bytes, HasSubstr("found 3 bytes"));
  bytes.content() = "tjgg\x03\0\0\0";
  bytes.content().append(40, '\0');
  expect_refused(bytes, HasSubstr("from before GGUF"), ErrorKind::unsupported);
}

TEST(gguf_hostile, unknown_versions) {
  expect_refused(GgufBytes(0, 0, 0), HasSubstr("version 0, expected 1 to 3"));
  expect_refused(GgufBytes(4, 0, 0), HasSubstr("version 4"), ErrorKind::unsupported);
  expect_refused(GgufBytes(0x03000000, 0, 0), HasSubstr("big-endian"), ErrorKind::unsupported);
}

// Class 1 and 7: counts that wrap when multiplied, or that announce more than is left.
TEST(gguf_hostile, absurd_counts) {
  for (const std::uint64_t n :
       {max, max / 8 + 1, max / 32 + 1, std::uint64_t{1} << 60, std::uint64_t{1000}}) {
    expect_refused(GgufBytes(3, n, 0), HasSubstr(fmt::format("announces {} tensors", n)));
    expect_refused(GgufBytes(3, 0, n), HasSubstr(fmt::format("announces {} key-values", n)));
    for (const std::uint32_t type : {0u, 3u, 4u, 6u, 7u, 8u, 10u, 12u}) {
      GgufBytes bytes(3, 0, 1);
      bytes.key("k", array_type).add(type).length(n).raw("some bytes that follow");
      expect_refused(bytes, HasSubstr(fmt::format("key 'k' announces {} elements", n)));
    }
  }
}

TEST(gguf_hostile, absurd_lengths_of_strings) {
  for (const std::uint64_t n :
       {max, max - 7, std::uint64_t{1} << 31, std::uint64_t{1} << 32, std::uint64_t{7}}) {
    GgufBytes key(3, 0, 1);
    expect_refused(key.length(n).raw("abcdef"), HasSubstr("left"));
    GgufBytes value(3, 0, 1);
    expect_refused(value.key("k", string_type).length(n).raw("abcdef"), HasSubstr("key 'k' needs"));
    GgufBytes element(3, 0, 1);
    element.key("k", array_type).add(string_type).length(1).length(n).raw("abcdef");
    expect_refused(element, HasSubstr("key 'k' needs"));
  }
  GgufBytes old(1, 0, 1);
  expect_refused(old.key("k", string_type).length(0xffffffffu).raw("abcdef"),
                 HasSubstr("needs 4294967295 bytes"));
}

// Class 6: numbers of types that do not exist, arrays of arrays.
TEST(gguf_hostile, unknown_types_of_values) {
  for (const std::uint32_t type : {13u, 255u, 0x80000000u, 0xffffffffu}) {
    GgufBytes value(3, 0, 1);
    expect_refused(value.key("k", type).add(std::uint64_t{0}),
                   HasSubstr(fmt::format("key 'k' has the value type {}, expected 0 to 12", type)));
    GgufBytes array(3, 0, 1);
    expect_refused(array.key("k", array_type).add(type).length(1).add(0),
                   HasSubstr("the value type"));
  }
  GgufBytes nested(3, 0, 1);
  expect_refused(nested.key("k", array_type).add(array_type).length(1).add(4u).length(1).add(0),
                 HasSubstr("array of arrays"), ErrorKind::unsupported);
}

TEST(gguf_hostile, unknown_types_of_tensors) {
  for (const std::uint32_t type : {4u, 36u, 9999u, 0xffffffffu}) {
    expect_refused(one_tensor({1}, type),
                   AllOf(HasSubstr(fmt::format("tensor 't' has type number {}", type)),
                         HasSubstr("nybble reads F32 F16")),
                   ErrorKind::unsupported);
  }
}

// Class 2 and 4: alignments that divide by zero or wrap.
TEST(gguf_hostile, absurd_alignments) {
  for (const std::uint32_t value : {0u, 1u, 4u, 24u, 33u, 0xffffffffu}) {
    expect_refused(alignment(value), HasSubstr(fmt::format("'general.alignment' is {}", value)));
  }
  EXPECT_EQ(parse_gguf(alignment(0x80000000u).bytes(), "x").alignment, 0x80000000u);
  GgufBytes text(3, 0, 1);
  expect_refused(text.key("general.alignment", string_type).text("32"),
                 HasSubstr("is a string, expected a number"));
}

// Class 3: products that wrap or become negative, rows that are not whole blocks.
TEST(gguf_hostile, absurd_dimensions) {
  constexpr std::uint64_t half = std::uint64_t{1} << 32;
  for (const auto& dims : {std::initializer_list<std::uint64_t>{half, half},
                           {max},
                           {max, max, max, max},
                           {std::uint64_t{1} << 63},
                           {std::uint64_t{1} << 62, 2},
                           {half, half / 2, 4}}) {
    expect_refused(one_tensor(dims), HasSubstr("tensor 't' has a dimension of"));
  }
  // Fits as a count, not as bytes.
  expect_refused(one_tensor({(std::uint64_t{1} << 62) + 1}),
                 HasSubstr("more than any file can hold"));
  expect_refused(one_tensor({std::uint64_t{1} << 61}), HasSubstr("it is truncated or damaged"));
  expect_refused(one_tensor({33}, q8_0),
                 HasSubstr("[33] in Q8_0, expected rows of a multiple of 32"));
  // The whole is a multiple of 32, but each row is not.
  expect_refused(one_tensor({16, 2}, q8_0), HasSubstr("[2, 16] in Q8_0"));
  expect_refused(one_tensor({}, q8_0), HasSubstr("expected rows of a multiple of 32"));
}

TEST(gguf_hostile, zero_dimensions) {
  expect_refused(one_tensor({0}), HasSubstr("tensor 't' has a dimension of 0"));
  expect_refused(one_tensor({max, 0}), HasSubstr("has a dimension of"));
  expect_refused(one_tensor({4, 0, 4}), HasSubstr("has a dimension of 0"));
}

TEST(gguf_hostile, too_many_dimensions) {
  expect_refused(one_tensor({1, 1, 1, 1, 1}), HasSubstr("has 5 dimensions, expected at most 4"));
  GgufBytes bytes(3, 1, 0);
  expect_refused(bytes.text("t").add(0xffffffffu).data(64), HasSubstr("has 4294967295 dimensions"));
}

// Class 5: data that lie elsewhere.
TEST(gguf_hostile, data_outside_the_file) {
  expect_refused(one_tensor({17}),
                 AllOf(HasSubstr("tensor 't' has 68 bytes"), HasSubstr("holds 64 bytes of data")));
  expect_refused(one_tensor({16}, f32, 32), HasSubstr("tensor 't' has 64 bytes at byte 32"));
  expect_refused(one_tensor({16}, f32, 1 << 20), HasSubstr("truncated or damaged"));
  expect_refused(one_tensor({16}, f32, max - 31),
                 HasSubstr("truncated or damaged"));  // offset + size wraps
  expect_refused(one_tensor({1}, f32, 4),
                 HasSubstr("starts at byte 4 of the data, expected a multiple of 32"));
}

TEST(gguf_hostile, overlapping_data) {
  expect_refused(two_tensors(0, 0), HasSubstr("the data of tensors 'a' and 'b' overlap"));
  expect_refused(two_tensors(0, 32), HasSubstr("overlap"));
  expect_refused(two_tensors(64, 32), HasSubstr("the data of tensors 'b' and 'a' overlap"));
  EXPECT_NO_THROW(parse_gguf(two_tensors(64, 0).bytes(), "x"));
}

// Class 8: names.
TEST(gguf_hostile, bad_names) {
  for (const std::string_view name :
       {std::string_view(""), std::string_view("a\0b", 3), std::string_view("a\nb"),
        std::string_view("\x1b[2J"), std::string_view("\xff\xfe")}) {
    GgufBytes key(3, 0, 1);
    expect_refused(key.key(name, 4).add(1u).add(std::uint64_t{0}),
                   HasSubstr("expected 1 to 65535 bytes of UTF-8"));
    GgufBytes tensor(3, 1, 0);
    expect_refused(tensor.tensor(name, {1}, f32, 0).data(64),
                   HasSubstr("expected 1 to 1024 bytes of UTF-8"));
  }
  GgufBytes key(3, 0, 1);
  expect_refused(key.key(std::string(65536, 'k'), 4).add(1u), HasSubstr("of 65536 bytes"));
}

TEST(gguf_hostile, duplicate_names) {
  GgufBytes keys(3, 0, 2);
  expect_refused(keys.key("k", 4).add(1u).key("k", 4).add(2u),
                 HasSubstr("each key once, found 'k' twice"));
  GgufBytes tensors(3, 2, 0);
  expect_refused(tensors.tensor("t", {1}, f32, 0).tensor("t", {1}, f32, 32).data(64),
                 HasSubstr("each tensor once, found 't' twice"));
}

// Class 7: the file ends anywhere.
TEST(gguf_hostile, cut_at_every_length) {
  const GgufBytes whole = small_file();
  ASSERT_NO_THROW(parse_gguf(whole.bytes(), "x.gguf"));
  for (std::size_t length = 0; length < whole.bytes().size(); ++length) {
    // A copy of its own, so that the sanitizer sees reads past the end.
    const std::vector<std::byte> cut(whole.bytes().begin(),
                                     whole.bytes().begin() + static_cast<std::ptrdiff_t>(length));
    expect_error([&] { parse_gguf(cut, "x.gguf"); }, ErrorKind::corrupt_file,
                 StartsWith("x.gguf: "));
  }
}

// Class 23: whatever stands in a byte, the outcome is a model or an Error.
TEST(gguf_hostile, any_byte_changed_gives_a_model_or_an_error) {
  const GgufBytes whole = small_file();
  for (std::size_t place = 0; place < whole.bytes().size(); ++place) {
    for (const char value : {'\0', '\1', '\x7f', '\x80', '\xff'}) {
      GgufBytes changed = whole;
      changed.content()[place] = value;
      try {
        const GgufFile file = parse_gguf(changed.bytes(), "x.gguf");
        for (const NamedTensor& tensor : file.tensors) {
          ASSERT_LE(tensor.offset + tensor.data.bytes.size(), changed.bytes().size());
        }
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), StartsWith("x.gguf: "));
      }
    }
  }
}

}  // namespace nybble::files
