#include "api/plan_subject.h"

#include <map>

#include "api/opened_model.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "files/gguf.h"
#include "formats/all.h"
#include "models/decoder_tensors.h"
#include "models/gguf_config.h"
#include "models/hf_decoder_config.h"
#include "models/known_shapes.h"

namespace nybble::api {
namespace fs = std::filesystem;
namespace {

// A tokenizer with merges takes 35 (SmolLM2) to 61 (Llama 3) bytes an entry; of a model of a
// billion parameters 40 are off by less than 0.3 %.
constexpr std::uint64_t tokenizer_bytes_an_entry = 40;
// Receipts say how a file was made, and of each tensor its error.
constexpr std::uint64_t receipt_bytes = 900, receipt_bytes_a_tensor = 40;

bool is_rope_list(const std::string& name) {
  return name.starts_with("rope_");
}

// From the configuration, as converters write them.
std::vector<quantize::TensorFacts> tensors_of(const models::DecoderConfig& config) {
  std::vector<quantize::TensorFacts> tensors;
  for (const models::TensorSpec& spec : models::decoder_tensors(config)) {
    const bool is_vector = spec.shape.rank() < 2;
    tensors.push_back(
        {spec.name, spec.shape, is_vector ? id_of<formats::F32>() : id_of<formats::BF16>()});
  }
  const auto add_list = [&](const char* name, const std::vector<float>& values) {
    if (values.empty()) return;
    const auto n = static_cast<std::int64_t>(values.size());
    tensors.push_back({name, {n}, id_of<formats::F32>()});
  };
  add_list("rope_freqs.weight", config.rope.frequency_divisors);
  add_list("rope_factors_long.weight", config.rope.long_divisors);
  add_list("rope_factors_short.weight", config.rope.short_divisors);
  return tensors;
}

std::uint64_t receipt_of(const PlanSubject& subject) {
  std::uint64_t bytes = receipt_bytes;
  for (const quantize::TensorFacts& tensor : subject.tensors)
    bytes += receipt_bytes_a_tensor + tensor.name.size();
  return bytes;
}

PlanSubject from_config(std::string name, std::string source, const models::DecoderConfig& config,
                        std::uint64_t tokenizer_bytes) {
  PlanSubject subject{.name = std::move(name),
                      .source = std::move(source),
                      .config = config,
                      .tensors = tensors_of(config),
                      .stored = {},
                      .stored_type = {}};
  std::vector<std::string> notes;
  subject.metadata = models::write_gguf_config(config, subject.name, notes);
  subject.unknown_bytes = subject.tokenizer_bytes = tokenizer_bytes;
  return subject;
}

// Of a file or folder; links are not followed, as the cache of pulled models is made of them, and a
// snapshot there is called by its repository: .../models--org--name/snapshots/COMMIT.
std::string name_of(const fs::path& path) {
  fs::path whole = fs::absolute(path).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  if (whole.parent_path().filename() != "snapshots") return whole.filename().string();
  const std::string repository = whole.parent_path().parent_path().filename().string();
  const std::size_t dashes = repository.rfind("--");
  return dashes == std::string::npos ? repository : repository.substr(dashes + 2);
}

PlanSubject from_config_file(const fs::path& path) {
  const std::string where = path.string();
  const models::DescribedModel described =
      models::read_hf_text(read_text_file(path, std::size_t{16} << 20), where, where);
  return from_config(name_of(fs::absolute(path).parent_path()), "config.json", described.config,
                     tokenizer_bytes_an_entry * static_cast<std::uint64_t>(described.config.vocab));
}

std::string type_of_most_bytes(const models::ModelSource& source) {
  std::map<std::string_view, std::size_t> bytes;
  for (const models::SourceTensor& tensor : source.tensors)
    bytes[formats::info(tensor.format).name] += tensor.row_bytes();
  return std::string(
      std::ranges::max_element(bytes, {}, [](const auto& each) { return each.second; })->first);
}

PlanSubject from_model(const fs::path& path) {
  const OpenedModel model = open_for_reading(path);
  const bool is_gguf = model.checkpoint->container == "gguf";
  PlanSubject subject{.name = name_of(path),
                      .source = is_gguf ? "gguf" : model.checkpoint->container,
                      .config = model.source.config,
                      .metadata = gguf_metadata(model),
                      .tensors = tensors_of(model.source.config),
                      .stored = {},
                      .stored_type = {}};
  for (const char* key :
       {"nybble.receipt.made", "nybble.receipt.tensors", "nybble.receipt.measured"})
    subject.metadata.erase(key);
  subject.unknown_bytes = receipt_of(subject);
  subject.tokenizer_bytes = files::gguf_file_bytes(subject.metadata, {}) -
                            files::gguf_file_bytes(model.source.metadata, {});
  if (!is_gguf) return subject;
  for (const quantize::TensorFacts& tensor : subject.tensors) {
    const models::SourceTensor* stored = model.source.find(tensor.name);
    subject.stored.push_back(stored == nullptr ? tensor.stored : stored->format);
  }
  subject.stored_type = type_of_most_bytes(model.source);
  subject.stored_file_bytes = model.checkpoint->file_bytes;
  return subject;
}

bool has_weights(const fs::path& folder) {
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder, problem)) {
    if (entry.path().extension() == ".safetensors") return true;
  }
  return false;
}

}  // namespace

std::uint64_t PlanSubject::parameters() const {
  std::uint64_t count = 0;
  for (const quantize::TensorFacts& tensor : tensors) {
    if (!is_rope_list(tensor.name)) count += static_cast<std::uint64_t>(tensor.shape.count());
  }
  return count;
}

quantize::ModelFacts PlanSubject::facts() const {
  return {.architecture = config.architecture,
          .layers = config.layers,
          .heads = config.heads,
          .kv_heads = config.kv_heads,
          .tied = config.tied,
          .calibrated = true};
}

PlanSubject plan_subject(const std::string& model) {
  std::error_code ignored;
  const fs::path path(model);
  if (fs::exists(path, ignored)) {
    const bool is_folder = fs::is_directory(path, ignored);
    if (is_folder && !has_weights(path) && fs::exists(path / "config.json", ignored))
      return from_config_file(path / "config.json");
    return !is_folder && path.extension() == ".json" ? from_config_file(path) : from_model(path);
  }
  const models::KnownShape* shape = models::find_known_shape(model);
  if (shape != nullptr) {
    return from_config(std::string(shape->name), "built-in list", shape->config(),
                       shape->tokenizer_bytes);
  }
  fail(ErrorKind::invalid_input,
       "'{}' is neither a file or folder here nor a model that nybble knows; expected a path, a "
       "config.json or one of: {}",
       model, models::known_shape_names());
}

}  // namespace nybble::api
