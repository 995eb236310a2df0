#include "export/safetensors_export.h"

#include "files/safetensors.h"
#include "files/safetensors_layout.h"

namespace nybble::exports {
namespace {

class SafetensorsExport final : public Export {
 public:
  explicit SafetensorsExport(const ExportPlan& plan)
      : path_(plan.path),
        // transformers asks for the "format" of the arrays and takes "pt".
        writer_(
            plan.path, plan.replace, {{"format", "pt"}}, plan.tensors,
            plan.max_shard_bytes == 0 ? files::safetensors_default_shard : plan.max_shard_bytes) {
    for (const auto& [name, text] : plan.texts) writer_.add_text(name, text);
  }
  void write(std::span<const std::byte> bytes) override { writer_.write(bytes); }
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
