// How a loss fell, in one line of block characters.
#pragma once

#include <string>
#include <vector>

namespace nybble::cli {

// At most `width` characters, U+2581 (the least) to U+2588 (the most); each is the mean of the
// values that share it. Values that are not finite count as the largest.
std::string loss_curve(const std::vector<double>& values, std::size_t width);

}  // namespace nybble::cli
