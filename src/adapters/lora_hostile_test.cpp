// Adapters that must be refused, and how it is said. Each case changes one thing of a good one.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "adapters/lora_adapter.h"
#include "base/error_check.h"
#include "base/json.h"
#include "base/temporary_folder.h"
#include "files/safetensors.h"

namespace nybble::adapters {
namespace {

using testing::HasSubstr;

struct Matrix {
  std::string name;
  Shape shape;
  std::vector<float> values;
};

Matrix matrix(const std::string& name, Shape shape) {
  const auto n = static_cast<std::size_t>(shape.count());
  return {name, std::move(shape), std::vector<float>(n, 0.5f)};
}

const std::string v0 = "base_model.model.model.layers.0.self_attn.v_proj",
                  v1 = "base_model.model.model.layers.1.self_attn.v_proj";

class hostile_adapter : public testing::Test {
 protected:
  void write() const {
    std::vector<files::TensorPlan> plan;
    for (const Matrix& m : matrices_) plan.push_back({m.name, id_of<formats::F32>(), m.shape});
    files::PlacedWriter writer(
        files::place_safetensors(folder_ / weights_file_name, {{"format", "pt"}}, plan), true);
    for (const Matrix& m : matrices_) writer.write(std::as_bytes(std::span(m.values)));
    writer.finish();
    folder_.make(config_file_name, config_.dump());
  }
  LoraAdapter read() const { return read_lora(folder_.path(), model_); }
  void expect_refused(ErrorKind kind, const std::string& part) const {
    write();
    expect_error([&] { read(); }, kind, HasSubstr(part));
  }
  // The same for one change of the configuration, which is taken back.
  void expect_key_refused(const std::string& key, const Json& value, ErrorKind kind,
                          const std::string& part) {
    const Json good = config_;
    config_[key] = value;
    expect_refused(kind, part);
    config_ = good;
  }

  const TemporaryFolder folder_;
  const models::ModelSource model_ = models::open_model(std::make_shared<const files::Checkpoint>(
      files::open_checkpoint("tests/golden/models/llama")));
  Json config_ = {
      {"peft_type", "LORA"}, {"r", 3}, {"lora_alpha", 6}, {"target_modules", {"v_proj"}}};
  std::vector<Matrix> matrices_{
      matrix(v0 + ".lora_A.weight", {3, 64}), matrix(v0 + ".lora_B.weight", {32, 3}),
      matrix(v1 + ".lora_A.weight", {3, 64}), matrix(v1 + ".lora_B.weight", {32, 3})};
};

TEST_F(hostile_adapter, is_good_before_it_is_changed) {
  write();
  EXPECT_EQ(read().parts.size(), 2);
}

TEST_F(hostile_adapter, has_settings_that_mean_something_else) {
  const auto unsupported = ErrorKind::unsupported, corrupt = ErrorKind::corrupt_file;
  expect_key_refused("use_dora", true, unsupported, "sets 'use_dora' to true");
  expect_key_refused("use_bdlora", {{"nblocks", 2}}, unsupported, "sets 'use_bdlora'");
  expect_key_refused("something_new", 3, unsupported, "sets 'something_new' to 3");
  expect_key_refused("modules_to_save", {"lm_head"}, unsupported, "sets 'modules_to_save'");
  expect_key_refused("fan_in_fan_out", true, unsupported, "sets 'fan_in_fan_out'");
  expect_key_refused("bias", "lora_only", unsupported, "bias is 'lora_only', expected 'none'");
  expect_key_refused("peft_type", "IA3", unsupported, "peft_type is 'IA3', expected LORA");
  expect_key_refused("init_lora_weights", "pissa", unsupported, "init_lora_weights is 'pissa'");
  expect_key_refused("r", 0, corrupt, "r is 0");
  expect_key_refused("r", -1, corrupt, "key 'r' is -1");
  expect_key_refused("r", 4, corrupt, "is [3, 64], expected [4, 64]");
  expect_key_refused("lora_alpha", "six", corrupt, "key 'lora_alpha'");
  expect_key_refused("rank_pattern", {{"v_proj", 1e9}}, corrupt, "expected [1000000000, 64]");
  expect_key_refused("rank_pattern", {{"v_proj", 2.5}}, corrupt, "has the rank 0");
  expect_key_refused("rank_pattern", {{".*v_proj", 2}}, unsupported, "regular expression");
  expect_key_refused("alpha_pattern", {{"v_proj", 1}, {"self_attn.v_proj", 2}}, unsupported,
                     "different values");
  expect_key_refused("target_modules", {"k_proj"}, corrupt, "does not list");
  expect_key_refused("target_modules", {"v_proj", "k_proj"}, corrupt, "no matrices for 'k_proj'");
  expect_key_refused("target_modules", {3}, corrupt, "target_modules");
}

TEST_F(hostile_adapter, lacks_one_of_a_pair) {
  matrices_.pop_back();
  expect_refused(ErrorKind::corrupt_file,
                 "model.layers.1.self_attn.v_proj has lora_A and no lora_B");
}

TEST_F(hostile_adapter, has_shapes_of_another_model) {
  matrices_[3] = matrix(v1 + ".lora_B.weight", {64, 3});
  expect_refused(ErrorKind::corrupt_file, "is [64, 3], expected [32, 3]");
}

TEST_F(hostile_adapter, has_a_matrix_that_is_no_matrix) {
  matrices_[1] = matrix(v0 + ".lora_B.weight", {96});
  expect_refused(ErrorKind::corrupt_file, "is [96], expected [32, 3]");
}

TEST_F(hostile_adapter, names_a_module_that_the_model_lacks) {
  matrices_.push_back(
      matrix("base_model.model.model.layers.7.self_attn.v_proj.lora_A.weight", {3, 64}));
  expect_refused(ErrorKind::corrupt_file, "has matrices for model.layers.7.self_attn.v_proj");
}

TEST_F(hostile_adapter, names_the_head_that_is_the_embedding) {
  matrices_.push_back(matrix("base_model.model.lm_head.lora_A.weight", {3, 64}));
  expect_refused(ErrorKind::unsupported, "ties to its embedding");
}

TEST_F(hostile_adapter, holds_something_else_than_matrices) {
  matrices_.push_back(matrix(v0 + ".lora_magnitude_vector", {32}));
  expect_refused(ErrorKind::unsupported, "lora_magnitude_vector' is no matrix of low rank");
}

TEST_F(hostile_adapter, has_names_without_a_module) {
  matrices_.push_back(matrix("base_model.model.lora_A.weight", {3, 64}));
  expect_refused(ErrorKind::corrupt_file, "names no module");
  matrices_.back().name = "base_model.model..lora_A.weight";
  expect_refused(ErrorKind::corrupt_file, "names no module");
}

TEST_F(hostile_adapter, has_values_that_are_not_finite) {
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    matrices_[2].values[64 + 5] = bad;
    expect_refused(ErrorKind::corrupt_file, "at [1, 5], expected finite numbers");
  }
}

TEST_F(hostile_adapter, is_not_whole) {
  write();
  folder_.make(weights_file_name, content_of(folder_ / weights_file_name).substr(0, 500));
  expect_error([&] { read(); }, ErrorKind::corrupt_file, HasSubstr("adapter_model.safetensors"));
  folder_.make(config_file_name, "{\"r\": 3");
  expect_error([&] { read(); }, ErrorKind::corrupt_file, HasSubstr("adapter_config.json"));
  std::filesystem::remove(folder_ / weights_file_name);
  expect_error([&] { read(); }, ErrorKind::io, HasSubstr("has no adapter_model.safetensors"));
  folder_.make("adapter_model.bin", "x");
  expect_error([&] { read(); }, ErrorKind::unsupported, HasSubstr("Python pickle"));
}

TEST_F(hostile_adapter, holds_nothing) {
  matrices_.clear();
  expect_refused(ErrorKind::corrupt_file, "holds no tensors");
}

}  // namespace
}  // namespace nybble::adapters
