// Adapters written and read back, and files that must be refused. Each case changes one thing of a
// good adapter.
#include "adapters/lora_adapter.h"

#include <gtest/gtest.h>

#include <functional>

#include "adapters/lora_config.h"
#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "files/safetensors.h"

namespace nybble::adapters {
namespace {

models::ModelSource llama() {
  return models::open_model(std::make_shared<const files::Checkpoint>(
      files::open_checkpoint("tests/golden/models/llama")));
}

models::LowRank random_part(const models::ModelSource& model, const std::string& linear, int rank,
                            float scale) {
  const Shape& shape = model.find(linear + ".weight")->shape;
  models::LowRank part{linear, rank, scale, {}, {}};
  const auto n = static_cast<std::size_t>(rank);
  for (std::size_t i = 0; i < n * static_cast<std::size_t>(shape.cols()); ++i)
    part.a.push_back(static_cast<float>(i % 17) / 16 - 0.5f);
  for (std::size_t i = 0; i < n * static_cast<std::size_t>(shape.rows()); ++i)
    part.b.push_back(static_cast<float>(i % 23) / 32 - 0.25f);
  return part;
}

LoraAdapter small_adapter(const models::ModelSource& model) {
  return {
      .parts = {random_part(model, "blk.0.attn_q", 4, 2), random_part(model, "blk.1.attn_q", 4, 2),
                random_part(model, "blk.1.ffn_down", 2, 1.5f)},
      .rank = 4,
      .alpha = 8,
      .base = "someone/llama"};
}

void expect_same(const LoraAdapter& a, const LoraAdapter& b) {
  ASSERT_EQ(a.parts.size(), b.parts.size());
  for (std::size_t i = 0; i < a.parts.size(); ++i) {
    EXPECT_EQ(a.parts[i].linear, b.parts[i].linear);
    EXPECT_EQ(a.parts[i].rank, b.parts[i].rank);
    EXPECT_EQ(a.parts[i].scale, b.parts[i].scale);
    EXPECT_EQ(a.parts[i].a, b.parts[i].a);
    EXPECT_EQ(a.parts[i].b, b.parts[i].b);
  }
  EXPECT_EQ(a.rank, b.rank);
  EXPECT_EQ(a.alpha, b.alpha);
  EXPECT_EQ(a.base, b.base);
}

TEST(LoraAdapter, comes_back_as_it_was_written) {
  const models::ModelSource model = llama();
  const LoraAdapter adapter = small_adapter(model);
  for (const FormatId type :
       {id_of<formats::F32>(), id_of<formats::F16>(), id_of<formats::BF16>()}) {
    const TemporaryFolder folder;
    write_lora(folder / "adapter", adapter, model, type);
    expect_same(read_lora(folder / "adapter", model), adapter);
  }
}

TEST(LoraAdapter, tells_peft_which_modules_have_parts) {
  const models::ModelSource model = llama();
  const TemporaryFolder folder;
  write_lora(folder.path(), small_adapter(model), model, id_of<formats::F32>());
  const LoraConfig config =
      parse_lora_config(content_of(folder / config_file_name), "adapter_config.json");
  EXPECT_EQ(config.targets, (std::vector<std::string>{"q_proj", "model.layers.1.mlp.down_proj"}));
  EXPECT_EQ(config.rank_of("model.layers.0.self_attn.q_proj"), 4);
  EXPECT_EQ(config.rank_of("model.layers.1.mlp.down_proj"), 2);
  EXPECT_EQ(config.scale_of("model.layers.1.mlp.down_proj"), 1.5f);
}

// The permutation is that of the weight itself: the stored rows of q in Hugging Face's order.
TEST(LoraAdapter, orders_rows_as_the_weight_has_them) {
  const models::ModelSource model = llama();
  const TemporaryFolder folder;
  const LoraAdapter adapter = small_adapter(model);
  write_lora(folder.path(), adapter, model, id_of<formats::F32>());
  const files::Checkpoint stored = files::open_checkpoint(folder / weights_file_name);
  const auto& b = stored.get("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight").data;
  const models::SourceTensor& q = *model.find("blk.0.attn_q.weight");
  for (std::int64_t row = 0; row < q.shape.rows(); ++row) {
    std::vector<float> values(4);
    b.decode_rows(q.stored_row(row), 1, values.data());
    const auto first = adapter.parts[0].b.begin() + row * 4;
    EXPECT_EQ(values, std::vector<float>(first, first + 4));
  }
}

TEST(LoraAdapter, is_not_written_over_another) {
  const models::ModelSource model = llama();
  const TemporaryFolder folder;
  const LoraAdapter adapter = small_adapter(model);
  write_lora(folder.path(), adapter, model, id_of<formats::F32>());
  expect_error([&] { write_lora(folder.path(), adapter, model, id_of<formats::F32>()); },
               ErrorKind::invalid_input, testing::HasSubstr("exists"));
  write_lora(folder.path(), adapter, model, id_of<formats::F32>(), true);
}

TEST(LoraAdapter, refuses_parts_that_do_not_fit_the_model) {
  const models::ModelSource model = llama();
  const TemporaryFolder folder;
  const auto refused = [&](const std::function<void(LoraAdapter&)>& change, FormatId type,
                           const std::string& part) {
    LoraAdapter adapter = small_adapter(model);
    change(adapter);
    expect_error([&] { write_lora(folder / "new", adapter, model, type); },
                 ErrorKind::invalid_input, testing::HasSubstr(part));
    EXPECT_FALSE(std::filesystem::exists(folder / "new"));
  };
  const FormatId f32 = id_of<formats::F32>(), f16 = id_of<formats::F16>();
  refused([](LoraAdapter& a) { a.parts[0].b.pop_back(); }, f32, "expected [rank, 64]");
  refused([](LoraAdapter& a) { a.parts[0].linear = "blk.9.attn_q"; }, f32, "of which 2 are");
  refused([](LoraAdapter& a) { a.parts.clear(); }, f32, "at least one");
  refused([](LoraAdapter& a) { a.parts[1].a[3] = 1e6f; }, f16, "finite numbers in F16");
}

}  // namespace
}  // namespace nybble::adapters
