// From a checkpoint to a ModelSource: which architecture, which configuration, which tensor is
// which.
#include <algorithm>
#include <set>

#include "base/error.h"
#include "models/architecture.h"
#include "models/decoder_tensors.h"
#include "models/gguf_config.h"
#include "models/hf_decoder_config.h"
#include "models/model_source.h"
#include "packing/scheme.h"

namespace nybble::models {
namespace {

// Buffers that old checkpoints carry and that follow from the configuration.
bool is_derived(std::string_view name) {
  return name.ends_with("rotary_emb.inv_freq");
}

bool is_rope_factors(std::string_view name) {
  return name == "rope_freqs.weight" || name == "rope_factors_long.weight" ||
         name == "rope_factors_short.weight";
}

SourceTensor synthesized(std::string name, std::vector<float> values) {
  SourceTensor tensor;
  tensor.name = std::move(name);
  tensor.shape = {static_cast<std::int64_t>(values.size())};
  tensor.format = id_of<formats::F32>();
  tensor.values = std::move(values);
  return tensor;
}

// The weight of a linear that the checkpoint keeps in parts.
std::shared_ptr<const packing::PackedWeight> find_packed(const packing::Scheme* scheme,
                                                         const TensorSpec& spec) {
  constexpr std::string_view suffix = ".weight";
  if (scheme == nullptr || spec.shape.rank() != 2 || !spec.hf_name.ends_with(suffix))
    return nullptr;
  return scheme->find(std::string_view(spec.hf_name).substr(0, spec.hf_name.size() - suffix.size()),
                      spec.shape);
}

const files::NamedTensor& find_checked(const files::Checkpoint& checkpoint, const std::string& name,
                                       const Shape& shape) {
  const files::NamedTensor& tensor = checkpoint.get(name);
  if (tensor.data.shape != shape) {
    fail(ErrorKind::corrupt_file, "{}: tensor '{}' is {}, expected {} from the configuration",
         checkpoint.path.string(), name, tensor.data.shape.to_string(), shape.to_string());
  }
  return tensor;
}

SourceTensor take(const files::NamedTensor& stored, const TensorSpec& spec, int permuted_heads) {
  if (permuted_heads > 0 && spec.shape.rank() == 1) {
    // A bias is one row: its elements change places, which no view can express.
    const std::int64_t n = spec.shape.cols();
    std::vector<float> elements(static_cast<std::size_t>(n)), values(elements.size());
    stored.data.decode_rows(0, 1, elements.data());
    for (std::int64_t i = 0; i < n; ++i) {
      values[static_cast<std::size_t>(i)] =
          elements[static_cast<std::size_t>(hf_row(i, n, permuted_heads))];
    }
    return synthesized(spec.name, std::move(values));
  }
  SourceTensor tensor;
  tensor.name = spec.name;
  tensor.stored = &stored;
  tensor.permuted_heads = permuted_heads;
  tensor.shape = spec.shape;
  tensor.format = stored.data.format;
  return tensor;
}

SourceTensor take(std::shared_ptr<const packing::PackedWeight> packed, const TensorSpec& spec,
                  int permuted_heads) {
  SourceTensor tensor;
  tensor.name = spec.name;
  tensor.format = packed->format();
  tensor.activations = packed->activations;
  tensor.input_scale = packed->input_scale;
  tensor.scale = packed->scale;
  tensor.packed = std::move(packed);
  tensor.permuted_heads = permuted_heads;
  tensor.shape = spec.shape;
  return tensor;
}

// "blk.3.attn_q.scale" of "blk.3.attn_q.weight"
std::string scale_name(const SourceTensor& weight) {
  return weight.name.substr(0, weight.name.rfind('.')) + ".scale";
}

// A GGUF keeps the scale of a weight of NVFP4 in a tensor beside it.
void read_scales(ModelSource& source, std::set<std::string, std::less<>>& used) {
  for (SourceTensor& tensor : source.tensors) {
    if (tensor.format != id_of<formats::NVFP4>()) continue;
    const files::NamedTensor* stored = source.checkpoint->find(scale_name(tensor));
    if (stored == nullptr) continue;
    if (stored->data.shape.count() != 1 || formats::info(stored->data.format).block_len != 1) {
      fail(ErrorKind::corrupt_file, "{}: tensor '{}' is {} {}, expected one float",
           source.checkpoint->path.string(), stored->name, formats::info(stored->data.format).name,
           stored->data.shape.to_string());
    }
    stored->data.decode_rows(0, 1, &tensor.scale);
    used.insert(stored->name);
  }
}

// As tensors of their own, behind the others.
void add_scales(ModelSource& source) {
  std::vector<SourceTensor> scales;
  for (const SourceTensor& tensor : source.tensors) {
    if (tensor.scale != 1) scales.push_back(synthesized(scale_name(tensor), {tensor.scale}));
  }
  for (SourceTensor& scale : scales) source.tensors.push_back(std::move(scale));
}

// Old programs for GPTQ give every linear a bias, of zeros where the model has none.
bool is_zero_bias(const files::NamedTensor& tensor) {
  if (!tensor.name.ends_with(".bias") || tensor.data.shape.rank() != 1 ||
      formats::info(tensor.data.format).block_len != 1)
    return false;
  std::vector<float> values(static_cast<std::size_t>(tensor.data.shape.count()));
  tensor.data.decode_rows(0, 1, values.data());
  return std::ranges::all_of(values, [](float value) { return value == 0; });
}

// Tensors that no one asked for mean that the model computes something else, unless they are known
// to be derived.
void check_leftovers(const ModelSource& source, const std::set<std::string, std::less<>>& used,
                     bool is_hf, const packing::Scheme* scheme, std::vector<std::string>& notes) {
  for (const files::NamedTensor& tensor : source.checkpoint->tensors) {
    if (used.contains(tensor.name)) continue;
    if (scheme != nullptr && scheme->is_ignored(tensor.name)) continue;
    if (is_hf && source.config.tied && tensor.name == "lm_head.weight") {
      notes.emplace_back("lm_head.weight left out: config.json ties the head to the embedding");
    } else if (!source.packing.empty() && is_zero_bias(tensor)) {
      notes.push_back(tensor.name + " left out: it is zero, and the model has no such bias");
    } else if (is_derived(tensor.name)) {
      notes.push_back(tensor.name + " left out: it follows from the configuration");
    } else if (is_hf || !is_rope_factors(tensor.name)) {
      fail(ErrorKind::unsupported, "{}: tensor '{}' has no place in a {} model as nybble knows it",
           source.checkpoint->path.string(), tensor.name, source.architecture->name);
    }
  }
}

void collect_tensors(ModelSource& source, bool is_hf) {
  const files::Checkpoint& checkpoint = *source.checkpoint;
  if (static_cast<std::size_t>(source.config.layers) > checkpoint.tensors.size()) {
    fail(ErrorKind::corrupt_file, "{}: {} layers, but only {} tensors", checkpoint.path.string(),
         source.config.layers, checkpoint.tensors.size());
  }
  std::set<std::string, std::less<>> used;
  const auto scheme = is_hf ? packing::open_scheme(checkpoint) : nullptr;
  if (scheme != nullptr) {
    source.packing = scheme->describe();
    source.notes.insert(source.notes.end(), scheme->notes().begin(), scheme->notes().end());
  }
  for (const TensorSpec& spec : decoder_tensors(source.config)) {
    const std::string& name = is_hf ? spec.hf_name : spec.name;
    const int permuted = is_hf && source.architecture->permutes_heads ? spec.rotated_heads : 0;
    if (auto packed = find_packed(scheme.get(), spec)) {
      for (const files::NamedTensor* part : packed->parts()) used.insert(part->name);
      source.tensors.push_back(take(std::move(packed), spec, permuted));
      continue;
    }
    source.tensors.push_back(take(find_checked(checkpoint, name, spec.shape), spec, permuted));
    used.insert(name);
  }
  if (!is_hf) read_scales(source, used);
  check_leftovers(source, used, is_hf, scheme.get(), source.notes);
  const RopeConfig& rope = source.config.rope;
  if (!rope.frequency_divisors.empty())
    source.tensors.push_back(synthesized("rope_freqs.weight", rope.frequency_divisors));
  if (rope.scaling == RopeScaling::longrope) {
    source.tensors.push_back(synthesized("rope_factors_long.weight", rope.long_divisors));
    source.tensors.push_back(synthesized("rope_factors_short.weight", rope.short_divisors));
  }
  add_scales(source);
}

void open_gguf_model(ModelSource& source) {
  const files::Checkpoint& checkpoint = *source.checkpoint;
  const std::string name = checkpoint.metadata.get_string("general.architecture");
  for (const Architecture* architecture : all_architectures()) {
    if (architecture->gguf_name != name) continue;
    source.config = read_gguf_config(checkpoint, *architecture);
    source.architecture = architecture;
    if (architecture->fits(source.config)) break;
  }
  if (source.architecture == nullptr) refuse_architecture(checkpoint.path.string(), name);
  source.metadata = files::Metadata(checkpoint.metadata.where());
  for (const auto& [key, value] : checkpoint.metadata.items()) {
    const bool belongs_to_file = key.starts_with("split.") || key == "general.alignment";
    if (!key.starts_with("tokenizer.") && !belongs_to_file) source.metadata.set(key, value);
  }
}

void open_hf_model(ModelSource& source) {
  const files::Checkpoint& checkpoint = *source.checkpoint;
  const auto text = checkpoint.texts.find("config.json");
  const std::string where = (checkpoint.path / "config.json").string();
  if (text == checkpoint.texts.end()) {
    fail(ErrorKind::io, "{}: no such file; a model of safetensors needs its config.json beside it",
         where);
  }
  const DescribedModel described = read_hf_text(text->second, where, checkpoint.path.string());
  source.architecture = described.architecture;
  source.config = described.config;
  std::filesystem::path directory = checkpoint.path;
  if (directory.has_extension() && !std::filesystem::is_directory(directory))
    directory = directory.parent_path();
  const std::string name = std::filesystem::weakly_canonical(directory).filename().string();
  source.metadata = write_gguf_config(source.config, name, source.notes);
  // What nybble said of the file goes on with it.
  for (const auto& [key, value] : checkpoint.metadata.items()) {
    if (key.starts_with("nybble.")) source.metadata.set(key, value);
  }
}

}  // namespace

ModelSource open_model(std::shared_ptr<const files::Checkpoint> checkpoint) {
  ModelSource source;
  source.checkpoint = std::move(checkpoint);
  const bool is_hf = source.checkpoint->container != "gguf";
  if (is_hf) {
    open_hf_model(source);
  } else {
    open_gguf_model(source);
  }
  collect_tensors(source, is_hf);
  return source;
}

}  // namespace nybble::models
