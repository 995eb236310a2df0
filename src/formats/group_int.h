// INTb-Gn and UINTb-Gn: a group of n codes of b bits with a scale, the second with a zero point,
// too. What GPTQ, AWQ and compressed-tensors keep in tensors apart from each other stands together
// here; their files are read into these blocks and written from them (src/packing). Layout:
// docs/formats/group_int.md
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "formats/format.h"
#include "formats/group_codes.h"

namespace nybble::formats {

// value = scale * (code - 2^(bits - 1)); the scale may be negative.
template <int len, int n_bytes>
struct IntGroup {
  float scale;
  std::uint8_t codes[n_bytes];
};

// value = scale * (code - zero_point)
template <int len, int n_bytes>
struct UintGroup {
  float scale;
  std::int32_t zero_point;  // 0 ... 2^bits
  std::uint8_t codes[n_bytes];
};

// "INT4-G128"
template <int bits, int len, bool has_zero_point>
struct GroupName {
  std::array<char, 12> text{};
  std::size_t size = 0;

  constexpr GroupName() {
    append(has_zero_point ? "UINT" : "INT");
    append_number(bits);
    append("-G");
    append_number(len);
  }
  constexpr std::string_view view() const { return {text.data(), size}; }

 private:
  constexpr void append(std::string_view part) {
    for (const char c : part) text[size++] = c;
  }
  constexpr void append_number(int n) {
    if (n >= 10) append_number(n / 10);
    text[size++] = static_cast<char>('0' + n % 10);
  }
};

template <int bits_, int len, bool has_zero_point>
struct GroupInt {
  static constexpr GroupName<bits_, len, has_zero_point> full_name{};
  static constexpr std::string_view name = full_name.view();
  static constexpr int gguf_type = -1, block_len = len, group_len = len, bits = bits_;
  static constexpr int n_codes = 1 << bits, zero = n_codes / 2;
  static constexpr bool with_zero_point = has_zero_point;
  // Significant bits of the scales that encode() chooses: as halves and as bfloat16 they are the
  // same, since programs load scales in the type of the model.
  static constexpr int scale_bits = 8;
  using Codes = GroupCodes<bits, len>;
  using Block = std::conditional_t<has_zero_point, UintGroup<len, Codes::n_bytes>,
                                   IntGroup<len, Codes::n_bytes>>;

  static constexpr int code(const Block& block, int i) { return Codes::code(block.codes, i); }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    Codes::unpack(block.codes, codes);
  }
  static constexpr void set_codes(Block& block, const std::uint8_t* codes) {
    Codes::pack(codes, block.codes);
  }
  // scale * (code - zero) + scale * (zero - zero_point): exact as long as the scale has 11
  // significant bits, as those of files do.
  static constexpr GroupScales<1> groups(const Block& block) {
    GroupScales<1> scales{.scale = block.scale, .sub_scale = {1}, .sub_offset = {1}};
    if constexpr (has_zero_point) {
      if (block.zero_point != zero)
        scales.offset = block.scale * static_cast<float>(zero - block.zero_point);
    }
    return scales;
  }
  static constexpr void decode(const Block& block, float* out) {
    decode_affine<GroupInt>(block, out);
  }
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
  // The nearest codes for a scale, any float.
  static Block encode_at(const float* x, float scale) requires(!has_zero_point);
};

template <int bits, int len>
using SignedGroup = GroupInt<bits, len, false>;
template <int bits, int len>
using UnsignedGroup = GroupInt<bits, len, true>;

static_assert(AffineFormat<SignedGroup<4, 128>> && Encodable<SignedGroup<4, 128>>);
static_assert(sizeof(SignedGroup<4, 128>::Block) == 68 &&
              sizeof(UnsignedGroup<3, 32>::Block) == 20);

}  // namespace nybble::formats
