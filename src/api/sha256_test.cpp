#include "api/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace nybble::api {
namespace {

std::string sha_of(std::string_view text, std::size_t piece) {
  Sha256 sha;
  for (std::size_t i = 0; i < text.size(); i += piece)
    sha.add(std::as_bytes(std::span(text.substr(i, piece))));
  return sha.finish();
}

// Examples of FIPS 180-4 (NIST, "SHA256.pdf") and of RFC 6234.
TEST(Sha256, agrees_with_the_standard) {
  EXPECT_EQ(sha_of("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha_of("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha_of(std::string(1000000, 'a'), 1000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, does_not_depend_on_how_the_bytes_arrive) {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string text(size, 'x');
    EXPECT_EQ(sha_of(text, 1), sha_of(text, 64)) << size;
    EXPECT_EQ(sha_of(text, 7), sha_of(text, 199)) << size;
  }
}

}  // namespace
}  // namespace nybble::api
