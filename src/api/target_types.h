// Types for the size of a file: the search, and what it stands on.
#pragma once

#include "api/quantize_plan.h"
#include "api/receipt.h"
#include "api/type_search.h"

namespace nybble {

class TargetTypes {
 public:
  // Everything must outlive it. folded: the model as it will be encoded.
  TargetTypes(const OpenedModel& model, const models::ModelSource& folded,
              const QuantizeRequest& request, const StreamOptions& stream,
              const ProgressCallback& progress);

  // Puts the types that diverge least into the choices and the plan; the file, with these metadata
  // and the receipt, has at most `file_bytes`. Throws Error(invalid_input) when nothing is that
  // small.
  void find(std::uint64_t file_bytes, const files::Metadata& metadata,
            const QuantizeReceipt& receipt, Choices& choices, QuantizePlan& plan);
  // What was encoded on the way; nullptr for other types.
  const EncodedTensor* known(const OutputTensor& output) const { return search_.known(output); }

 private:
  const OpenedModel& model_;
  DivergenceProbe probe_;
  TypeSearch search_;
};

}  // namespace nybble
