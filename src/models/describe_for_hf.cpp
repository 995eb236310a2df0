// The way back: a source as a directory of Hugging Face.
#include "base/error.h"
#include "models/architecture.h"
#include "models/decoder_tensors.h"
#include "models/hf_decoder_config.h"
#include "models/model_source.h"

namespace nybble::models {

HfModel describe_for_hf(const ModelSource& source) {
  HfModel model;
  for (const TensorSpec& spec : decoder_tensors(source.config)) {
    HfTensor tensor;
    tensor.name = spec.hf_name;
    tensor.source = source.find(spec.name);
    if (tensor.source == nullptr)
      fail(ErrorKind::invalid_input, "the model has no tensor '{}'", spec.name);
    if (source.architecture->permutes_heads) tensor.unpermute_heads = spec.rotated_heads;
    model.tensors.push_back(std::move(tensor));
  }
  // What came from Hugging Face keeps its own config.json with everything that nybble has no use
  // for.
  const auto text = source.checkpoint->texts.find("config.json");
  model.config = text == source.checkpoint->texts.end()
                     ? write_hf_config(source.config, *source.architecture)
                     : parse_ordered_json(text->second, "config.json");
  model.config.erase("quantization_config");  // of how the source is kept
  return model;
}

}  // namespace nybble::models
