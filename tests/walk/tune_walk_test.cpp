// best+tune on the model of the repository.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "nybble/calibrate.h"
#include "nybble/quantize.h"

namespace nybble::walk {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path tale = "models/tale-6m", stories = "models/tale-6m-eval.txt";

// Statistics and a short text, of which windows of 32 tokens are learned from.
struct Fixture {
  TemporaryFolder folder;
  std::filesystem::path text = folder.make("stories.txt", content_of(stories).substr(0, 12000));
  std::filesystem::path statistics = folder / "s.gguf";

  Fixture() {
    CalibrateRequest request;
    request.model = tale;
    request.output = statistics;
    request.settings = {.texts = {text}, .context = 64, .max_windows = 12, .written_windows = 0};
    calibrate_model(request);
  }
  QuantizeReport tune(const std::string& output, const std::string& type, int threads = 2) const {
    QuantizeRequest request;
    request.input = tale;
    request.output = folder / output;
    request.type = type;
    request.method = "best+tune";
    request.calibration = {statistics, text};
    request.calibration_context = 32;
    request.written_windows = 0;
    request.tuning.tokens = 192;
    request.threads = threads;
    return quantize_model(request);
  }
};

}  // namespace

// Whether it learns is tested beside src/train: here there is no time for enough steps.
TEST(tune_walk, says_what_became_of_it_and_writes_the_same_bytes_for_any_number_of_threads) {
  const Fixture fixture;
  const QuantizeReport report = fixture.tune("one.gguf", "Q2_K", 1);
  ASSERT_TRUE(report.tuning);
  EXPECT_LE(report.tuning->after, report.tuning->before);
  EXPECT_EQ(report.tuning->points.size(), 1u + 3);
  EXPECT_GT(report.tuning->points.back().loss, 0);
  EXPECT_EQ(report.tuning->tokens, 192u);
  EXPECT_EQ(report.file_bytes, std::filesystem::file_size(fixture.folder / "one.gguf"));
  fixture.tune("three.gguf", "Q2_K", 3);
  EXPECT_TRUE(content_of(fixture.folder / "one.gguf") == content_of(fixture.folder / "three.gguf"));
}

// Rows of q and k stand in another order there, and NVFP4 has a scale beside its blocks.
TEST(tune_walk, writes_directories) {
  for (const char* layout : {"gptq:4b-g128", "ct:nvfp4"}) {
    const Fixture fixture;
    const QuantizeReport report = fixture.tune("directory", layout);
    ASSERT_TRUE(report.tuning);
    EXPECT_GT(report.tuning->before, 0) << layout;
    EXPECT_LT(report.tuning->before, 0.1) << layout;  // with rows in the wrong order: more than 1
    EXPECT_LE(report.tuning->after, report.tuning->before) << layout;
  }
}

TEST(tune_walk, takes_texts_beside_statistics_only_to_learn_from) {
  const Fixture fixture;
  QuantizeRequest request;
  request.input = tale;
  request.output = fixture.folder / "o.gguf";
  request.type = "Q4_0";
  request.method = "best";
  request.calibration = {fixture.statistics, fixture.text};
  expect_error([&] { quantize_model(request); }, ErrorKind::invalid_input,
               HasSubstr("holds statistics, to which no texts can be added"));
  request.calibration = {fixture.statistics, fixture.statistics};
  expect_error([&] { quantize_model(request); }, ErrorKind::invalid_input,
               HasSubstr("both hold statistics"));
}

}  // namespace nybble::walk
