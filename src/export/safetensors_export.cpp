#include "export/safetensors_export.h"

#include "files/safetensors.h"
#include "files/safetensors_layout.h"

namespace nybble::exports {
namespace {

// transformers asks for the "format" of the arrays and takes "pt"; what nybble says of a file
// stands beside it. The rest of the metadata has its place in the texts.
std::map<std::string, std::string> pairs_of(const files::Metadata& metadata) {
  std::map<std::string, std::string> pairs{{"format", "pt"}};
  for (const auto& [key, value] : metadata.items()) {
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && key.starts_with("nybble.")) pairs.emplace(key, *text);
  }
  return pairs;
}

class SafetensorsExport final : public Export {
 public:
  explicit SafetensorsExport(const ExportPlan& plan)
      : path_(plan.path),
        writer_(
            plan.path, plan.replace, pairs_of(plan.metadata), plan.tensors,
            plan.max_shard_bytes == 0 ? files::safetensors_default_shard : plan.max_shard_bytes) {
    for (const auto& [name, text] : plan.texts) writer_.add_text(name, text);
  }
  void write(std::span<const std::byte> bytes) override { writer_.write(bytes); }
  void replace_metadata(const files::Metadata& metadata) override {
    writer_.replace_metadata(pairs_of(metadata));
  }
  void add_text(std::string_view name, std::string_view text) override {
    writer_.add_text(name, text);
  }
  std::filesystem::path finish() override {
    writer_.finish();
    return path_;
  }

 private:
  std::filesystem::path path_;
  files::SafetensorsWriter writer_;
};

bool accepts(FormatId format) {
  return files::is_safetensors_dtype(formats::info(format).name);
}

std::unique_ptr<Export> begin(const ExportPlan& plan) {
  return std::make_unique<SafetensorsExport>(plan);
}

}  // namespace

const ExportKind safetensors_export = {"safetensors", accepts, begin};

}  // namespace nybble::exports
