#include "api/opened_model.h"

#include "base/atomic_file.h"
#include "text/chat_template.h"

namespace nybble {

OpenedModel open_for_reading(const std::filesystem::path& model) {
  OpenedModel opened;
  opened.checkpoint = std::make_shared<files::Checkpoint>(files::open_checkpoint(model));
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
    if (tensor.stored != nullptr) count += static_cast<std::uint64_t>(tensor.shape.count());
  }
  return count;
}

void refuse_overwriting(const OpenedModel& model, const std::filesystem::path& output) {
  const std::filesystem::path& path = model.checkpoint->path;
  refuse_same_file(path, output);
  const auto folder = std::filesystem::is_directory(path) ? path : path.parent_path();
  for (const files::NamedTensor& tensor : model.checkpoint->tensors) {
    refuse_same_file(folder / tensor.file, output);
  }
}

}  // namespace nybble
