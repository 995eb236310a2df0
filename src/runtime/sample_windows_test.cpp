#include "runtime/sample_windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error_check.h"
#include "base/random.h"
#include "cpu/cpu_backend.h"
#include "runtime/session.h"

namespace nybble::runtime {
namespace {

using Window = std::vector<std::int32_t>;

models::ModelSource tiny() {
  return models::open_model(std::make_shared<const files::Checkpoint>(
      files::open_checkpoint("tests/golden/models/qwen3")));
}

const Window openings{5, 6, 7};

Window open_with_one(std::uint64_t& random) {
  return {openings[random_below(random, 3)]};
}

std::vector<Window> written(SampleWindowsOptions options) {
  options.context = 16;
  if (!options.open) options.open = open_with_one;
  return sample_windows(tiny(), options, [](std::int64_t) {});
}

TEST(timelines, have_the_logits_of_sessions) {
  const models::ModelSource source = tiny();
  const std::vector<Window> windows{{5, 17, 3, 80}, {1, 2, 3, 4}, {64, 7, 9, 9}};
  cpu::CpuBackend backend({.threads = 2});
  const models::Decoder decoder(backend, source);
  auto state = models::DecoderState::of_timelines(backend, source.config, 64, 3);
  for (int position = 0; position < 4; ++position) {
    const auto p = static_cast<std::size_t>(position);
    decoder.run(Window{windows[0][p], windows[1][p], windows[2][p]}, position, state);
  }
  const auto vocab = static_cast<std::size_t>(source.config.vocab);
  std::vector<float> logits(3 * vocab);
  decoder.logits(0, 3, state, logits);

  Session session(std::make_shared<const LoadedModel>(source, LoadOptions{.threads = 1}), 64);
  for (std::size_t w = 0; w < windows.size(); ++w) {
    session.rewind(0);
    const auto expected = session.step(windows[w]);
    EXPECT_EQ(std::vector(expected.begin(), expected.end()),
              std::vector(logits.begin() + static_cast<std::ptrdiff_t>(w * vocab),
                          logits.begin() + static_cast<std::ptrdiff_t>((w + 1) * vocab)))
        << w;
  }
}

TEST(sample_windows, depend_on_neither_threads_nor_how_many_there_are) {
  const auto some = written({.windows = 2, .threads = 1});
  const auto many = written({.windows = 67, .threads = 3});

  EXPECT_EQ(std::vector(many.begin(), many.begin() + 2), some);
}

TEST(sample_windows, begin_with_the_start_and_an_opening) {
  const int vocab = tiny().config.vocab;
  for (const Window& window : written({.windows = 5, .start = 1})) {
    EXPECT_EQ(window.size(), 16u);
    EXPECT_EQ(window[0], 1);
    EXPECT_THAT(openings, testing::Contains(window[1]));
    EXPECT_THAT(window, testing::Each(testing::AllOf(testing::Ge(0), testing::Lt(vocab))));
  }
}

TEST(sample_windows, may_begin_with_openings_of_different_lengths) {
  const std::vector<Window> texts{{5}, {6, 9, 8}, Window(40, 7)};
  const auto windows = written({.windows = 9, .open = [&](std::uint64_t& random) {
                                  return texts[random_below(random, 3)];
                                }});
  const auto one = written({.windows = 9});
  for (std::size_t w = 0; w < windows.size(); ++w) {
    ASSERT_EQ(windows[w].size(), 16u);
    const Window& text = texts[static_cast<std::size_t>(windows[w][0] - 5)];
    const auto n = static_cast<std::ptrdiff_t>(std::min<std::size_t>(text.size(), 16));
    EXPECT_TRUE(std::equal(text.begin(), text.begin() + n, windows[w].begin())) << w;
    if (text.size() > 1) continue;
    EXPECT_EQ(windows[w], one[w]);  // what neighbours begin with changes nothing
  }
}

TEST(sample_windows, differ_by_number_and_seed) {
  const auto first = written({.windows = 3, .seed = 1}),
             second = written({.windows = 3, .seed = 9});

  EXPECT_NE(first[0], first[1]);
  EXPECT_NE(first[0], second[0]);
}

// A fair share: of many tokens after one opening, drawn with one forward pass.
TEST(sample_windows, draw_what_the_model_finds_likely) {
  const models::ModelSource source = tiny();
  const auto windows = sample_windows(
      source,
      {.windows = 2000, .context = 2, .open = [](std::uint64_t&) { return Window{openings[0]}; }},
      [](std::int64_t) {});
  Session session(std::make_shared<const LoadedModel>(source, LoadOptions{.threads = 1}), 16);
  const auto logits = session.step(Window{openings[0]});
  double sum = 0, expected = 0, drawn = 0;
  for (const float logit : logits) sum += std::exp(double{logit});
  for (const float logit : logits) expected += logit * std::exp(double{logit}) / sum;
  double square = 0;
  for (const float logit : logits)
    square += (logit - expected) * (logit - expected) * std::exp(double{logit}) / sum;
  for (const Window& window : windows) drawn += logits[static_cast<std::size_t>(window[1])] / 2000;

  EXPECT_NEAR(drawn, expected, 4 * std::sqrt(square / 2000));
}

TEST(sample_windows, say_what_memory_they_need) {
  expect_error([] { written({.windows = 1, .max_bytes = 1}); }, ErrorKind::out_of_memory,
               testing::HasSubstr("allow more memory or let it write none"));
}

}  // namespace
}  // namespace nybble::runtime
