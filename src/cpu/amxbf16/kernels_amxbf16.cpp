// Products of bfloat16 in two by two tiles of sums.
#include "cpu/amxbf16/kernels_amxbf16.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "cpu/avx512bf16/pack_bf16.h"

namespace nybble::cpu::amxbf16 {
namespace {

// The operand of LDTILECFG (Intel's manual, volume 1, section 18.4.1).
struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

constexpr int half = bf16_step_values / 2;  // of a step of a panel
constexpr int64_t tile_row = 64;            // bytes

// sums [32][32], rows `row` floats apart.
void multiply_panels(const uint16_t* left, const uint16_t* right, int64_t steps, float* sums,
                     int64_t row) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t s = 0; s < steps; ++s, left += bf16_step_values, right += bf16_step_values) {
    _tile_loadd(4, left, tile_row);
    _tile_loadd(6, right, tile_row);
    _tile_loadd(7, right + half, tile_row);
    _tile_loadd(5, left + half, tile_row);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  const int64_t bytes = row * int64_t{sizeof(float)};
  _tile_stored(0, sums, bytes);
  _tile_stored(1, sums + 16, bytes);
  _tile_stored(2, sums + 16 * row, bytes);
  _tile_stored(3, sums + 16 * row + 16, bytes);
}

void multiply(const Bf16Product& p) {
  const TileConfig config;
  _tile_loadconfig(&config);
  const int64_t row = int64_t{bf16_panel} * p.right_panels, panel = p.steps * bf16_step_values;
  for (int j = 0; j < p.right_panels; ++j) {
    for (int i = 0; i < p.left_panels; ++i)
      multiply_panels(p.left + i * panel, p.right + j * panel, p.steps,
                      p.sums + i * bf16_panel * row + j * bf16_panel, row);
  }
  _tile_release();
}

}  // namespace

bool take_tiles() {
  // Documentation/arch/x86/xstate.rst of Linux: ARCH_REQ_XCOMP_PERM for the tiles' data.
  constexpr long request_permission = 0x1023, tile_data = 18;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

const Bf16Kernels kernels = {"amxbf16", pack_bf16, multiply};

}  // namespace nybble::cpu::amxbf16
