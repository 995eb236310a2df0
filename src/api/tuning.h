// The last step of a method that tunes: what stays float in the encoded model learns from the model
// before.
#pragma once

#include <map>
#include <string>

#include "api/calibration_windows.h"
#include "api/tensor_stream.h"
#include "nybble/quantize.h"

namespace nybble {

class Tuning {
 public:
  // Throws Error(out_of_memory) with what tuning this model needs.
  Tuning(const OpenedModel& model, const QuantizeRequest& request,
         const ProgressCallback& progress);

  // Encodes the tensors as the stream would, and tunes them. folded: the model that they are of.
  TuningReport run(const models::ModelSource& folded, std::span<const OutputTensor> tensors,
                   const quantize::Method& method, const StreamOptions& stream);
  // What became of a tensor; nullptr: nothing.
  const EncodedTensor* known(const OutputTensor& output) const;

 private:
  void encode(std::span<const OutputTensor> tensors, const quantize::Method& method,
              const StreamOptions& stream);

  const OpenedModel& model_;
  const QuantizeRequest& request_;
  const ProgressCallback& progress_;
  ThreadPool pool_;
  std::map<std::string, EncodedTensor> encoded_;  // by the name of the source
};

}  // namespace nybble
