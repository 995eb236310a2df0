// The list of methods.

#include "base/error.h"
#include "quantize/feedback.h"
#include "quantize/fit.h"
#include "quantize/method.h"
#include "quantize/rtn.h"

namespace nybble::quantize {
namespace {

// Two halves, their sum, a damped copy in double, and what error feedback keeps: H and a factor.
constexpr int feedback_bytes = 2 * 4 + 4 + 8 + 4 + 4;

// Folding is not part of `best`: with error feedback it left 0.994 / 1.02 of the divergence in
// Q3_K_M and 1.02 / 1.06 in Q4_K_M (smollm2-80m, WikiText-2 / a novel, 16 windows), where awq
// leaves 0.88 / 0.92 and 0.94 / 0.96 of imatrix's.
const Method list[] = {
    {"rtn", "round to nearest: scales by the largest magnitude or the range; no search",
     Needs::nothing, 0, begin_rtn, nullptr, true},
    {"kquant", "nearest levels of the scales that each format's search finds; no calibration",
     Needs::nothing, 0, begin_kquant},
    {"imatrix", "the same, errors weighted by the mean square of each input", Needs::squares, 8,
     begin_imatrix},
    {"gptq", "then codes with error feedback by the second moments of the inputs", Needs::moments,
     feedback_bytes, begin_gptq},
    {"awq", "like imatrix, after scales moved between tensors to where rounding loses less",
     Needs::moments, 16, begin_imatrix, &awq_folding},
    {"awq+gptq", "like gptq, after scales moved", Needs::moments, feedback_bytes, begin_gptq,
     &awq_folding},
    {"smoothquant", "like imatrix, after scales moved from activations, for 8 bits of both",
     Needs::moments, 16, begin_imatrix, &smoothquant_folding},
    {"smoothquant+gptq", "like best, after scales moved from activations", Needs::moments,
     feedback_bytes, begin_best, &smoothquant_folding},
    {"best", "then descent, with what loses least on a held-out half of the text", Needs::moments,
     feedback_bytes, begin_best},
    {"best+tune", "then scales, codes and norms learn from the model before, by the gradient",
     Needs::moments, feedback_bytes, begin_best, nullptr, false, true},
};

}  // namespace

bool writes(const Method& method, FormatId target) {
  const formats::FormatInfo& format = formats::info(target);
  return method.plain_only ? format.encode_plain != nullptr : format.encode != nullptr;
}

std::span<const Method> methods() {
  return list;
}

const Method& method_named(std::string_view name) {
  std::string known;
  for (const Method& method : list) {
    if (method.name == name) return method;
    known += fmt::format(" {}", method.name);
  }
  fail(ErrorKind::invalid_input, "'{}' is no method of quantization; expected one of:{}", name,
       known);
}

}  // namespace nybble::quantize
