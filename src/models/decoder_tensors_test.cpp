#include "models/decoder_tensors.h"

#include <gtest/gtest.h>

#include "models/model_source.h"

namespace nybble::models {

TEST(decoder_tensors, rows_of_heads_change_places_and_back) {
  constexpr std::int64_t rows = 24;
  constexpr int heads = 3;  // of 8 rows
  const std::int64_t expected_head[] = {0, 4, 1, 5, 2, 6, 3, 7};
  for (std::int64_t row = 0; row < rows; ++row) {
    EXPECT_EQ(hf_row(row, rows, heads), row / 8 * 8 + expected_head[row % 8]);
    EXPECT_EQ(gguf_row(hf_row(row, rows, heads), rows, heads), row);
  }
}

TEST(decoder_tensors, a_source_hands_out_rows_in_the_order_of_gguf) {
  const auto checkpoint = std::make_shared<const files::Checkpoint>(
      files::open_checkpoint("tests/golden/models/llama_biases"));
  const ModelSource source = open_model(checkpoint);
  const SourceTensor& weight = *source.find("blk.1.attn_k.weight");
  const TensorView& stored = checkpoint->get("model.layers.1.self_attn.k_proj.weight").data;
  const int kv_heads = source.config.kv_heads;

  std::vector<float> found(64), expected(64), bias(64), stored_bias(64);
  for (std::int64_t row = 0; row < weight.shape.rows(); ++row) {
    weight.decode_rows(row, 1, found.data());
    stored.decode_rows(hf_row(row, weight.shape.rows(), kv_heads), 1, expected.data());
    EXPECT_EQ(found, expected) << row;
  }
  source.find("blk.1.attn_k.bias")->decode_rows(0, 1, bias.data());
  checkpoint->get("model.layers.1.self_attn.k_proj.bias")
      .data.decode_rows(0, 1, stored_bias.data());
  for (std::int64_t i = 0; i < 64; ++i) {
    EXPECT_EQ(bias[static_cast<std::size_t>(i)],
              stored_bias[static_cast<std::size_t>(hf_row(i, 64, kv_heads))])
        << i;
  }
}

}  // namespace nybble::models
