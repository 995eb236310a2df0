#include "models/known_shapes.h"

#include <gtest/gtest.h>

#include "models/decoder_tensors.h"

namespace nybble::models {
namespace {

double billions_of_parameters(const KnownShape& shape) {
  double count = 0;
  for (const TensorSpec& spec : decoder_tensors(shape.config()))
    count += static_cast<double>(spec.shape.count());
  return count * 1e-9;
}

}  // namespace

TEST(known_shapes, have_as_many_parameters_as_their_publishers_say) {
  // Model cards on Hugging Face, rounded there to the last digit that stands here.
  const struct {
    const char* name;
    double billions, half_a_digit;
  } stated[] = {{"tinyllama-1.1b", 1.10, 0.005},   {"llama-2-7b", 6.74, 0.005},
                {"llama-2-13b", 13.0, 0.05},       {"llama-2-70b", 69.0, 0.05},
                {"llama-3-8b", 8.03, 0.005},       {"llama-3.1-8b", 8.03, 0.005},
                {"llama-3.1-70b", 70.6, 0.05},     {"llama-3.1-405b", 406, 0.5},
                {"llama-3.2-1b", 1.24, 0.005},     {"llama-3.2-3b", 3.21, 0.005},
                {"mistral-7b", 7.25, 0.005},       {"mistral-nemo-12b", 12.2, 0.05},
                {"mistral-small-24b", 23.6, 0.05}, {"mistral-large-123b", 123, 0.5},
                {"qwen2.5-0.5b", 0.49, 0.005},     {"qwen2.5-1.5b", 1.54, 0.005},
                {"qwen2.5-3b", 3.09, 0.005},       {"qwen2.5-7b", 7.62, 0.005},
                {"qwen2.5-14b", 14.8, 0.05},       {"qwen2.5-32b", 32.8, 0.05},
                {"qwen2.5-72b", 72.7, 0.05},       {"qwen3-0.6b", 0.6, 0.05},
                {"qwen3-1.7b", 1.7, 0.05},         {"qwen3-4b", 4.02, 0.005},
                {"qwen3-8b", 8.19, 0.005},         {"qwen3-14b", 14.8, 0.05},
                {"qwen3-32b", 32.8, 0.05},         {"smollm2-135m", 0.135, 0.0005},
                {"smollm2-360m", 0.362, 0.0005},   {"smollm2-1.7b", 1.71, 0.005},
                {"smollm3-3b", 3.08, 0.005}};
  EXPECT_EQ(std::size(stated), known_shapes().size());
  for (const auto& each : stated) {
    const KnownShape* shape = find_known_shape(each.name);

    ASSERT_NE(shape, nullptr) << each.name;
    EXPECT_NEAR(billions_of_parameters(*shape), each.billions, each.half_a_digit) << each.name;
  }
}

TEST(known_shapes, are_valid_configurations) {
  for (const KnownShape& shape : known_shapes())
    EXPECT_NO_THROW(check_config(shape.config(), std::string(shape.name))) << shape.name;
}

TEST(known_shapes, are_found_by_alias_in_any_case) {
  EXPECT_EQ(find_known_shape("70B")->name, "llama-3.1-70b");
  EXPECT_EQ(find_known_shape("Llama-3.3-70B")->name, "llama-3.1-70b");
  EXPECT_EQ(find_known_shape("0b"), nullptr);
  EXPECT_EQ(find_known_shape(""), nullptr);
}

TEST(known_shapes, have_no_name_twice) {
  for (const KnownShape& shape : known_shapes())
    EXPECT_EQ(find_known_shape(shape.name), &shape) << shape.name;
}

}  // namespace nybble::models
