// The scales of a weight as checkpoints store them: one for each rectangle of values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "files/checkpoint.h"

namespace nybble::packing {

// Values in rectangles of rows x cols share a scale; those at the right and below may be cut off.
// A row or a whole weight is a rectangle, too.
struct ScaleGrid {
  std::int64_t rows = 1, cols = 1;

  // Of the scales of a weight.
  Shape shape(const Shape& weight) const {
    return {(weight.rows() + rows - 1) / rows, (weight.cols() + cols - 1) / cols};
  }
  std::size_t index(const Shape& weight, std::int64_t row, std::int64_t col) const {
    return static_cast<std::size_t>(row / rows * shape(weight).cols() + col / cols);
  }
  // For Target::share_scales: `scales` [rows, cols / block_len] of a weight become the largest
  // magnitude of their rectangle, rounded, which is a multiple of blocks wide. A rectangle of zeros
  // gets 1, since programs divide by scales.
  void share(const Shape& weight, std::int64_t block_len, float (*round)(float),
             std::span<float> scales) const;
};

// A part with one value for each rectangle of a grid. Programs write the dimensions of 1 or leave
// them away. Throws as part_of() does.
const files::NamedTensor& scales_of(const files::Checkpoint& checkpoint, std::string_view module,
                                    std::string_view suffix,
                                    std::initializer_list<FormatId> formats, const Shape& shape);

// Of the part NAME.input_scale, the one number by which inputs are divided before they are rounded.
// Throws as part_of() does, and when it is none to divide by.
float read_input_scale(const files::Checkpoint& checkpoint, std::string_view module);

// Value i of a part.
float load_value(const files::NamedTensor& part, std::size_t i);

bool is_f16(float scale);
void store_f16(std::span<std::byte> bytes, std::size_t i, float scale);

// Floats of 16 bits as scales, which are not negative.
struct ScaleType {
  FormatId format;
  bool (*holds)(float scale);
  float (*nearest)(float scale);
  float (*next)(float scale);  // not smaller than the scale, if there is such a one
  void (*store)(std::span<std::byte> bytes, std::size_t i, float scale);
};
// What programs load scales as in a model of this type: F16, else BF16.
const ScaleType& scale_type(FormatId model_type);

// Stores a scale that several blocks share; every one of them brings it. Throws
// Error(invalid_input) when they differ, or lose bits in the type.
class SharedScales {
 public:
  SharedScales(const ScaleType& type, std::span<std::byte> bytes, std::size_t n)
      : type_(type), bytes_(bytes), scales_(n) {}
  void store(std::size_t i, float scale);

 private:
  const ScaleType& type_;
  std::span<std::byte> bytes_;
  std::vector<float> scales_;  // 0: not yet stored
};

}  // namespace nybble::packing
