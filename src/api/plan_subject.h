// A model to plan for: all that sizes depend on, from a name, a configuration or a file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "files/metadata.h"
#include "models/decoder_config.h"
#include "quantize/recipe.h"

namespace nybble::api {

struct PlanSubject {
  std::string name, source;
  models::DecoderConfig config;
  // Of a GGUF of the model, but for what unknown_bytes stands for.
  files::Metadata metadata{""};
  std::uint64_t unknown_bytes = 0;
  std::uint64_t tokenizer_bytes = 0;           // in that file
  std::vector<quantize::TensorFacts> tensors;  // stored: as a GGUF that was not quantized has them
  // A GGUF as it is: the type of each of the tensors, that of most bytes, and the file.
  std::vector<FormatId> stored;
  std::string stored_type;
  std::uint64_t stored_file_bytes = 0;

  std::uint64_t parameters() const;
  quantize::ModelFacts facts() const;
};

// model: as PlanRequest::models. Throws Error(invalid_input) naming the known models for what is
// neither a name nor a path.
PlanSubject plan_subject(const std::string& model);

}  // namespace nybble::api
