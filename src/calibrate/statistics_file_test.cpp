#include "calibrate/statistics_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "calibrate/statistics_writer.h"
#include "files/gguf.h"

namespace nybble::calibrate {
namespace {

using ::testing::HasSubstr;

InputStatistics small_input() {
  InputStatistics input;
  input.weights = {"blk.0.attn_q.weight", "blk.0.attn_k.weight"};
  input.cols = 2;
  input.halves[0] = {{4, 9}, {4, 1, 1, 9}, 2, 2};
  input.halves[1] = {{1, 16}, {1, -2, -2, 16}, 3, 3};
  input.absmax = {1.5f, 3};
  return input;
}

Statistics small_statistics() {
  Statistics statistics;
  statistics.inputs.push_back(small_input());
  statistics.texts = {"a.txt", "b.txt"};
  statistics.windows = 5;
  statistics.context = 512;
  return statistics;
}

std::string legacy(std::int32_t entries, std::string_view name, std::int32_t calls,
                   const std::vector<float>& values) {
  std::string bytes;
  const auto add = [&](const auto& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  add(entries);
  add(static_cast<std::int32_t>(name.size()));
  bytes += name;
  add(calls);
  add(static_cast<std::int32_t>(values.size()));
  for (const float value : values) add(value);
  return bytes;
}

void expect_corrupt(const std::string& bytes, std::string_view sentence) {
  expect_error([&] { parse_legacy_imatrix(std::as_bytes(std::span(bytes)), "x.dat"); },
               ErrorKind::corrupt_file, HasSubstr(std::string(sentence)));
}

TEST(statistics, mix_at_equal_traces) {
  InputStatistics input = small_input(), other = small_input();
  other.halves[0] = {{3, 3}, {3, 2, 2, 3}, 1, 1};  // a trace of 6 for one of 13
  other.halves[1] = {{0, 0}, {0, 0, 0, 0}, 0, 0};  // nothing seen

  mix_in(input, other);

  EXPECT_THAT(input.halves[0].square_sums, testing::ElementsAre(5.25f, 7.75f));
  EXPECT_THAT(input.halves[0].second_moment,
              testing::ElementsAre(5.25f, 0.5f + 13.0f / 6, 0.5f + 13.0f / 6, 7.75f));
  EXPECT_EQ(input.halves[0].weight, 2);
  EXPECT_EQ(input.halves[1].second_moment, small_input().halves[1].second_moment);
}

TEST(statistics_file, comes_back_as_it_was_written) {
  const TemporaryFolder folder;
  write_statistics(small_statistics(), folder / "s.gguf", true, false);

  const Statistics back = read_statistics(folder / "s.gguf");

  ASSERT_EQ(back.inputs.size(), 1u);
  const InputStatistics &input = back.inputs[0], expected = small_input();
  EXPECT_EQ(input.weights, expected.weights);
  EXPECT_EQ(input.cols, 2);
  EXPECT_EQ(input.absmax, expected.absmax);
  for (std::size_t h = 0; h < 2; ++h) {
    EXPECT_EQ(input.halves[h].second_moment, expected.halves[h].second_moment);
    EXPECT_EQ(input.halves[h].square_sums, expected.halves[h].square_sums);
    EXPECT_EQ(input.halves[h].weight, expected.halves[h].weight);
  }
  EXPECT_EQ(back.texts, small_statistics().texts);
  EXPECT_EQ(back.windows, 5);
  EXPECT_EQ(back.context, 512);
}

TEST(statistics_file, is_read_input_by_input) {
  const TemporaryFolder folder;
  Statistics two = small_statistics();
  two.inputs.push_back(small_input());
  two.inputs[1].weights = {"blk.0.ffn_down.weight"};
  two.inputs[1].halves[1].second_moment[3] = 25;
  write_statistics(two, folder / "s.gguf", true, false);

  const StatisticsFile file(folder / "s.gguf");

  ASSERT_EQ(file.inputs().size(), 2u);
  EXPECT_EQ(file.inputs()[0].weights, two.inputs[0].weights);
  EXPECT_TRUE(file.inputs()[1].has_moments);
  const auto found = file.find("blk.0.ffn_down.weight");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->halves[1].second_moment, two.inputs[1].halves[1].second_moment);
  EXPECT_FALSE(file.find("blk.1.ffn_down.weight"));
}

TEST(statistics_writer, wants_the_inputs_that_were_planned) {
  const TemporaryFolder folder;
  StatisticsWriter writer(folder / "s.gguf", false, {}, {{{"other.weight"}, 2, true}});
  expect_error([&] { writer.add(small_input()); }, ErrorKind::invalid_input,
               HasSubstr("'blk.0.attn_q.weight' [2] come out of turn"));
}

TEST(statistics_file, without_moments_is_an_importance_matrix) {
  const TemporaryFolder folder;
  write_statistics(small_statistics(), folder / "s.gguf", false, false);

  const Statistics back = read_statistics(folder / "s.gguf");

  ASSERT_EQ(back.inputs.size(), 2u);
  const InputStatistics* input = back.find("blk.0.attn_k.weight");
  ASSERT_NE(input, nullptr);
  EXPECT_FALSE(input->has_moments());
  EXPECT_EQ(mean_squares(*input), (std::vector<float>{1, 5}));
  EXPECT_EQ(mean_squares(small_input()), mean_squares(*input));
}

TEST(statistics_file, reads_what_llama_imatrix_wrote_in_both_forms) {
  const Statistics newer = read_statistics("tests/golden/imatrix/tale.gguf");
  const Statistics older = read_statistics("tests/golden/imatrix/tale.dat");

  EXPECT_EQ(newer.inputs.size(), 42u);
  EXPECT_EQ(newer.windows, 4);
  EXPECT_EQ(newer.context, 256);
  ASSERT_EQ(older.inputs.size(), newer.inputs.size());
  for (const InputStatistics& input : newer.inputs) {
    const InputStatistics* same = older.find(input.weights[0]);
    ASSERT_NE(same, nullptr) << input.weights[0];
    const auto a = mean_squares(input), b = mean_squares(*same);
    ASSERT_EQ(a.size(), b.size());
    // The older form holds a mean that was rounded to float twice more.
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 4e-7f * a[i]);
  }
}

TEST(statistics_file, refuses_broken_files_of_the_older_form) {
  const std::string whole = legacy(1, "blk.0.attn_q.weight", 2, {1, 2, 3});
  EXPECT_EQ(parse_legacy_imatrix(std::as_bytes(std::span(whole)), "x.dat").inputs.size(), 1u);
  for (std::size_t n = 0; n < whole.size(); ++n)
    expect_corrupt(whole.substr(0, n), "the file is truncated or damaged");
  expect_corrupt(legacy(-1, "a", 1, {1}), "-1 entries at byte 0, expected 0 or more");
  expect_corrupt(legacy(1, "a", 0, {1}), "counts 0 calls, expected at least 1");
  expect_corrupt(legacy(1, "a", 1, {-1}), "has the value -1, expected sums of squares");
  expect_corrupt(legacy(1, "a", 1, {NAN}), "has the value nan, expected sums of squares");
  expect_corrupt(legacy(1 << 30, "a", 1, {1}), "announces 1073741824 entries");
}

// A GGUF with the given tensors of F32 ones.
void write_gguf(const std::filesystem::path& path, const std::string& type,
                const std::vector<std::pair<std::string, Shape>>& tensors, float value = 1) {
  files::Metadata metadata;
  metadata.set("general.type", type);
  std::vector<files::TensorPlan> plans;
  for (const auto& [name, shape] : tensors) plans.push_back({name, id_of<formats::F32>(), shape});
  files::GgufWriter writer(path, true, metadata, plans);
  for (const auto& [name, shape] : tensors) {
    const std::vector<float> values(static_cast<std::size_t>(shape.count()), value);
    writer.write(std::as_bytes(std::span(values)));
  }
  writer.finish();
}

TEST(statistics_file, refuses_a_gguf_that_holds_something_else) {
  const TemporaryFolder folder;
  const auto path = folder / "s.gguf";
  write_gguf(path, "model", {{"token_embd.weight", {4, 4}}});
  expect_error([&] { read_statistics(path); }, ErrorKind::invalid_input,
               HasSubstr("general.type is 'model', expected 'imatrix'"));
  write_gguf(path, "imatrix", {{"a.weight.in_sum2", {1, 4}}});
  expect_error([&] { read_statistics(path); }, ErrorKind::corrupt_file,
               HasSubstr("expected a tensor 'a.weight.counts', found none"));
  write_gguf(path, "imatrix", {{"a.weight.in_sum2", {8, 4}}, {"a.weight.counts", {8, 1}}});
  expect_error([&] { read_statistics(path); }, ErrorKind::corrupt_file,
               HasSubstr("tensor 'a.weight.in_sum2' is F32 [8, 4], expected F32 [1, any]"));
  write_gguf(path, "imatrix", {{"a.weight.in_sum2", {1, 4}}, {"a.weight.counts", {1, 1}}}, -2);
  expect_error([&] { read_statistics(path); }, ErrorKind::corrupt_file,
               HasSubstr("has -2, expected sums of squares"));
  write_gguf(path, "imatrix", {{"a.weight.in_sum2", {1, 4}}, {"a.weight.counts", {1, 1}}},
             INFINITY);
  expect_error([&] { read_statistics(path); }, ErrorKind::corrupt_file,
               HasSubstr("has inf at 0, expected finite numbers"));
}

}  // namespace
}  // namespace nybble::calibrate
