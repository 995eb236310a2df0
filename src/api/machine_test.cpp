#include "nybble/machine.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "nybble/plan.h"

namespace nybble {
namespace {

// The cache of a user is a folder of the test.
class machine : public testing::Test {
 protected:
  void SetUp() override { ::setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1); }
  void TearDown() override { ::unsetenv("XDG_CACHE_HOME"); }

  static void overwrite(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_F(machine, is_kept_for_its_number_of_threads) {
  EXPECT_FALSE(kept_machine(1).has_value());
  const MachineReport measured = measure_machine(1);

  const std::optional<MachineReport> kept = kept_machine(1);

  ASSERT_TRUE(kept.has_value());
  EXPECT_GT(measured.int8_macs, 0);
  EXPECT_EQ(kept->cpu, measured.cpu);
  EXPECT_EQ(kept->int8_macs, measured.int8_macs);
  EXPECT_EQ(kept->float_macs, measured.float_macs);
  EXPECT_EQ(kept->read_bytes, measured.read_bytes);
  EXPECT_EQ(kept->panel_seconds, measured.panel_seconds);
  ASSERT_EQ(kept->small_reads.size(), measured.small_reads.size());
  for (std::size_t i = 0; i < kept->small_reads.size(); ++i)
    EXPECT_EQ(kept->small_reads[i].bytes_per_second, measured.small_reads[i].bytes_per_second);
  EXPECT_FALSE(kept_machine(2).has_value());

  overwrite(measured.kept, R"({"int8_macs": 1, "float_macs": 1, "read_bytes": -1})");
  expect_error([] { kept_machine(1); }, ErrorKind::corrupt_file,
               testing::HasSubstr("key 'read_bytes' is missing or no positive number"));
  for (const char* reads : {"[[2, 1], [1, 1]]", "[[1, 0]]", "[[1]]", "7"}) {
    overwrite(measured.kept,
              fmt::format(R"({{"int8_macs": 1, "float_macs": 1, "read_bytes": 1, "panel_seconds": 1,
                              "small_reads": {}}})",
                          reads));
    expect_error([] { kept_machine(1); }, ErrorKind::corrupt_file,
                 testing::HasSubstr("key 'small_reads' is missing or no list of rising"));
  }
  overwrite(measured.kept, "[]");
  expect_error([] { kept_machine(1); }, ErrorKind::corrupt_file,
               testing::HasSubstr("expected an object"));
}

TEST_F(machine, decides_how_fast_a_plan_is) {
  const auto path = measure_machine(1).kept;
  // Nothing but reading takes time.
  overwrite(path, R"({"int8_macs": 1e15, "float_macs": 1e15, "read_bytes": 10e9,
                      "panel_seconds": 1e-15, "small_reads": []})");
  PlanRequest request;
  request.models = {"llama-2-7b"};
  request.types = {"F16"};
  request.memory_bytes = 100'000'000'000;
  request.threads = 1;
  const PlanChoice choice = plan(request).choices.at(0);

  // The embedding is not read but for a row. 0.8: the share of the bandwidth in docs/plan.md.
  // Norms, the metadata of the plan, are less than a thousandth.
  const double embedding = 2.0 * 32000 * 4096;
  const double read = static_cast<double>(choice.memory.weights) - embedding;
  EXPECT_NEAR(choice.speed.value().generation, 0.8 * 10e9 / read, 1e-3 * 0.8 * 10e9 / read);
  const double cache = static_cast<double>(choice.memory.cache);
  EXPECT_NEAR(choice.speed->generation_full, 0.8 * 10e9 / (read + cache),
              1e-3 * 0.8 * 10e9 / (read + cache));

  overwrite(path, R"({"int8_macs": 1e15, "float_macs": 1e15, "read_bytes": 1e18,
                      "panel_seconds": 1e-6, "small_reads": []})");
  // 128 panels of q, k, v, output and down, 344 of gate and up together, 1000 of the head.
  const double panels = 32 * (5 * 128 + 344) + 1000;
  EXPECT_NEAR(plan(request).choices.at(0).speed.value().generation, 1e6 / panels, 0.01e6 / panels);

  // Caches help half as much at the geometric mean of the last small size and four times that.
  const double half = read / 2;
  overwrite(path, fmt::format(R"({{"int8_macs": 1e15, "float_macs": 1e15, "read_bytes": 10e9,
                                  "panel_seconds": 1e-15, "small_reads": [[1, 90e9], [{}, 24e9]]}})",
                              half));
  EXPECT_NEAR(plan(request).choices.at(0).speed.value().generation, 16e9 / read,
              1e-3 * 16e9 / read);
}

}  // namespace nybble
