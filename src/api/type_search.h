// Types for a size: what each part of the model costs is measured, and the bytes go where they save
// most.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "api/divergence_probe.h"
#include "api/tensor_stream.h"
#include "nybble/quantize.h"
#include "quantize/allocation.h"
#include "quantize/method.h"
#include "quantize/recipe.h"

namespace nybble {

class TypeSearch {
 public:
  // Everything must outlive it. `stream` says how tensors are encoded.
  TypeSearch(const models::ModelSource& source, const quantize::Method& method,
             const StreamOptions& stream, const DivergenceProbe& probe,
             const ProgressCallback& progress);

  // Takes the types to begin with and returns those that diverge least, of at most `budget` bytes
  // of tensors. What a recipe chose may change, what was asked for or kept may not. A round encodes
  // the model, measures the divergence of each part alone (a role in a quarter of the layers), and
  // moves bytes to where they save most. Throws Error(invalid_input) when nothing is that small.
  std::vector<quantize::TypeChoice> run(std::vector<quantize::TypeChoice> types,
                                        std::uint64_t budget);
  // What was encoded on the way; nullptr for other types.
  const EncodedTensor* known(const OutputTensor& output) const;
  const std::vector<SearchRound>& rounds() const { return rounds_; }

 private:
  struct Encoded {
    EncodedTensor tensor;
    files::NamedTensor view;
  };
  using Types = std::vector<quantize::TypeChoice>;

  void encode(const Types& types);
  models::ModelSource with_encoded(const Types& types, std::span<const std::size_t> tensors) const;
  std::vector<double> measure(const Types& types, bool parts_too);
  Types next(const Types& types, std::uint64_t budget, std::span<const double> divergences);
  const std::vector<quantize::FormatOption>& options_of(std::size_t tensor);

  const models::ModelSource& source_;
  const quantize::Method& method_;
  const StreamOptions& stream_;
  const DivergenceProbe& probe_;
  const ProgressCallback& progress_;
  ThreadPool pool_;
  std::vector<std::pair<std::string, std::vector<std::size_t>>> parts_;  // names and tensors
  std::map<std::pair<std::size_t, FormatId>, Encoded> encoded_;
  // Of each tensor; losses relative to its outputs.
  std::map<std::size_t, std::vector<quantize::FormatOption>> options_;
  std::vector<SearchRound> rounds_;
};

}  // namespace nybble
