// A model reference opened for reading: checkpoint, source, tokenizer and chat template together.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "files/checkpoint.h"
#include "models/model_source.h"
#include "text/tokenizer.h"

namespace nybble {

struct OpenedModel {
  std::shared_ptr<const files::Checkpoint> checkpoint;
  models::ModelSource source;
  std::unique_ptr<text::Tokenizer> tokenizer;
  std::string chat_template;   // source; empty: none
  std::filesystem::path lora;  // directory of the adapter that is attached; empty: none

  // "models/tale-6m", or with an adapter "models/tale-6m + my-lora": for people.
  std::string label() const;
};

// assumed: Checkpoint::assumed. lora: directory of an adapter to attach; empty: none. Throws Error.
OpenedModel open_for_reading(const std::filesystem::path& model, const std::string& assumed = {},
                             const std::filesystem::path& lora = {});

// The same, with the adapter merged into the weights.
OpenedModel open_merged(const std::filesystem::path& model, const std::string& assumed,
                        const std::filesystem::path& lora);
// Names of the tensors that an adapter is merged into.
std::vector<std::string> merged_names(const models::ModelSource& source);
// The files of the adapter of a model; none without.
std::vector<std::filesystem::path> adapter_files(const OpenedModel& model);

// The files of a checkpoint that hold tensors.
std::vector<std::filesystem::path> weight_files(const files::Checkpoint& checkpoint);

// Throws Error(invalid_input) when the output is the model itself or one of its weight files.
void refuse_overwriting(const OpenedModel& model, const std::filesystem::path& output);

// All GGUF keys of the model: the source's, the tokenizer's and the chat template.
files::Metadata gguf_metadata(const OpenedModel& model);

// Values in the tensors that a checkpoint stores; what nybble derives (rope_freqs) is not counted.
std::uint64_t count_parameters(const models::ModelSource& source);

}  // namespace nybble
