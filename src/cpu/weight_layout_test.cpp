#include "cpu/weight_layout.h"

#include <gtest/gtest.h>

#include <vector>

#include "cpu/cpu_backend.h"
#include "cpu/run_format.h"
#include "tensor/tensor.h"

namespace nybble::cpu {
namespace {

constexpr std::int64_t rows = 40, cols = 512;  // the last panel of 32 rows is not full

std::size_t loaded_bytes(FormatId format, std::size_t expand_bytes, Activations activations) {
  CpuBackend backend(
      {.threads = 1, .expand_bytes = expand_bytes, .isa = "scalar", .activations = activations});
  const std::vector<std::byte> row(row_bytes(format, cols));
  return backend
      .upload({"weight",
               format,
               rows,
               cols,
               [&](std::int64_t) { return std::span<const std::byte>(row); },
               1,
               {},
               {}})
      ->bytes();
}

bool can_be_loaded(const formats::FormatInfo& format) {
  return format.decode != nullptr && cols % format.block_len == 0;
}

}  // namespace

TEST(weight_layout, foretells_what_each_format_takes) {
  for (const std::size_t budget : {std::size_t{0}, std::size_t{1} << 20}) {
    for (const formats::FormatInfo& format : formats::all()) {
      if (!can_be_loaded(format)) continue;
      std::size_t left = budget;
      const bool integers = format.block_len > 1 && run_format(format.id) != nullptr;

      const WeightLayout layout = choose_layout(format.id, rows, cols, integers, left);

      EXPECT_EQ(layout.bytes, loaded_bytes(format.id, budget, Activations::int8_blocks))
          << format.name << " with " << budget;
    }
  }
}

TEST(weight_layout, foretells_panels_of_floats) {
  for (const formats::FormatInfo& format : formats::all()) {
    if (!can_be_loaded(format)) continue;
    std::size_t left = std::size_t{1} << 20;

    const WeightLayout layout = choose_layout(format.id, rows, cols, false, left);

    EXPECT_EQ(layout.bytes, loaded_bytes(format.id, std::size_t{1} << 20, Activations::floats))
        << format.name;
  }
}

}  // namespace nybble::cpu
