// What a model is, from its headers; and the list of number formats.
#include <algorithm>
#include <map>

#include "api/metadata_text.h"
#include "base/error.h"
#include "files/checkpoint.h"
#include "models/model_source.h"
#include "nybble/model.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace nybble {
namespace {

TensorSummary summary_of(std::string name, FormatId format, const Shape& shape, std::uint64_t bytes,
                         std::string_view file) {
  const auto dims = shape.dims();
  return {std::move(name),
          std::string(formats::info(format).name),
          {dims.begin(), dims.end()},
          bytes,
          std::string(file)};
}

void add_stored_tensors(const files::Checkpoint& checkpoint, ModelSummary& summary) {
  for (const files::NamedTensor& tensor : checkpoint.tensors) {
    summary.tensors.push_back(summary_of(tensor.name, tensor.data.format, tensor.data.shape,
                                         tensor.data.bytes.size(), tensor.file));
  }
}

// A weight in parts counts as one tensor: "model.layers.0.mlp.up_proj.weight".
void add_packed_tensors(const models::ModelSource& source, ModelSummary& summary) {
  for (const models::SourceTensor& tensor : source.tensors) {
    if (!tensor.is_in_files()) continue;
    std::string name = tensor.packed ? tensor.packed->parts().front()->name : tensor.stored->name;
    if (tensor.packed) name = name.substr(0, name.rfind('.')) + ".weight";
    summary.tensors.push_back(summary_of(std::move(name), tensor.format, tensor.shape,
                                         tensor.stored_bytes(), tensor.file()));
  }
}

void add_sums(ModelSummary& summary) {
  std::map<std::string, std::uint64_t> by_type;
  for (const TensorSummary& tensor : summary.tensors) {
    std::uint64_t count = 1;
    for (const std::int64_t dim : tensor.shape) count *= static_cast<std::uint64_t>(dim);
    summary.parameters += count;
    by_type[tensor.type] += tensor.bytes;
  }
  summary.bytes_by_type.assign(by_type.begin(), by_type.end());
  std::stable_sort(summary.bytes_by_type.begin(), summary.bytes_by_type.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (summary.parameters > 0) {
    summary.bits_per_weight =
        8.0 * static_cast<double>(summary.file_bytes) / static_cast<double>(summary.parameters);
  }
}

void add_architecture(const models::ModelSource& source, ModelSummary& summary) {
  const models::DecoderConfig& config = source.config;
  summary.architecture = config.architecture;
  summary.name = source.metadata.get_string("general.name", "");
  summary.layers = config.layers;
  summary.dim = config.dim;
  summary.heads = config.heads;
  summary.kv_heads = config.kv_heads;
  summary.head_dim = config.head_dim;
  summary.hidden = config.hidden;
  summary.vocab = config.vocab;
  summary.context = config.context;
  summary.tied = config.tied;
}

// Key-values of a GGUF; of a directory, the entries of config.json.
void add_metadata(const files::Checkpoint& checkpoint, ModelSummary& summary) {
  for (const auto& [key, value] : checkpoint.metadata.items()) {
    summary.metadata.emplace_back(key, describe_value(value));
  }
  const auto config = checkpoint.texts.find("config.json");
  if (config == checkpoint.texts.end()) return;
  const OrderedJson entries = parse_ordered_json(config->second, "config.json");
  for (const auto& [key, value] : entries.items()) summary.metadata.emplace_back(key, value.dump());
}

}  // namespace

ModelSummary inspect_model(const std::filesystem::path& model) {
  const auto checkpoint = std::make_shared<const files::Checkpoint>(files::open_checkpoint(model));
  ModelSummary summary;
  summary.path = model.string();
  summary.container = checkpoint->container;
  if (checkpoint->container_version > 0)
    summary.container += fmt::format(" v{}", checkpoint->container_version);
  summary.file_bytes = checkpoint->file_bytes;
  summary.n_files = checkpoint->n_files;
  add_metadata(*checkpoint, summary);
  summary.chat_template = text::find_chat_template(*checkpoint);
  // A model that nybble cannot run can be looked at all the same.
  try {
    const models::ModelSource source = models::open_model(checkpoint);
    add_architecture(source, summary);
    summary.packing = source.packing;
    summary.notes = source.notes;
    if (!source.packing.empty()) add_packed_tensors(source, summary);
  } catch (const Error& error) {
    summary.problem = error.what();
  }
  if (summary.tensors.empty()) add_stored_tensors(*checkpoint, summary);
  add_sums(summary);
  try {
    summary.tokenizer = text::load_tokenizer(*checkpoint).description();
  } catch (const Error& error) {
    summary.tokenizer = error.what();
  }
  return summary;
}

std::vector<FormatSummary> list_formats() {
  std::vector<FormatSummary> result;
  for (const formats::FormatInfo& format : formats::all()) {
    FormatSummary summary{.name = std::string(format.name),
                          .bits_per_weight = format.bits_per_weight,
                          .block_len = format.block_len,
                          .block_bytes = format.block_bytes,
                          .gguf_type = std::nullopt,
                          .can_write = format.encode != nullptr};
    if (format.gguf_type >= 0) summary.gguf_type = format.gguf_type;
    result.push_back(std::move(summary));
  }
  return result;
}

}  // namespace nybble
