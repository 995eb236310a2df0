// Receipts: JSON in the metadata of a model, under keys that other programs ignore.
#pragma once

#include <filesystem>
#include <future>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/opened_model.h"
#include "base/json.h"
#include "calibrate/statistics.h"
#include "nybble/evaluate.h"
#include "nybble/quantize.h"

namespace nybble {

// Do not change: stored in files.
inline constexpr std::string_view receipt_made = "nybble.receipt.made";
inline constexpr std::string_view receipt_tensors = "nybble.receipt.tensors";
inline constexpr std::string_view receipt_measured = "nybble.receipt.measured";

// The receipt of a quantized file. It stands before the tensors, so that it is written twice: first
// with zeros where errors and digests go, which take the same room.
class QuantizeReceipt {
 public:
  // Begins to read the source for its digests, beside the work. statistics: nullptr for none.
  QuantizeReceipt(const OpenedModel& model, const QuantizeRequest& request, std::string_view method,
                  std::string_view recipe, const calibrate::Provenance* statistics);

  // Before any of the below.
  void set_types(const QuantizePlan& plan);

  // Sets the keys with zeros, and drops those of the source.
  void reserve(files::Metadata& metadata) const;
  // Sets them as they are: the relative error of each tensor of the plan, and the digests.
  void complete(std::span<const double> errors, files::Metadata& metadata) const;

 private:
  void set(std::span<const double> errors, std::span<const std::string> digests,
           files::Metadata& metadata) const;

  OrderedJson made_;
  std::vector<std::pair<std::string, std::string>> tensors_;  // name and type
  std::shared_future<std::vector<std::string>> digests_;      // of the source's weight files
};

// Adds what was measured to the receipt that the measured model carries, in place of a measurement
// against the same reference on the same text with the same settings.
void stamp(const Measurement& measurement, const std::string& reference, const EvaluatedText& text,
           const MeasureSettings& settings);

}  // namespace nybble
