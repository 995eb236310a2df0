#include "api/opened_model.h"

#include <set>

#include "adapters/lora_adapter.h"
#include "base/atomic_file.h"
#include "text/chat_template.h"

namespace nybble {

std::string OpenedModel::label() const {
  const std::string path = checkpoint->path.string();
  return lora.empty() ? path : path + " + " + lora.string();
}

OpenedModel open_for_reading(const std::filesystem::path& model, const std::string& assumed,
                             const std::filesystem::path& lora) {
  OpenedModel opened;
  auto checkpoint = std::make_shared<files::Checkpoint>(files::open_checkpoint(model));
  checkpoint->assumed = assumed;
  opened.checkpoint = std::move(checkpoint);
  opened.source = models::open_model(opened.checkpoint);
  opened.lora = lora;
  if (!lora.empty()) adapters::attach(adapters::read_lora(lora, opened.source), opened.source);
  opened.tokenizer = std::make_unique<text::Tokenizer>(text::load_tokenizer(*opened.checkpoint));
  opened.chat_template = text::find_chat_template(*opened.checkpoint);
  return opened;
}

OpenedModel open_merged(const std::filesystem::path& model, const std::string& assumed,
                        const std::filesystem::path& lora) {
  OpenedModel opened = open_for_reading(model, assumed, lora);
  adapters::merge(opened.source);
  return opened;
}

std::vector<std::string> merged_names(const models::ModelSource& source) {
  std::vector<std::string> names;
  for (const models::SourceTensor& tensor : source.tensors) {
    if (tensor.is_merged) names.push_back(tensor.name);
  }
  return names;
}

std::vector<std::filesystem::path> adapter_files(const OpenedModel& model) {
  if (model.lora.empty()) return {};
  return {model.lora / adapters::config_file_name, model.lora / adapters::weights_file_name};
}

files::Metadata gguf_metadata(const OpenedModel& model) {
  files::Metadata metadata = model.source.metadata;
  text::write_gguf_tokenizer(*model.tokenizer, model.source.config.vocab, metadata);
  if (!model.chat_template.empty()) metadata.set("tokenizer.chat_template", model.chat_template);
  return metadata;
}

std::uint64_t count_parameters(const models::ModelSource& source) {
  std::uint64_t count = 0;
  for (const models::SourceTensor& tensor : source.tensors) {
    if (tensor.is_in_files()) count += static_cast<std::uint64_t>(tensor.shape.count());
  }
  return count;
}

std::vector<std::filesystem::path> weight_files(const files::Checkpoint& checkpoint) {
  const bool is_folder = std::filesystem::is_directory(checkpoint.path);
  const auto folder = is_folder ? checkpoint.path : checkpoint.path.parent_path();
  std::set<std::string> names;
  for (const files::NamedTensor& tensor : checkpoint.tensors) names.insert(tensor.file);
  std::vector<std::filesystem::path> files;
  for (const std::string& name : names) files.push_back(folder / name);
  return files;
}

void refuse_overwriting(const OpenedModel& model, const std::filesystem::path& output) {
  refuse_same_file(model.checkpoint->path, output);
  for (const auto& file : weight_files(*model.checkpoint)) refuse_same_file(file, output);
  for (const auto& file : adapter_files(model)) refuse_same_file(file, output);
}

}  // namespace nybble
