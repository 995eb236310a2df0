#include "export/gguf_export.h"

#include "files/gguf.h"

namespace nybble::exports {
namespace {

class GgufExport final : public Export {
 public:
  explicit GgufExport(const ExportPlan& plan)
      : writer_(plan.path, plan.replace, plan.metadata, plan.tensors, plan.max_shard_bytes,
                plan.shards) {}
  void write(std::span<const std::byte> bytes) override { writer_.write(bytes); }
  void replace_metadata(const files::Metadata& metadata) override {
    writer_.replace_metadata(metadata);
  }
  std::filesystem::path finish() override { return writer_.finish(); }

 private:
  files::GgufWriter writer_;
};

bool accepts(FormatId format) {
  return formats::info(format).gguf_type >= 0;
}

std::unique_ptr<Export> begin(const ExportPlan& plan) {
  return std::make_unique<GgufExport>(plan);
}

}  // namespace

const ExportKind gguf_export = {"gguf", accepts, begin};

}  // namespace nybble::exports
