#include "quantize/rtn.h"

#include "base/error.h"
#include "quantize/fit.h"

namespace nybble::quantize {

std::unique_ptr<WeightQuantizer> begin_rtn(const WeightTask& task) {
  const formats::FormatInfo& format = formats::info(task.target);
  if (format.encode_plain == nullptr) {
    fail(ErrorKind::unsupported,
         "{}: the method rtn has no plain scales for {}; choose another type, or the method kquant",
         task.name, format.name);
  }
  return begin_fit(task, {}, formats::Scales::plain, {});
}

}  // namespace nybble::quantize
