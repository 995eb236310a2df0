// Work that stopped and goes on, on the model of the repository.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "nybble/error.h"
#include "nybble/quantize.h"

namespace nybble::walk {
namespace {

QuantizeRequest request_for(const std::filesystem::path& output) {
  QuantizeRequest request;
  request.input = "models/tale-6m";
  request.output = output;
  request.type = "Q4_0";
  request.method = "imatrix";
  request.calibration = {"tests/golden/imatrix/tale.gguf"};
  request.resume = true;
  return request;
}

// Stops at the first tensor of a layer, as Ctrl-C does.
void quantize_until(const QuantizeRequest& request, const std::string& place) {
  EXPECT_THROW(quantize_model(request,
                              [&](const Progress& progress) {
                                if (progress.step.find(place) != std::string::npos)
                                  throw Error(ErrorKind::cancelled, "stopped");
                              }),
               Error);
}

}  // namespace

TEST(resume_walk, takes_over_what_was_finished_and_gives_the_same_bytes) {
  const TemporaryFolder folder;
  QuantizeRequest request = request_for(folder / "out.gguf");
  quantize_until(request, "blk.3.attn_norm");
  EXPECT_EQ(folder.n_entries(), 1u);

  const QuantizeReport report = quantize_model(request);

  EXPECT_EQ(report.taken_over, 28u);
  EXPECT_FALSE(report.discarded);
  EXPECT_EQ(folder.n_entries(), 1u);
  request.output = folder / "whole.gguf";
  request.resume = false;
  EXPECT_EQ(quantize_model(request).taken_over, 0u);
  EXPECT_TRUE(content_of(folder / "out.gguf") == content_of(folder / "whole.gguf"));
}

TEST(resume_walk, begins_anew_when_something_that_decides_the_bytes_is_another) {
  const TemporaryFolder folder;
  QuantizeRequest request = request_for(folder / "out.gguf");
  quantize_until(request, "blk.3.attn_norm");
  request.threads = 1;  // decides nothing
  quantize_until(request, "blk.4.attn_norm");
  request.type = "Q4_1";

  const QuantizeReport report = quantize_model(request);

  EXPECT_TRUE(report.discarded);
  EXPECT_EQ(report.taken_over, 0u);
}

TEST(resume_walk, gathers_statistics_once) {
  const TemporaryFolder folder;
  QuantizeRequest request = request_for(folder / "out.gguf");
  request.calibration = {
      folder.make("t.txt", content_of("models/tale-6m-eval.txt").substr(0, 9000))};
  request.calibration_context = 64;
  request.written_windows = 0;
  quantize_until(request, "quantize token_embd");
  EXPECT_TRUE(std::filesystem::exists(folder / "out.gguf.resume/statistics.gguf"));

  const auto no_calibration = [](const Progress& progress) {
    EXPECT_FALSE(progress.step.starts_with("calibrate")) << progress.step;
  };
  quantize_model(request, no_calibration);
  EXPECT_FALSE(std::filesystem::exists(folder / "out.gguf.resume"));
}

TEST(resume_walk, a_tuning_goes_on_in_its_middle_with_the_same_bytes) {
  const TemporaryFolder folder;
  QuantizeRequest request = request_for(folder / "out.gguf");
  request.method = "best+tune";
  request.calibration = {
      folder.make("t.txt", content_of("models/tale-6m-eval.txt").substr(0, 9000))};
  request.calibration_context = 64;
  request.written_windows = 2;
  request.tuning.tokens = 6 * 2 * 64;
  const auto stop = [](const Progress& progress) {
    if (progress.step == "tune" && progress.done == 4 * 2 * 64)
      throw Error(ErrorKind::cancelled, "stopped");
  };
  EXPECT_THROW(quantize_model(request, stop), Error);
  EXPECT_TRUE(std::filesystem::exists(folder / "out.gguf.resume/training"));

  bool writes_text = false;
  const QuantizeReport report = quantize_model(
      request, [&](const Progress& progress) { writes_text |= progress.step == "write text"; });

  EXPECT_FALSE(writes_text);
  EXPECT_EQ(report.tuning->resumed_step, 4);
  EXPECT_EQ(report.tuning->points.size(), 7u);
  EXPECT_FALSE(std::filesystem::exists(folder / "out.gguf.resume"));
  request.output = folder / "whole.gguf";
  request.resume = false;
  EXPECT_EQ(quantize_model(request).tuning->resumed_step, 0);
  EXPECT_TRUE(content_of(folder / "out.gguf") == content_of(folder / "whole.gguf"));
}

}  // namespace nybble::walk
