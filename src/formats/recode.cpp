#include "formats/recode.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "formats/lattice_format.h"

namespace nybble::formats {
namespace {

template <class F>
constexpr float level_of(int code) {
  if constexpr (AffineFormat<F>) return static_cast<float>(code - F::zero);
  if constexpr (TableFormat<F>) return F::table.value[code];
}

// Levels in ascending order with their codes; of equal levels (the two zeros of FP4) the first.
template <class F>
struct SortedLevels {
  std::array<float, F::n_codes> value{};
  std::array<std::uint8_t, F::n_codes> code{};
  int n = 0;

  constexpr SortedLevels() {
    for (int c = 0; c < F::n_codes; ++c) insert(level_of<F>(c), c);
  }

 private:
  constexpr void insert(float level, int c) {
    std::size_t at = 0;
    while (at < static_cast<std::size_t>(n) && value[at] < level) ++at;
    if (at < static_cast<std::size_t>(n) && value[at] == level) return;
    for (auto k = static_cast<std::size_t>(n); k > at; --k) {
      value[k] = value[k - 1];
      code[k] = code[k - 1];
    }
    value[at] = level;
    code[at] = static_cast<std::uint8_t>(c);
    ++n;
  }
};

template <class F>
void grids_of(const std::byte* blocks, std::size_t n, float* scale, float* offset) {
  constexpr int n_groups = F::block_len / F::group_len;
  for (std::size_t b = 0; b < n; ++b) {
    typename F::Block block;
    std::memcpy(&block, blocks + b * sizeof(block), sizeof(block));
    if constexpr (AffineFormat<F>) {
      const auto groups = F::groups(block);
      for (int g = 0; g < n_groups; ++g) {
        *scale++ = groups.scale * groups.sub_scale[g];
        *offset++ = groups.offset * groups.sub_offset[g];
      }
    } else {
      for (int g = 0; g < n_groups; ++g) {
        *scale++ = F::group_scale(block, g);
        *offset++ = 0;
      }
    }
  }
}

template <class F>
void store_codes(std::byte* blocks, std::size_t n, const std::uint8_t* codes) {
  for (std::size_t b = 0; b < n; ++b) {
    typename F::Block block;
    std::memcpy(&block, blocks + b * sizeof(block), sizeof(block));
    F::set_codes(block, codes + b * F::block_len);
    std::memcpy(blocks + b * sizeof(block), &block, sizeof(block));
  }
}

struct RecodingOf {
  template <class F>
  const Recoding* operator()() const {
    if constexpr (Recodable<F>) {
      static constexpr SortedLevels<F> levels;
      static constexpr Recoding recoding{.group_len = F::group_len,
                                         .n_levels = levels.n,
                                         .levels = levels.value.data(),
                                         .level_codes = levels.code.data(),
                                         .even = AffineFormat<F>,
                                         .grids = grids_of<F>,
                                         .set_codes = store_codes<F>};
      return &recoding;
    } else {
      return nullptr;
    }
  }
};

template <class F>
void octet_scales(const std::byte* blocks, std::size_t n, float* scale) {
  for (std::size_t b = 0; b < n; ++b) {
    typename F::Block block;
    std::memcpy(&block, blocks + b * sizeof(block), sizeof(block));
    for (int o = 0; o < F::block_len / octet; ++o)
      *scale++ = F::group_scale(block, o * octet / F::group_len);
  }
}

template <class F>
void choose_octet(const float* x, const float* weight, float scale, float* y) {
  Octet<F>(x, weight, scale).write(y);
  for (int i = 0; i < octet; ++i) y[i] *= scale;
}

template <class F>
void store_octets(std::byte* blocks, std::size_t n, const float* values) {
  constexpr float ones[octet] = {1, 1, 1, 1, 1, 1, 1, 1};
  for (std::size_t b = 0; b < n; ++b) {
    typename F::Block block;
    std::memcpy(&block, blocks + b * sizeof(block), sizeof(block));
    for (int o = 0; o < F::block_len / octet; ++o) {
      const Octet<F> found(values, ones, F::group_scale(block, o * octet / F::group_len));
      F::set_octet(block, o, found.points[0], found.points[1], found.signs);
      values += octet;
    }
    std::memcpy(blocks + b * sizeof(block), &block, sizeof(block));
  }
}

struct LatticeRecodingOf {
  template <class F>
  const LatticeRecoding* operator()() const {
    if constexpr (LatticeFormat<F>) {
      static constexpr LatticeRecoding recoding{octet_scales<F>, choose_octet<F>, store_octets<F>};
      return &recoding;
    } else {
      return nullptr;
    }
  }
};

}  // namespace

const LatticeRecoding* lattice_recoding(FormatId format) {
  return visit(format, LatticeRecodingOf{});
}

const Recoding* recoding(FormatId format) {
  return visit(format, RecodingOf{});
}

}  // namespace nybble::formats
