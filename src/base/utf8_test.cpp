#include "base/utf8.h"

#include <gtest/gtest.h>

namespace nybble {

TEST(utf8, accepts_all_lengths_of_characters) {
  for (const char* text : {"", "abc", "\xc3\xa9", "\xe2\x96\x81", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "a\xc2\x80z"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(utf8, refuses_malformed_characters) {
  for (const char* text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe2\x96", "\xe0\x80\x80", "\xed\xa0\x80",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xc3z"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

TEST(utf8, measures_the_first_character) {
  EXPECT_EQ(character_length(""), 0u);
  EXPECT_EQ(character_length("ab"), 1u);
  EXPECT_EQ(character_length("\xe2\x96\x81z"), 3u);
  EXPECT_EQ(character_length("\xe2\x96"), 0u);
}

TEST(utf8, control_characters_make_no_names) {
  EXPECT_TRUE(is_printable_name("blk.0.attn_q.weight \xe2\x96\x81"));
  EXPECT_FALSE(is_printable_name("a\nb"));
  EXPECT_FALSE(is_printable_name(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_printable_name("\x1b[31m"));
  EXPECT_FALSE(is_printable_name("\xff"));
}

TEST(utf8, shows_hostile_text_safely) {
  EXPECT_EQ(printable("a\n\xff\xc3\xa9"), "a??\xc3\xa9");
  EXPECT_EQ(printable("\xc3\xa9\xc3\xa9", 3), "\xc3\xa9...");
}

}  // namespace nybble
