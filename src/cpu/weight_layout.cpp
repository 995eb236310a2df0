#include "cpu/weight_layout.h"

#include "cpu/panel_weight.h"
#include "cpu/r16k4_weight.h"
#include "tensor/tensor.h"

namespace nybble::cpu {
namespace {

std::size_t panel_bytes(FormatId format, std::int64_t rows, std::int64_t cols) {
  const std::size_t native = PanelWeight::native_element_bytes(format);
  return PanelWeight::expanded_bytes(rows, cols, native == 0 ? sizeof(float) : native);
}

}  // namespace

WeightLayout choose_layout(FormatId format, std::int64_t rows, std::int64_t cols, bool integers,
                           std::size_t& expand_bytes) {
  const std::size_t stored = static_cast<std::size_t>(rows) * row_bytes(format, cols);
  std::size_t expanded = stored;
  if (integers && run_format(format)->is_lattice) {
    expanded = R16k4Weight::lattice_bytes(rows, cols, run_format(format)->group_len);
  } else if (!integers && PanelWeight::native_element_bytes(format) == 0) {
    expanded = PanelWeight::expanded_bytes(rows, cols, sizeof(float));
  }
  const std::size_t growth = expanded < stored ? 0 : expanded - stored;
  const bool expand = growth <= expand_bytes;
  if (expand) expand_bytes -= growth;
  if (!expand) return {KeepRows::copied, stored};
  return {KeepRows::no,
          integers ? R16k4Weight::bytes_of(format, rows, cols) : panel_bytes(format, rows, cols)};
}

}  // namespace nybble::cpu
