#include "quantize/rtn.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/error_check.h"

namespace nybble::quantize {
namespace {

WeightTask task_in(std::string_view format) {
  return {.name = "blk.0.ffn_up.weight", .cols = 256, .target = *formats::find_by_name(format)};
}

TEST(Rtn, maps_the_farthest_value_to_the_outermost_code) {
  std::vector<float> x(512), back(512);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 16) - 8;
  x[256] = 16;  // of the second row alone
  std::vector<std::byte> blocks(16 * 18);
  ThreadPool pool(2);

  begin_rtn(task_in("Q4_0"))->quantize(x, pool, blocks);
  formats::info(task_in("Q4_0").target).decode(blocks.data(), 16, back.data());

  EXPECT_EQ(back[0], -8);  // a scale of 1: exact
  EXPECT_EQ(back[15], 7);
  EXPECT_EQ(back[256], 16);  // a scale of -2: even numbers
  EXPECT_EQ(back[257], -8);
}

TEST(Rtn, writes_what_is_no_lattice) {
  for (const formats::FormatInfo& format : formats::all()) {
    if (format.encode == nullptr) continue;
    const bool lattice = format.name.starts_with("IQ2") || format.name.starts_with("IQ3");
    EXPECT_EQ(writes(method_named("rtn"), format.id), !lattice) << format.name;
    EXPECT_TRUE(writes(method_named("kquant"), format.id)) << format.name;
  }
}

TEST(Rtn, refuses_lattices) {
  expect_error([] { begin_rtn(task_in("IQ3_XXS")); }, ErrorKind::unsupported,
               testing::HasSubstr("IQ3_XXS"));
}

}  // namespace
}  // namespace nybble::quantize
