// For tests: a checkpoint without files, and the way there and back of a target.
#pragma once

#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/error_check.h"
#include "packing/packed_weight.h"
#include "packing/scheme.h"
#include "packing/target.h"

namespace nybble::packing {

class CheckpointInMemory {
 public:
  explicit CheckpointInMemory(std::string quantization_config) {
    checkpoint_.path = "tiny";
    checkpoint_.container = "safetensors";
    set_config(std::move(quantization_config));
  }
  void set_config(const std::string& quantization_config) {
    checkpoint_.texts["config.json"] = R"({"quantization_config": )" + quantization_config + "}";
  }
  files::Checkpoint& get() { return checkpoint_; }
  const std::vector<files::NamedTensor>& tensors() const { return checkpoint_.tensors; }

  template <class T>
  void add(std::string name, FormatId format, Shape shape, const std::vector<T>& values) {
    std::vector<std::byte> bytes(values.size() * sizeof(T));
    if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    add_bytes(std::move(name), format, std::move(shape), std::move(bytes));
  }
  void add_bytes(std::string name, FormatId format, Shape shape, std::vector<std::byte> bytes) {
    bytes_.push_back(std::move(bytes));
    remove(name);
    checkpoint_.tensors.push_back(
        {std::move(name), {format, std::move(shape), bytes_.back()}, "", 0});
  }
  void remove(std::string_view name) {
    std::erase_if(checkpoint_.tensors, [&](const auto& tensor) { return tensor.name == name; });
  }

  std::shared_ptr<const PackedWeight> find(std::string_view module, const Shape& shape) const {
    scheme_ = open_scheme(checkpoint_);
    return scheme_->find(module, shape);
  }
  // The decoded weight, its columns in order.
  std::vector<float> read(std::string_view module, const Shape& shape) const {
    const auto weight = find(module, shape);
    const formats::FormatInfo& format = formats::info(weight->format());
    const auto cols = static_cast<std::size_t>(shape.cols());
    std::vector<float> values(static_cast<std::size_t>(shape.count())), row(cols);
    for (std::int64_t r = 0; r < shape.rows(); ++r) {
      format.decode(weight->row(r).data(), cols / static_cast<std::size_t>(format.block_len),
                    row.data());
      for (std::size_t c = 0; c < cols; ++c) {
        const std::size_t at =
            weight->column_order.empty() ? c : static_cast<std::size_t>(weight->column_order[c]);
        values[static_cast<std::size_t>(r) * cols + at] = row[c] * weight->scale;
      }
    }
    return values;
  }

 private:
  files::Checkpoint checkpoint_;
  std::deque<std::vector<std::byte>> bytes_;
  mutable std::unique_ptr<Scheme> scheme_;
};

inline std::vector<float> random_weight(const Shape& shape, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.02f);
  std::vector<float> values(static_cast<std::size_t>(shape.count()));
  for (float& value : values) value = normal(random);
  return values;
}

// Blocks of a weight as the target asks for them, with shared scales where it shares them.
inline std::vector<std::byte> blocks_for(const Target& target, const Shape& shape,
                                         std::vector<float> weight) {
  for (float& value : weight) value /= target.scale();
  const formats::FormatInfo& format = formats::info(target.format());
  const std::size_t n = weight.size() / static_cast<std::size_t>(format.block_len);
  std::vector<std::byte> blocks(n * static_cast<std::size_t>(format.block_bytes));
  format.encode(weight.data(), nullptr, n, blocks.data());
  if (target.shares_scales()) {
    std::vector<float> scales(n);
    format.scales(blocks.data(), n, scales.data());
    target.share_scales(shape, scales);
    format.encode_at(weight.data(), scales.data(), n, blocks.data());
  }
  return blocks;
}

// A checkpoint with the module "m" in the layout of the target.
inline CheckpointInMemory packed_by(const Target& target, const Shape& shape,
                                    const std::vector<std::byte>& blocks) {
  OrderedJson config;
  Target::Texts texts;
  target.describe({}, config, texts);
  CheckpointInMemory checkpoint(config["quantization_config"].dump());
  const auto plans = target.parts("m", shape);
  std::size_t i = 0;
  target.pack(shape, blocks, [&](std::span<const std::byte> bytes) {
    checkpoint.add_bytes(plans.at(i).name, plans.at(i).format, plans.at(i).shape,
                         {bytes.begin(), bytes.end()});
    ++i;
  });
  EXPECT_EQ(i, plans.size());
  return checkpoint;
}

}  // namespace nybble::packing
