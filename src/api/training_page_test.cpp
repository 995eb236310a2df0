#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "nybble/train.h"

namespace nybble {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count(const std::string& page, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = page.find(what); at != page.npos; at = page.find(what, at + 1)) ++n;
  return n;
}

TrainingPage page_of(int steps) {
  TrainingPage page{"A <b> & c", {{"Base", "models/<x>"}}, "nats", {}};
  for (int step = 0; step <= steps; ++step) {
    page.points.push_back({step, 1.0 / (step + 1), {}});
    if (step % 10 == 0) page.points.back().held_out = 2.0 / (step + 1);
  }
  return page;
}

}  // namespace

TEST(training_page, has_a_curve_of_steps_and_one_of_looks) {
  const std::string page = training_page(page_of(1000));
  EXPECT_EQ(count(page, "class=\"curve"), 4u);  // wide and narrow
  // 1000 steps are drawn as 200 places.
  const std::size_t path = page.find("<path class=\"line\"", page.find("class=\"curve"));
  const std::string first = page.substr(path, page.find("/>", path) - path);
  EXPECT_EQ(count(first, "L"), 199u);
}

TEST(training_page, escapes_names) {
  const std::string page = training_page(page_of(3));
  EXPECT_THAT(page, HasSubstr("A &lt;b&gt; &amp; c"));
  EXPECT_THAT(page, HasSubstr("models/&lt;x&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<x>")));
}

TEST(training_page, has_no_plot_without_points_and_none_of_nan) {
  TrainingPage page = page_of(0);
  page.points.clear();
  EXPECT_EQ(count(training_page(page), "<svg class=\"plot"), 0u);
  page = page_of(5);
  page.points[3].loss = std::numeric_limits<double>::quiet_NaN();
  page.points[0].held_out = page.points[3].loss;
  EXPECT_EQ(count(training_page(page), "nan"), 0u);
}

TEST(training_page, is_not_written_over_another) {
  const TemporaryFolder folder;
  write_training_page(page_of(3), folder / "a.html", false);
  expect_error([&] { write_training_page(page_of(3), folder / "a.html", false); },
               ErrorKind::invalid_input, HasSubstr("exists already"));
  write_training_page(page_of(3), folder / "a.html", true);
}

}  // namespace nybble
