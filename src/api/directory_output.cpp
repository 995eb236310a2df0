#include "api/directory_output.h"

#include "text/tokenizer.h"

namespace nybble {

FormatId exact_format(const models::SourceTensor& tensor, FormatId narrow) {
  const formats::FormatInfo& format = formats::info(narrow);
  std::vector<float> values(static_cast<std::size_t>(tensor.shape.count()));
  tensor.decode_rows(0, tensor.shape.rows(), values.data());
  for (const float value : values) {
    std::byte block[8];
    float back = 0;
    format.encode(&value, nullptr, 1, block);
    format.decode(block, 1, &back);
    if (back != value) return id_of<formats::F32>();
  }
  return narrow;
}

exports::ExportPlan begin_directory(const OpenedModel& model) {
  exports::ExportPlan plan;
  plan.metadata = model.source.metadata;
  plan.texts = model.checkpoint->texts;
  if (plan.texts.empty()) {
    plan.texts = text::write_hf_tokenizer(*model.tokenizer, model.chat_template);
  }
  plan.texts.erase("quantize_config.json");  // of how the source is kept
  return plan;
}

void set_config(OrderedJson config, FormatId dtype, exports::ExportPlan& plan) {
  config["torch_dtype"] = dtype == id_of<formats::F32>()   ? "float32"
                          : dtype == id_of<formats::F16>() ? "float16"
                                                           : "bfloat16";
  plan.texts["config.json"] = config.dump(2) + "\n";
}

}  // namespace nybble
