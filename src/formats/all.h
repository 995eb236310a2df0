// The list of number formats. A new format is one header and one line here.
#pragma once

#include "formats/float_formats.h"
#include "formats/q8_0.h"

namespace nybble::formats {

template <class... Fs>
struct FormatList {
  static constexpr int size = sizeof...(Fs);
};

// The order is the order of `nybble formats`; files never store it.
using AllFormats = FormatList<F32, F16, BF16, Q8_0>;

}  // namespace nybble::formats
