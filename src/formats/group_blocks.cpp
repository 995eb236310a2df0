#include "formats/group_blocks.h"

#include <cstring>

namespace nybble::formats {
namespace {

template <class F>
void load_group(const std::byte* bytes, Group& group) {
  typename F::Block block;
  std::memcpy(&block, bytes, sizeof(block));
  group.scale = block.scale;
  group.zero_point = F::zero;
  if constexpr (F::with_zero_point) group.zero_point = block.zero_point;
  F::unpack(block, group.codes);
}

template <class F>
void store_group(const Group& group, std::byte* bytes) {
  typename F::Block block{};
  block.scale = group.scale;
  if constexpr (F::with_zero_point) block.zero_point = group.zero_point;
  F::set_codes(block, group.codes);
  std::memcpy(bytes, &block, sizeof(block));
}

struct BlocksOf {
  template <class F>
  const GroupBlocks* operator()() const {
    if constexpr (requires { F::with_zero_point; }) {
      static constexpr GroupBlocks blocks{F::bits, F::block_len, F::with_zero_point, load_group<F>,
                                          store_group<F>};
      return &blocks;
    } else {
      return nullptr;
    }
  }
};

}  // namespace

const GroupBlocks* group_blocks(FormatId format) {
  return visit(format, BlocksOf{});
}

std::optional<FormatId> find_group_format(int bits, std::int64_t len, bool has_zero_point) {
  for (const FormatInfo& format : all()) {
    const GroupBlocks* blocks = group_blocks(format.id);
    if (blocks != nullptr && blocks->bits == bits && blocks->len == len &&
        blocks->has_zero_point == has_zero_point)
      return format.id;
  }
  return std::nullopt;
}

}  // namespace nybble::formats
