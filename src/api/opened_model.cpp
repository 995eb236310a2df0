#include "api/opened_model.h"

#include <set>

#include "base/atomic_file.h"
#include "text/chat_template.h"

namespace nybble {

OpenedModel open_for_reading(const std::filesystem::path& model, const std::string& assumed) {
  OpenedModel opened;
  auto checkpoint = std::make_shared<files::Checkpoint>(files::open_checkpoint(model));
  checkpoint->assumed = assumed;
  opened.checkpoint = std::move(checkpoint);
  opened.source = models::open_model(opened.checkpoint);
  opened.tokenizer = std::make_unique<text::Tokenizer>(text::load_tokenizer(*opened.checkpoint));
  opened.chat_template = text::find_chat_template(*opened.checkpoint);
  return opened;
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
}

}  // namespace nybble
