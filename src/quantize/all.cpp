// The list of methods.
#include "quantize/fit.h"
#include "quantize/method.h"

namespace nybble::quantize {
namespace {

constexpr Method list[] = {
    {"fit", "nearest levels of the scales that each format's own search finds; no calibration",
     quantize_fit},
};

}  // namespace

std::span<const Method> methods() {
  return list;
}

const Method& default_method() {
  return list[0];
}

}  // namespace nybble::quantize
