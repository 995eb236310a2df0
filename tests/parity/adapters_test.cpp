// Logits of the tiny checkpoints with adapters against those of PEFT (torch, float32), and against
// those of the merged model; and the same bits whatever the threads, the batch and the ISA level.
#include <gtest/gtest.h>

#include <cmath>

#include "adapters/lora_adapter.h"
#include "cpu/choose_kernels.h"
#include "golden_models.h"

namespace nybble {
namespace {

struct Difference {
  float largest = 0, difference = 0;
};

Difference compare(const std::vector<float>& found, const std::vector<float>& expected) {
  EXPECT_EQ(found.size(), expected.size());
  Difference result;
  for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
    result.largest = std::max(result.largest, std::fabs(expected[i]));
    result.difference = std::max(result.difference, std::fabs(expected[i] - found[i]));
  }
  return result;
}

}  // namespace

class adapters_of_peft : public testing::TestWithParam<std::string> {
 protected:
  adapters_of_peft() {
    adapters::attach(adapters::read_lora(folder_, source_), source_);
    found_ = golden::run(source_, tokens_);
  }

  const std::filesystem::path folder_ = "tests/golden/adapters/" + GetParam();
  models::ModelSource source_ = golden::open(golden::folder_of("llama"));
  const std::vector<std::int32_t> tokens_ = golden::tokens_of("llama");
  std::vector<float> found_;
};

TEST_P(adapters_of_peft, give_the_logits_of_peft) {
  const Difference peft = compare(found_, golden::read_floats(folder_ / "logits.f32"));
  RecordProperty("relative_difference", std::to_string(peft.difference / peft.largest));
  EXPECT_LE(peft.difference, 1e-4f * peft.largest);

  const auto without = compare(found_, golden::logits_of("llama"));
  EXPECT_GE(without.difference, 0.1f * without.largest) << "the adapter changed nothing";
}

TEST_P(adapters_of_peft, give_the_logits_of_the_merged_model) {
  models::ModelSource merged = source_;
  adapters::merge(merged);
  const Difference sums = compare(golden::run(merged, tokens_), found_);
  // Noise of float32 sums in another order.
  EXPECT_LE(sums.difference, 1e-5f * sums.largest);
  EXPECT_NE(sums.difference, 0);
}

TEST_P(adapters_of_peft, give_the_same_bits_always) {
  for (const cpu::Kernels* kernels : cpu::runnable_kernels()) {
    const runtime::LoadOptions load{.threads = 1, .isa = kernels->name};
    EXPECT_TRUE(golden::same_bits(golden::run(source_, tokens_, {.load = load}), found_))
        << kernels->name;
  }
  for (const int batch : {1, 7, 33})
    EXPECT_TRUE(golden::same_bits(golden::run(source_, tokens_, {.batch = batch}), found_))
        << batch;
  for (const int threads : {2, 3})
    EXPECT_TRUE(
        golden::same_bits(golden::run(source_, tokens_, {.load = {.threads = threads}}), found_))
        << threads;
}

TEST_P(adapters_of_peft, come_back_as_they_were_written) {
  const auto folder = std::filesystem::temp_directory_path() / ("nybble_lora_" + GetParam());
  std::filesystem::remove_all(folder);
  adapters::write_lora(folder, adapters::read_lora(folder_, source_), source_,
                       id_of<formats::F32>());
  models::ModelSource again = golden::open(golden::folder_of("llama"));
  adapters::attach(adapters::read_lora(folder, again), again);
  // Scales become alphas and scales again.
  const Difference rounding = compare(golden::run(again, tokens_), found_);
  EXPECT_LE(rounding.difference, 1e-6f * rounding.largest);
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(all, adapters_of_peft, testing::Values("llama", "llama_rslora"),
                         [](const auto& adapter) { return adapter.param; });

}  // namespace nybble
