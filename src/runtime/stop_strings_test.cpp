#include "runtime/stop_strings.h"

#include <gtest/gtest.h>

namespace nybble::runtime {

TEST(stop_strings, ends_before_a_string_that_comes_in_pieces) {
  StopStrings stops({"</s>", "User:"});

  EXPECT_EQ(stops.push("Hello <"), "Hello ");
  EXPECT_EQ(stops.push("/"), "");
  EXPECT_EQ(stops.push("b> Us"), "</b> ");
  EXPECT_EQ(stops.push("er: no"), "");

  EXPECT_TRUE(stops.met());
  EXPECT_EQ(stops.push("more"), "");
  EXPECT_EQ(stops.flush(), "");
}

TEST(stop_strings, gives_back_at_the_end_what_only_began_like_one) {
  StopStrings stops({"\n\nUser"});

  EXPECT_EQ(stops.push("a\n\nUs"), "a");

  EXPECT_EQ(stops.flush(), "\n\nUs");
  EXPECT_FALSE(stops.met());
}

TEST(stop_strings, takes_the_first_of_several_and_ignores_empty_ones) {
  StopStrings stops({"", "cd", "bcde", "b"});

  EXPECT_EQ(stops.push("abcd"), "a");
  EXPECT_TRUE(stops.met());
}

TEST(stop_strings, finds_a_string_that_overlaps_itself) {
  StopStrings stops({"aab"});

  EXPECT_EQ(stops.push("a"), "");
  EXPECT_EQ(stops.push("a"), "");
  EXPECT_EQ(stops.push("a"), "a");
  EXPECT_EQ(stops.push("b"), "");
  EXPECT_TRUE(stops.met());
}

}  // namespace nybble::runtime
