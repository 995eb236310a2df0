#include "cpu/panel_weight.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

#include "cpu/transpose4.h"
#include "tensor/tensor.h"

namespace nybble::cpu {
namespace {

// Columns decoded at a time: a panel's block of floats then fits the first-level cache.
constexpr std::int64_t block_cols = 256;

Multiply multiply_for(FormatId format, const Kernels& kernels) {
  if (format == id_of<formats::F16>()) return kernels.multiply_f16;
  if (format == id_of<formats::BF16>()) return kernels.multiply_bf16;
  return kernels.multiply_f32;
}

// Rows of T, as bytes, side by side: panel [cols, 32]; lanes without a row become 0.
template <class T>
void interleave(std::span<const std::byte* const> rows, std::int64_t cols, T* panel) {
  using Four = std::conditional_t<sizeof(T) == 2, FourHalves, FourWords>;
  std::int64_t i = 0;
  for (; rows.size() == panel_rows && i + 4 <= cols; i += 4) {
    for (std::size_t r = 0; r < panel_rows; r += 4) {
      transpose4<Four>([&](std::size_t row) { return rows[r + row] + i * std::int64_t{sizeof(T)}; },
                       [&](std::size_t col) {
                         return panel + (i + static_cast<std::int64_t>(col)) * panel_rows + r;
                       });
    }
  }
  for (; i < cols; ++i) {
    T* out = panel + i * panel_rows;
    std::fill_n(out, panel_rows, T{});
    for (const std::byte* row : rows)
      std::memcpy(out++, row + i * std::int64_t{sizeof(T)}, sizeof(T));
  }
}

// The same for floats [n, cols].
void interleave_floats(const float* floats, std::int64_t n, std::int64_t cols, float* panel) {
  std::array<const std::byte*, panel_rows> rows;
  for (std::int64_t r = 0; r < n; ++r)
    rows[static_cast<std::size_t>(r)] = reinterpret_cast<const std::byte*>(floats + r * cols);
  interleave(std::span(rows).first(static_cast<std::size_t>(n)), cols, panel);
}

}  // namespace

std::size_t PanelWeight::expanded_bytes(std::int64_t rows, std::int64_t cols,
                                        std::size_t element_bytes) {
  const std::int64_t panels = (rows + panel_rows - 1) / panel_rows;
  return static_cast<std::size_t>(panels * panel_rows * cols) * element_bytes;
}

std::size_t PanelWeight::native_element_bytes(FormatId format) {
  if (format == id_of<formats::F32>()) return 4;
  return format == id_of<formats::F16>() || format == id_of<formats::BF16>() ? 2 : 0;
}

PanelWeight::PanelWeight(const backend::WeightSource& source, KeepRows keep, const Kernels& kernels,
                         LargePages& pages, ThreadPool& pool)
    : CpuWeight(source), multiply_(kernels.multiply_f32) {
  if (keep != KeepRows::no) {
    stored_rows_ = StoredRows(source, keep, pages, pool);
    return;
  }
  multiply_ = multiply_for(source.format, kernels);
  element_bytes_ = native_element_bytes(source.format);
  if (element_bytes_ == 0) element_bytes_ = sizeof(float);
  data_ = AlignedArray<std::byte>(expanded_bytes(rows(), cols(), element_bytes_),
                                  std::string(source.name).c_str(), pages);
  pool.run(panels(), [&](std::int64_t panel, int) { fill_panel(source, panel); });
}

void PanelWeight::fill_panel(const backend::WeightSource& source, std::int64_t panel) {
  const std::int64_t first = panel * panel_rows,
                     n = std::min<std::int64_t>(panel_rows, rows() - first);
  std::byte* out = data_.data() + static_cast<std::size_t>(panel) * panel_rows *
                                      static_cast<std::size_t>(cols()) * element_bytes_;
  if (native_element_bytes(format()) == 2) {
    std::array<const std::byte*, panel_rows> places;
    const auto rows = std::span(places).first(static_cast<std::size_t>(n));
    for (std::int64_t r = first; r < first + n; ++r)
      rows[static_cast<std::size_t>(r - first)] = source.row(r).data();
    interleave(rows, cols(), reinterpret_cast<std::uint16_t*>(out));
    return;
  }
  const formats::FormatInfo& info = formats::info(format());
  AlignedArray<float> rows(static_cast<std::size_t>(n * cols()), "a panel");
  for (std::int64_t r = 0; r < n; ++r) {
    info.decode(source.row(first + r).data(), static_cast<std::size_t>(cols() / info.block_len),
                rows.data() + r * cols());
  }
  interleave_floats(rows.data(), n, cols(), reinterpret_cast<float*>(out));
}

void PanelWeight::decode_block(std::int64_t panel, std::int64_t first_col, std::int64_t n_cols,
                               Scratch& scratch) const {
  const formats::FormatInfo& info = formats::info(format());
  const std::int64_t first = panel * panel_rows,
                     n = std::min<std::int64_t>(panel_rows, rows() - first);
  float* rows = scratch.rows.grow(static_cast<std::size_t>(panel_rows * n_cols));
  const auto offset = static_cast<std::size_t>(first_col / info.block_len) *
                      static_cast<std::size_t>(info.block_bytes);
  for (std::int64_t r = 0; r < n; ++r) {
    info.decode(stored_rows_.row(first + r) + offset,
                static_cast<std::size_t>(n_cols / info.block_len), rows + r * n_cols);
  }
  interleave_floats(rows, n, n_cols,
                    scratch.panel.grow(static_cast<std::size_t>(panel_rows * n_cols)));
}

void PanelWeight::multiply(std::int64_t panel, const Inputs& inputs, float* acc,
                           Scratch& scratch) const {
  const std::int64_t tokens = inputs.tokens;
  std::fill(acc, acc + tokens * panel_rows, 0.0f);
  // Blocks of columns keep the panel's part in the cache while all tokens pass; sums go on where
  // they stopped.
  const std::int64_t block_len = formats::info(format()).block_len;
  const std::int64_t step = std::max(block_len, block_cols / block_len * block_len);
  const std::byte* data =
      data_.data() + static_cast<std::size_t>(panel * panel_rows * cols()) * element_bytes_;
  for (std::int64_t first = 0; first < cols(); first += step) {
    const std::int64_t n = std::min(step, cols() - first);
    const void* block = data + static_cast<std::size_t>(first * panel_rows) * element_bytes_;
    if (element_bytes_ == 0) {
      decode_block(panel, first, n, scratch);
      block = scratch.panel.data();
    }
    multiply_(block, n, inputs.floats + first, cols(), tokens, acc);
  }
  apply_scale(tokens * panel_rows, acc);
}

void PanelWeight::decode_stored_row(std::int64_t row, float* out) const {
  const formats::FormatInfo& info = formats::info(format());
  if (element_bytes_ == 0) {
    info.decode(stored_rows_.row(row), static_cast<std::size_t>(cols() / info.block_len), out);
    return;
  }
  const formats::FormatInfo& element =
      element_bytes_ == 2 ? info : formats::info(id_of<formats::F32>());
  const std::size_t first =
      static_cast<std::size_t>(row / panel_rows * panel_rows * cols() + row % panel_rows);
  for (std::int64_t i = 0; i < cols(); ++i) {
    element.decode(
        data_.data() + (first + static_cast<std::size_t>(i * panel_rows)) * element_bytes_, 1,
        out + i);
  }
}

}  // namespace nybble::cpu
