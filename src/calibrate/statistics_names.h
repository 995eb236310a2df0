// Names in our own files of statistics, for their reader and their writer.
#pragma once

#include <array>
#include <string_view>

namespace nybble::calibrate {

inline constexpr std::string_view inputs_key = "nybble.calibration.inputs";
inline constexpr std::array<std::string_view, 2> moment_names{".second_moment_a",
                                                              ".second_moment_b"};

}  // namespace nybble::calibrate
