// Tensors from a source to an export: read, checked, encoded and written in pieces of bounded size.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "api/resume_folder.h"
#include "base/thread_pool.h"
#include "calibrate/statistics_file.h"
#include "export/export.h"
#include "models/model_source.h"
#include "nybble/progress.h"
#include "packing/target.h"
#include "quantize/method.h"

namespace nybble {

// One tensor of the output: its name and order of rows, and its format.
struct OutputTensor {
  models::HfTensor tensor;
  FormatId format{};
  // How the blocks are written; nullptr: as they are.
  const packing::Target* layout = nullptr;
  float scale = 1;  // without a layout: what the blocks are multiplied by, outside of them

  // "model.layers.3.mlp.up_proj" of "model.layers.3.mlp.up_proj.weight"
  std::string_view module() const;
};

// The tensors of a GGUF: formats[i] of source.tensors[i]. Blocks that stay keep their scale beside
// them; scales of others are part of their values.
std::vector<OutputTensor> gguf_tensors(const models::ModelSource& source,
                                       std::span<const FormatId> formats);

// A tensor encoded before it is written.
struct EncodedTensor {
  std::vector<std::byte> blocks;
  TensorResult result;
};

struct StreamOptions {
  std::string step;                                       // "quantize", "convert": for progress
  int threads = 0;                                        // 0: one per core
  const calibrate::StatisticsFile* statistics = nullptr;  // for methods that need them
  // Told how the codes of a tensor were found, where the method says it.
  std::function<void(const std::string& tensor, const std::string& note)> on_note = {};
  // Tensors that are encoded already; nullptr for others.
  std::function<const EncodedTensor*(const OutputTensor&)> known = {};
  bool allow_nan = false;  // NaN and infinity pass into float formats, and become 0 in others
  // The metadata once the relative error of each tensor is known: sum of squared differences to the
  // source / sum of its squares. Same keys, values of the same length. Empty: errors are not
  // measured
  std::function<files::Metadata(std::span<const double> errors)> final_metadata = {};
  // A text of a directory that speaks of the errors, asked for after final_metadata: name, content.
  std::function<std::pair<std::string, std::string>()> final_text = {};
  // Where finished tensors of an earlier run are and those of this one go; nullptr: nowhere.
  const ResumeFolder* kept = nullptr;
  std::function<void()> on_taken_over = {};  // told of each that was found there
};

// Throws Error(out_of_memory) with what the largest tensor needs when a process of max_bytes (0:
// the machine) has no room for it.
void check_memory(std::span<const OutputTensor> tensors, const quantize::Method& method,
                  int threads, std::size_t max_bytes);

// The i-th tensor in its format: as the options know it, as an earlier run kept it, or made now.
TensorResult make_tensor(std::size_t i, const OutputTensor& output, const quantize::Method& method,
                         const StreamOptions& options, ThreadPool& pool,
                         const std::function<void(std::span<const std::byte>)>& write);

// Writes all tensors and finishes the output; returns what other verbs open. `plan` comes without
// its list of tensors, which is made here. Throws Error(invalid_input) naming tensor and index of a
// NaN or infinity, or of a value that the format cannot hold.
std::filesystem::path write_tensors(const exports::ExportKind& kind, exports::ExportPlan plan,
                                    std::span<const OutputTensor> tensors,
                                    const quantize::Method& method, const StreamOptions& options,
                                    const ProgressCallback& progress);

}  // namespace nybble
