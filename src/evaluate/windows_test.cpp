#include "evaluate/windows.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace nybble::evaluate {

TEST(windows, score_every_token_once_after_half_a_window) {
  for (const bool with_start : {false, true}) {
    for (std::size_t n = 16; n < 80; ++n) {
      const std::vector<Window> windows = full_windows(n, {.context = 16}, with_start);
      std::size_t next = with_start ? 0 : 1;
      for (const Window& window : windows) {
        EXPECT_EQ(window.first_scored, next);
        EXPECT_LT(window.first_scored, window.end);
        EXPECT_EQ(window.end - window.begin, with_start ? 15u : 16u);
        if (window.begin > 0) {
          EXPECT_GE(window.first_scored - window.begin, 7u);
        }
        next = window.end;
      }
      EXPECT_EQ(next, n);
    }
  }
}

TEST(windows, of_llama_cpp_stand_side_by_side_and_score_their_second_half) {
  const std::vector<Window> windows = halved_windows(50, {.context = 16});
  ASSERT_EQ(windows.size(), 3u);
  EXPECT_EQ(windows[2].begin, 32u);
  EXPECT_EQ(windows[2].end, 48u);
  EXPECT_EQ(windows[2].first_scored, 41u);
}

TEST(windows, can_be_fewer) {
  EXPECT_EQ(full_windows(1000, {.context = 16, .max_windows = 5}, true).size(), 5u);
  EXPECT_EQ(halved_windows(1000, {.context = 16, .max_windows = 5}).size(), 5u);
}

TEST(windows, need_a_text_of_their_length) {
  EXPECT_THROW(full_windows(15, {.context = 16}, false), Error);
  EXPECT_THROW(halved_windows(15, {.context = 16}), Error);
  EXPECT_THROW(full_windows(0, {.context = 16}, true), Error);
}

}  // namespace nybble::evaluate
