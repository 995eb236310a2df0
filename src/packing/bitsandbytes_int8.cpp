// Weights of bitsandbytes in 8 bits, LLM.int8(): value = code * SCB / 127, an SCB a row.
#include <cstring>

#include "base/error.h"
#include "formats/group_blocks.h"
#include "packing/bitsandbytes_weights.h"
#include "packing/group_size.h"
#include "packing/scheme.h"

namespace nybble::packing {
namespace {

constexpr FormatId f32 = id_of<formats::F32>(), i8 = id_of<formats::I8>(),
                   u8 = id_of<formats::U8>();

struct Int8Weight {
  const files::NamedTensor &codes, &scales;

  int code(std::int64_t i) const {
    return static_cast<std::int8_t>(codes.data.bytes[static_cast<std::size_t>(i)]);
  }
  float scale(std::int64_t row) const {
    float absmax = 0;
    std::memcpy(&absmax, scales.data.bytes.data() + static_cast<std::size_t>(row) * sizeof(absmax),
                sizeof(absmax));
    return absmax / 127;
  }

  void unpack(const formats::GroupBlocks& blocks, std::size_t size, std::byte* out) const {
    const std::int64_t cols = codes.data.shape.cols();
    formats::Group group;
    for (std::int64_t first = 0; first < codes.data.shape.count(); first += blocks.len) {
      group.scale = scale(first / cols);
      for (std::int64_t i = 0; i < blocks.len; ++i)
        group.codes[i] = static_cast<std::uint8_t>(code(first + i) + 128);
      blocks.store(group, out);
      out += size;
    }
  }
  void decode(std::byte* out) const {
    const std::int64_t cols = codes.data.shape.cols();
    for (std::int64_t i = 0; i < codes.data.shape.count(); ++i, out += sizeof(float)) {
      const float value = scale(i / cols) * static_cast<float>(code(i));
      std::memcpy(out, &value, sizeof(value));
    }
  }
};

// Other orders of the codes were written by old versions for the cores of old devices.
void check_order(const files::Checkpoint& checkpoint, const files::NamedTensor& order) {
  const int found = std::to_integer<int>(order.data.bytes[0]);
  if (found == 0) return;
  fail(ErrorKind::unsupported,
       "{}: tensor '{}' is {}; nybble reads 0 (rows): load and save the model with bitsandbytes "
       "0.45 or later",
       checkpoint.path.string(), order.name, found);
}

}  // namespace

std::shared_ptr<const PackedWeight> find_int8(const files::Checkpoint& checkpoint,
                                              std::string_view module, const Shape& shape) {
  if (checkpoint.find(fmt::format("{}.SCB", module)) == nullptr) return nullptr;
  const Int8Weight weight{part_of(checkpoint, module, "weight", {i8}, shape),
                          part_of(checkpoint, module, "SCB", {f32}, {shape.rows()})};
  std::vector<const files::NamedTensor*> parts{&weight.codes, &weight.scales};
  if (checkpoint.find(fmt::format("{}.weight_format", module)) != nullptr) {
    parts.push_back(&part_of(checkpoint, module, "weight_format", {u8}, {}));
    check_order(checkpoint, *parts.back());
  }
  const std::int64_t len = block_len_for(shape.cols(), shape.cols());
  if (len == 0) {
    return std::make_shared<PackedWeight>(f32, shape, parts,
                                          [weight](auto out) { weight.decode(out.data()); });
  }
  const FormatId format = *formats::find_group_format(8, len, false);
  return std::make_shared<PackedWeight>(format, shape, parts, [weight, format](auto out) {
    weight.unpack(*formats::group_blocks(format),
                  static_cast<std::size_t>(formats::info(format).block_bytes), out.data());
  });
}

}  // namespace nybble::packing
