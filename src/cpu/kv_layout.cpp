#include "cpu/kv_layout.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"
#include "base/half.h"
#include "cpu/run_format.h"

namespace nybble::cpu {
namespace {

// Elements [head_dim, 32 positions] and [positions, 32 channels].
template <class Element, Element (*narrow)(float), Multiply Kernels::*multiply>
class FloatLayout final : public KvLayout {
 public:
  std::size_t key_panel_bytes(std::size_t channels) const override { return row * channels; }
  std::size_t value_panel_bytes(std::size_t positions) const override { return row * positions; }

  void put_key(const float* key, int head_dim, std::size_t lane, std::byte* panel) const override {
    for (int i = 0; i < head_dim; ++i) {
      const Element element = narrow(key[i]);
      std::memcpy(panel + static_cast<std::size_t>(i) * row + lane * sizeof element, &element,
                  sizeof element);
    }
  }
  void put_value(const float* value, int channels, std::size_t position, std::size_t,
                 std::byte* panel) const override {
    std::array<Element, panel_rows> elements;
    std::transform(value, value + channels, elements.begin(), narrow);
    std::memcpy(panel + position * row, elements.data(),
                static_cast<std::size_t>(channels) * sizeof(Element));
  }
  void multiply_keys(const Kernels& kernels, const std::byte* panel, int head_dim,
                     const Factors& queries) const override {
    (kernels.*multiply)(panel, head_dim, queries.x, queries.ldx, queries.n, queries.products);
  }
  void multiply_values(const Kernels& kernels, const std::byte* panel, std::size_t, int first,
                       int count, const Factors& weights) const override {
    (kernels.*multiply)(panel + static_cast<std::size_t>(first) * row, count, weights.x,
                        weights.ldx, weights.n, weights.products);
  }

 private:
  static constexpr std::size_t row = panel_rows * sizeof(Element);
};

// Blocks of 32 channels of a position, as a format of integers encodes them: codes in rows of 32
// like elements, two rows in one where they have 4 bits, then the scales as halves, [channels / 32]
// rows of 32 positions, or [positions].
template <class Format, int bits, int zero>
class CodeLayout final : public KvLayout {
 public:
  std::size_t key_panel_bytes(std::size_t channels) const override {
    return channels * row + channels / block_len * panel_rows * sizeof(Half);
  }
  std::size_t value_panel_bytes(std::size_t positions) const override {
    return positions * (row + sizeof(Half));
  }

  void put_key(const float* key, int head_dim, std::size_t lane, std::byte* panel) const override {
    std::byte* scales = panel + padded(head_dim) * row;
    for (int first = 0; first < head_dim; first += block_len) {
      const Block block = encode(key + first, std::min(block_len, head_dim - first));
      for (std::size_t i = 0; i < block_len; i += per_byte) {
        panel[(static_cast<std::size_t>(first) + i) * row + lane] =
            joined(block.codes[i], block.codes[i + per_byte - 1]);
      }
      std::memcpy(scales + (static_cast<std::size_t>(first) + lane) * sizeof(Half), &block.scale,
                  sizeof(Half));
    }
  }
  void put_value(const float* value, int channels, std::size_t position, std::size_t positions,
                 std::byte* panel) const override {
    const Block block = encode(value, channels);
    for (std::size_t i = 0; i < row; ++i)
      panel[position * row + i] = joined(block.codes[i], block.codes[i + panel_rows - row]);
    std::memcpy(panel + positions * row + position * sizeof(Half), &block.scale, sizeof(Half));
  }

  void multiply_keys(const Kernels& kernels, const std::byte* panel, int head_dim,
                     const Factors& queries) const override {
    const std::byte* scales = panel + padded(head_dim) * row;
    alignas(64) float wide[panel_rows];
    for (int first = 0; first < head_dim; first += block_len) {
      const auto at = static_cast<std::size_t>(first);
      const int k = std::min(block_len, head_dim - first);
      if constexpr (per_byte == 2) unpack_keys(panel + at * row, queries.codes);
      const void* codes = panel + at * row;
      std::fill_n(queries.floats, queries.n * panel_rows, 0.0f);
      kernels.multiply_int8(per_byte == 2 ? queries.codes : codes, k, queries.x + first,
                            queries.ldx, queries.n, queries.floats);
      kernels.int8.widen_halves(reinterpret_cast<const std::uint16_t*>(scales + at * sizeof(Half)),
                                panel_rows, wide);
      kernels.add_scaled(queries.floats, wide, queries.n, queries.products);
    }
  }
  // The scale of a position goes to its weight.
  void multiply_values(const Kernels& kernels, const std::byte* panel, std::size_t positions,
                       int first, int count, const Factors& weights) const override {
    const auto at = static_cast<std::size_t>(first);
    const std::byte* scales = panel + positions * row + at * sizeof(Half);
    std::array<float, chunk_keys> wide;
    for (std::size_t p = 0; p < static_cast<std::size_t>(count); ++p) {
      Half scale;
      std::memcpy(&scale, scales + p * sizeof scale, sizeof scale);
      wide[p] = to_float(scale);
    }
    for (int q = 0; q < weights.n; ++q) {
      for (int p = 0; p < count; ++p)
        weights.floats[q * chunk_keys + p] =
            weights.x[q * weights.ldx + p] * wide[static_cast<std::size_t>(p)];
    }
    if constexpr (per_byte == 2) unpack_values(panel + at * row, count, weights.codes);
    const void* codes = panel + at * row;
    kernels.multiply_int8(per_byte == 2 ? weights.codes : codes, count, weights.floats, chunk_keys,
                          weights.n, weights.products);
  }

 private:
  static constexpr int block_len = panel_rows;
  static constexpr std::size_t per_byte = 8 / bits, row = panel_rows / per_byte;
  static constexpr std::uint8_t mask = (1 << bits) - 1;

  struct Block {
    std::array<std::uint8_t, block_len> codes;
    Half scale;
  };

  static std::size_t padded(int channels) {
    return static_cast<std::size_t>((channels + block_len - 1) / block_len * block_len);
  }

  static Block encode(const float* x, int n) {
    std::array<float, block_len> values{};
    std::copy_n(x, n, values.begin());
    std::array<std::byte, sizeof(typename Format::Block)> bytes;
    formats::info(id_of<Format>()).encode_plain(values.data(), 1, bytes.data());
    RunBlock taken;
    run_format(id_of<Format>())->take(bytes.data(), taken);
    Block block{{}, to_half(taken.scale * taken.sub_scale[0])};
    std::copy_n(taken.codes, block_len, block.codes.begin());
    return block;
  }

  static std::byte joined(std::uint8_t low, std::uint8_t high) {
    if constexpr (per_byte == 1) return static_cast<std::byte>(low - zero);
    return static_cast<std::byte>(low | high << bits);
  }
  static std::int8_t value_of(std::byte codes, int shift) {
    return static_cast<std::int8_t>((static_cast<int>(codes) >> shift & mask) - zero);
  }
  static void unpack_keys(const std::byte* rows, std::int8_t* out) {
    for (std::size_t i = 0; i < block_len; i += 2, rows += 2 * row, out += 2 * panel_rows) {
      for (std::size_t lane = 0; lane < panel_rows; ++lane) {
        out[lane] = value_of(rows[lane], 0);
        out[panel_rows + lane] = value_of(rows[lane], bits);
      }
    }
  }
  static void unpack_values(const std::byte* rows, int count, std::int8_t* out) {
    for (int p = 0; p < count; ++p, rows += row, out += panel_rows) {
      for (std::size_t i = 0; i < row; ++i) {
        out[i] = value_of(rows[i], 0);
        out[row + i] = value_of(rows[i], bits);
      }
    }
  }
};

constexpr float keep(float x) {
  return x;
}

}  // namespace

const KvLayout* find_kv_layout(FormatId format) {
  static const FloatLayout<float, keep, &Kernels::multiply_f32> f32;
  static const FloatLayout<Half, to_half, &Kernels::multiply_f16> f16;
  static const FloatLayout<Bf16, to_bf16, &Kernels::multiply_bf16> bf16;
  static const CodeLayout<formats::Q8_0, 8, 128> q8_0;
  static const CodeLayout<formats::Q4_0, 4, 8> q4_0;
  struct Entry {
    FormatId format;
    const KvLayout& layout;
  };
  static const Entry entries[]{{id_of<formats::F32>(), f32},
                               {id_of<formats::F16>(), f16},
                               {id_of<formats::BF16>(), bf16},
                               {id_of<formats::Q8_0>(), q8_0},
                               {id_of<formats::Q4_0>(), q4_0}};
  for (const Entry& entry : entries) {
    if (entry.format == format) return &entry.layout;
  }
  return nullptr;
}

const KvLayout& kv_layout(FormatId format) {
  if (const KvLayout* layout = find_kv_layout(format)) return *layout;
  fail(ErrorKind::unsupported,
       "the key-value cache cannot be {}; expected f32, f16, bf16, q8_0 or q4_0",
       formats::info(format).name);
}

}  // namespace nybble::cpu
