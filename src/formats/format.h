// The concepts of number formats: a format is a type that gives the layout of its block, how to
// decode and, if nybble writes it, how to encode. Everything about formats is derived from these
// types and the list in all.h.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

namespace nybble::formats {

// decode writes F::block_len values. A block is plain bytes as they stand in files: no padding, no
// pointers.
template <class F>
concept Format = requires(const typename F::Block& block, float* out) {
  { F::name } -> std::convertible_to<std::string_view>;
  { F::gguf_type } -> std::convertible_to<int>;  // ggml type number, -1 when a GGUF cannot hold it
  { F::block_len } -> std::convertible_to<int>;
  { F::decode(block, out) } -> std::same_as<void>;
};

// encode finds a block for x [block_len]. importance [block_len] >= 0 weighs the squared errors;
// nullptr means "the format's own choice", which then is what files made without calibration get.
template <class F>
concept Encodable = Format<F> && requires(const float* x, const float* importance) {
  { F::encode(x, importance) } -> std::same_as<typename F::Block>;
};

// How encoders of scalar codes choose scales: by a search, or plainly by the largest magnitude of
// each group, over its range where the format has offsets.
enum class Scales { searched, plain };

// Formats with a plain choice, the baseline of every search. Those whose encoder never searches
// give the same for both.
template <class F>
concept PlainlyEncodable = Encodable<F> && requires(const float* x) {
  { F::encode(x, nullptr, Scales::plain) } -> std::same_as<typename F::Block>;
};

// Formats of one group whose scale can be given, where files share it between groups.
template <class F>
concept ScaleEncodable = Encodable<F> && requires(const float* x, float scale) {
  { F::encode_at(x, scale) } -> std::same_as<typename F::Block>;
  { F::Block::scale } -> std::convertible_to<float>;
};

// Scales of one block: group g of an affine block has value scale * sub_scale[g] * (code - zero) +
// offset * sub_offset[g].
template <int n_groups>
struct GroupScales {
  float scale = 0;
  float offset = -0.0f;  // the sum with -0 is exact for every value; +0 would turn -0 into +0
  float sub_scale[n_groups] = {};
  float sub_offset[n_groups] = {};
};

// Small integer codes with two-level scales: Q4_0 ... Q8_0, Q2_K ... Q6_K, ternary, the group
// integers of GPTQ and AWQ.
template <class F>
concept AffineFormat = Format<F> && requires(const typename F::Block& block, int i) {
  { F::group_len } -> std::convertible_to<int>;
  { F::zero } -> std::convertible_to<int>;
  { F::code(block, i) } -> std::same_as<int>;
  { F::groups(block) } -> std::same_as<GroupScales<F::block_len / F::group_len>>;
};

// A 4-bit code indexes sixteen constants times the scale of its group: IQ4_NL, IQ4_XS, MXFP4,
// NVFP4, NF4, FP4.
template <class F>
concept TableFormat = Format<F> && requires(const typename F::Block& block, int i) {
  { F::group_len } -> std::convertible_to<int>;
  { F::table[i] } -> std::convertible_to<float>;
  { F::code(block, i) } -> std::same_as<int>;
  { F::group_scale(block, i) } -> std::same_as<float>;
};

// Formats whose codes are not plain bytes give unpack(block, codes): all codes [block_len] at once,
// equal to code(block, i), in loops that a compiler can vectorize.
template <class F>
concept Unpackable = (AffineFormat<F> || TableFormat<F>)&&requires(const typename F::Block& block,
                                                                   std::uint8_t* codes) {
  { F::unpack(block, codes) } -> std::same_as<void>;
};

// Formats whose codes can be chosen anew while the scales of the block stay: what error feedback
// works with. set_codes takes what code(block, i) then says, 0 ... n_codes - 1 each [block_len].
template <class F>
concept Recodable = (AffineFormat<F> || TableFormat<F>)&&requires(typename F::Block& block,
                                                                  const std::uint8_t* codes) {
  { F::n_codes } -> std::convertible_to<int>;
  { F::set_codes(block, codes) } -> std::same_as<void>;
};

// decode of an affine format follows from its description. The products are rounded in this order,
// as ggml does.
template <class F>
constexpr void decode_affine(const typename F::Block& block, float* out) {
  const auto groups = F::groups(block);
  const auto decode_groups = [&](const auto& code) {
    for (int g = 0; g < F::block_len / F::group_len; ++g) {
      const float scale = groups.scale * groups.sub_scale[g];
      const float offset = groups.offset * groups.sub_offset[g];
      for (int i = g * F::group_len; i < (g + 1) * F::group_len; ++i) {
        out[i] = scale * static_cast<float>(code(i) - F::zero) + offset;
      }
    }
  };
  if constexpr (Unpackable<F>) {
    std::uint8_t codes[F::block_len] = {};
    F::unpack(block, codes);
    decode_groups([&](int i) { return int{codes[i]}; });
  } else {
    decode_groups([&](int i) { return F::code(block, i); });
  }
}

}  // namespace nybble::formats
