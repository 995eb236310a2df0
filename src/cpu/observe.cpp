// The step observe. Inputs are rounded to 8 bits, each column in blocks of 32 tokens, and
// multiplied as integers: errors of rounding add up to some 1e-5 of a column's square sum, on the
// diagonal only, and every ISA level gives the same bits.
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "cpu/a8_block.h"
#include "cpu/cpu_backend.h"

namespace nybble::cpu {
namespace {

// Tokens that run together. The cut changes no bit.
constexpr int piece_tokens = 512;
// Bytes of 32 tokens of 16 columns.
constexpr std::int64_t tile_bytes = a8_len * lanes;
// A byte of the codes means byte - 2^zero_shift.
constexpr int zero_shift = 7;
constexpr std::uint32_t zeros = 0x80808080;

}  // namespace

// Some tokens of x, transposed and rounded: once as the weights of the kernels, once as their
// inputs.
struct CpuBackend::ObservedPiece {
  const backend::ObserveStep& step;
  int first, tokens;
  std::int64_t blocks = (tokens + a8_len - 1) / a8_len;
  std::uint8_t* codes = nullptr;             // [cols / 16][blocks][8][16][4]
  float *scales = nullptr, *sums = nullptr;  // [cols / 16][blocks][16]
  A8Block* a8 = nullptr;                     // A8-32 tiles of [cols]

  // Rounds 16 columns.
  void round(const Kernels& kernels, std::int64_t sixteen) const {
    const std::int64_t column = sixteen * lanes,
                       n = std::clamp<std::int64_t>(step.cols - column, 0, lanes);
    std::array<float, lanes> absmax{};
    for (std::int64_t block = 0; block < blocks; ++block) {
      const int token = first + static_cast<int>(block) * a8_len,
                here = std::min(a8_len, first + tokens - token);
      const float* x = step.x + token * step.cols + column;
      std::int64_t ldx = step.cols;
      std::array<float, tile_bytes> padded;
      if (n < lanes) {
        padded = {};
        for (int t = 0; t < here; ++t) std::copy_n(x + t * ldx, n, padded.data() + t * lanes);
        x = padded.data();
        ldx = lanes;
      }
      const std::int64_t at = sixteen * blocks + block;
      kernels.int8.quantize_columns(x, ldx, here, codes + at * tile_bytes, scales + at * lanes,
                                    sums + at * lanes, absmax.data());
    }
    for (std::int64_t c = 0; c < n; ++c) {
      const float most = absmax[static_cast<std::size_t>(c)];
      float& before = step.absmax[column + c];
      before = most <= std::numeric_limits<float>::max() ? std::max(before, most)
                                                         : std::numeric_limits<float>::infinity();
    }
  }

  // Some columns as a tile.
  void pack(std::int64_t column, int n) const {
    A8Block* out = a8 + column * blocks;
    for (std::int64_t block = 0; block < blocks; ++block) {
      for (int t = 0; t < n; ++t, ++out) {
        const std::int64_t c = column + t, at = c / lanes * blocks + block, lane = c % lanes;
        for (int i = 0; i < a8_len / 4; ++i) {
          std::uint32_t four;
          std::memcpy(&four, codes + at * tile_bytes + (i * lanes + lane) * 4, sizeof four);
          four ^= zeros;
          std::memcpy(out->codes + i * 4, &four, sizeof four);
        }
        out->scales[0] = step.weight * scales[at * lanes + lane];
        out->minus_sums[2] = -128 * static_cast<std::int32_t>(sums[at * lanes + lane]);
      }
    }
  }

  // Adds the products of 32 columns with all that are not before them.
  void multiply(const Kernels& kernels, std::int64_t panel) const {
    const int tile = kernels.int8.tile(step.cols);
    const std::int64_t begin = panel * panel_rows / tile * tile;
    kernels.int8.multiply[8].kernels[a8_blocks][false][no_offsets](
        {.codes = codes + 2 * panel * blocks * tile_bytes,
         .other_codes = blocks * tile_bytes,
         .scales = {.outer = scales + 2 * panel * blocks * lanes,
                    .other_rows = blocks * lanes * std::int64_t{sizeof(float)}},
         .offsets = {},
         .table = nullptr,
         .zero_shift = zero_shift,
         .blocks = blocks,
         .x = a8 + begin * blocks,
         .first_block = 0,
         .x_blocks = blocks,
         .tokens = step.cols - begin,
         .tile = tile,
         .acc = step.second_moment + (panel * step.cols + begin) * panel_rows});
  }
};

void CpuBackend::observe(const backend::ObserveStep& step) {
  const std::int64_t panels = (step.cols + panel_rows - 1) / panel_rows, sixteens = 2 * panels;
  const std::vector<std::int64_t> tiles = a8_tiles(step.cols);
  for (int first = 0; first < step.tokens; first += piece_tokens) {
    ObservedPiece piece{step, first, std::min(piece_tokens, step.tokens - first)};
    const std::int64_t n = sixteens * piece.blocks;
    piece.codes = observed_codes_.grow(static_cast<std::size_t>(n * tile_bytes));
    piece.scales = changed_inputs_[0].grow(static_cast<std::size_t>(2 * n * lanes));
    piece.sums = piece.scales + n * lanes;
    piece.a8 = a8_inputs_[0].grow(static_cast<std::size_t>(step.cols * piece.blocks));
    pool_.run(sixteens, [&](std::int64_t sixteen, int) { piece.round(kernels_, sixteen); });
    pool_.run(static_cast<std::int64_t>(tiles.size()) - 1, [&](std::int64_t tile, int) {
      const auto i = static_cast<std::size_t>(tile);
      piece.pack(tiles[i], static_cast<int>(tiles[i + 1] - tiles[i]));
    });
    pool_.run(panels, [&](std::int64_t panel, int) { piece.multiply(kernels_, panel); });
  }
}

}  // namespace nybble::cpu
