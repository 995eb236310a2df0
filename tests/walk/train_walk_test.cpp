// Adapters trained on the model of the repository.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "nybble/evaluate.h"
#include "nybble/train.h"

namespace nybble::walk {
namespace {

constexpr const char* weights = "adapter_model.safetensors";

TrainRequest request_for(const TemporaryFolder& folder, const std::string& output) {
  TrainRequest request;
  request.model = "models/tale-6m";
  request.output = folder / output;
  request.texts = {folder.make("t.txt", content_of("models/tale-6m-eval.txt").substr(0, 9000))};
  request.rank = 2;
  request.alpha = 4;
  request.rate = 2e-3;
  request.context = 32;
  request.batch = 2;
  request.steps = 6;
  return request;
}

}  // namespace

TEST(train_walk, an_adapter_stops_and_goes_on_with_the_same_bytes) {
  const TemporaryFolder folder;
  TrainRequest request = request_for(folder, "lora/");
  request.resume = true;
  const auto stop = [](const Progress& progress) {
    if (progress.done == 3 * 2 * 32) throw Error(ErrorKind::cancelled, "stopped");
  };
  EXPECT_THROW(train_adapter(request, stop), Error);
  EXPECT_FALSE(std::filesystem::exists(folder / "lora"));
  EXPECT_TRUE(std::filesystem::exists(folder / "lora.resume/training"));

  const TrainReport report = train_adapter(request);

  EXPECT_EQ(report.resumed_step, 3);
  EXPECT_EQ(report.points.size(), 7u);
  EXPECT_LT(report.best, report.first);
  EXPECT_EQ(report.linears, 42u);
  EXPECT_FALSE(std::filesystem::exists(folder / "lora.resume"));
  request.output = folder / "whole";
  request.resume = false;
  request.threads = 1;
  EXPECT_EQ(train_adapter(request).resumed_step, 0);
  EXPECT_TRUE(content_of(folder / "lora" / weights) == content_of(folder / "whole" / weights));
}

TEST(train_walk, begins_anew_for_other_settings_and_refuses_a_cut_state) {
  const TemporaryFolder folder;
  TrainRequest request = request_for(folder, "lora");
  request.resume = true;
  request.targets = {"q_proj"};
  const auto stop = [](const Progress& progress) {
    if (progress.done == 2 * 2 * 32) throw Error(ErrorKind::cancelled, "stopped");
  };
  EXPECT_THROW(train_adapter(request, stop), Error);
  const auto state = folder / "lora.resume/training";
  std::filesystem::resize_file(state, std::filesystem::file_size(state) - 3);
  expect_error([&] { train_adapter(request); }, ErrorKind::corrupt_file,
               testing::HasSubstr("lora.resume/training: the state of a training"));
  request.rank = 1;
  const TrainReport report = train_adapter(request);
  EXPECT_TRUE(report.discarded);
  EXPECT_EQ(report.resumed_step, 0);
  EXPECT_EQ(report.linears, 6u);
}

TEST(train_walk, refuses_what_it_cannot_do_before_the_work) {
  const TemporaryFolder folder;
  const auto expect_refused = [&](const std::function<void(TrainRequest&)>& change, ErrorKind kind,
                                  const std::string& sentence) {
    TrainRequest request = request_for(folder, "lora");
    change(request);
    expect_error([&] { train_adapter(request); }, kind, testing::HasSubstr(sentence));
  };
  const auto invalid = ErrorKind::invalid_input;
  expect_refused([](TrainRequest& r) { r.texts.clear(); }, invalid, "expected texts");
  expect_refused([](TrainRequest& r) { r.tokens = 5; }, invalid, "steps or tokens, found both");
  expect_refused([](TrainRequest& r) { r.rate = 0; }, invalid, "a rate above 0");
  expect_refused([](TrainRequest& r) { r.targets = {"lm_head"}; }, invalid, "no target 'lm_head'");
  expect_refused([](TrainRequest& r) { r.memory_bytes = 1 << 20; }, ErrorKind::out_of_memory,
                 "training beside this model needs");
  expect_refused([&](TrainRequest& r) { r.texts = {folder.make("s.txt", "Once upon")}; }, invalid,
                 "1 files give no lesson");
  folder.make(std::string("lora/") + weights, "mine");
  expect_refused([](TrainRequest&) {}, invalid, "exists already");
  expect_refused([](TrainRequest& r) { r.resume = true; }, invalid, "exists already");
  EXPECT_FALSE(std::filesystem::exists(folder / "lora.resume"));
  EXPECT_EQ(content_of(folder / "lora" / weights), "mine");
}

}  // namespace nybble::walk
