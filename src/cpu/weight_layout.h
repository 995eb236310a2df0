// How a weight will stand in the memory of the CPU, before it is loaded: the backend chooses by
// it, and plans count with it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/stored_rows.h"
#include "formats/registry.h"

namespace nybble::cpu {

struct WeightLayout {
  KeepRows keep{};        // no: also decoded once, or lattices kept as codes
  std::size_t bytes = 0;  // what the weight takes
};

// integers: inputs are rounded and run_format() knows the format, so an R16k4Weight, else a
// PanelWeight. Takes what expanding costs beyond
// the stored bytes from expand_bytes, when that is enough.
WeightLayout choose_layout(FormatId format, std::int64_t rows, std::int64_t cols, bool integers,
                           std::size_t& expand_bytes);

}  // namespace nybble::cpu
