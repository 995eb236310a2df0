// For tests: a checkpoint of packed linears that stands in memory.
#pragma once

#include <cstring>
#include <list>
#include <string>
#include <vector>

#include "packing/scheme.h"
#include "packing/target.h"

namespace nybble::packing {

class PackedInMemory {
 public:
  // quantization_config in JSON.
  explicit PackedInMemory(const std::string& config) {
    checkpoint.path = "model";
    checkpoint.texts["config.json"] = "{\"quantization_config\": " + config + "}";
  }

  // Adds a tensor, or takes the place of the one with this name.
  void put(const std::string& name, FormatId format, const Shape& shape,
           std::span<const std::byte> bytes) {
    remove(name);
    const auto& kept = bytes_.emplace_back(bytes.begin(), bytes.end());
    checkpoint.tensors.push_back({name, {format, shape, kept}, "model.safetensors", 0});
  }
  template <class F, class T>
  void put(const std::string& name, const Shape& shape, const std::vector<T>& values) {
    put(name, id_of<F>(), shape, std::as_bytes(std::span(values)));
  }
  void put_text(const std::string& name, const std::string& text) {
    put(name, id_of<formats::U8>(), {static_cast<std::int64_t>(text.size())},
        std::as_bytes(std::span(text)));
  }
  void remove(std::string_view name) {
    std::erase_if(checkpoint.tensors, [&](const auto& tensor) { return tensor.name == name; });
  }
  // What a target makes of the blocks of a module.
  void pack(const Target& target, std::string_view module, const Shape& shape,
            std::span<const std::byte> blocks) {
    const std::vector<files::TensorPlan> plans = target.parts(module, shape);
    std::size_t i = 0;
    target.pack(shape, blocks, [&](std::span<const std::byte> bytes) {
      const files::TensorPlan& plan = plans.at(i++);
      const std::size_t expected =
          static_cast<std::size_t>(plan.shape.rows()) * row_bytes(plan.format, plan.shape.cols());
      if (bytes.size() != expected) throw std::logic_error(plan.name + " has another size");
      put(plan.name, plan.format, plan.shape, bytes);
    });
    if (i != plans.size()) throw std::logic_error("a part is missing");
  }

  files::Checkpoint checkpoint;

 private:
  std::list<std::vector<std::byte>> bytes_;
};

// All blocks of a weight.
inline std::vector<std::byte> blocks_of(const PackedWeight& weight) {
  std::vector<std::byte> blocks;
  for (std::int64_t row = 0; row < weight.shape().rows(); ++row) {
    const auto bytes = weight.row(row);
    blocks.insert(blocks.end(), bytes.begin(), bytes.end());
  }
  return blocks;
}

inline std::vector<float> values_of(const PackedWeight& weight) {
  const formats::FormatInfo& format = formats::info(weight.format());
  const std::vector<std::byte> blocks = blocks_of(weight);
  std::vector<float> values(static_cast<std::size_t>(weight.shape().count()));
  format.decode(blocks.data(), values.size() / static_cast<std::size_t>(format.block_len),
                values.data());
  return values;
}

}  // namespace nybble::packing
