// The list of schemes. A new one is one file and one line here.
#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/json.h"
#include "packing/awq_gemm.h"
#include "packing/bitsandbytes.h"
#include "packing/compressed_tensors.h"
#include "packing/gptq.h"
#include "packing/scheme.h"

namespace nybble::packing {
namespace {

constexpr std::array kinds = {gptq_kind, awq_kind, compressed_tensors_kind, fp8_kind,
                              bitsandbytes_kind};

std::string known_methods() {
  std::string known;
  for (const SchemeKind& kind : kinds)
    known += fmt::format("{}{}", known.empty() ? "" : ", ", kind.quant_method);
  return known;
}

}  // namespace

std::unique_ptr<Scheme> open_scheme(const files::Checkpoint& checkpoint) {
  for (const auto& [file, key] :
       {std::pair{"config.json", "quantization_config"}, std::pair{"quantize_config.json", ""}}) {
    const auto text = checkpoint.texts.find(file);
    if (text == checkpoint.texts.end()) continue;
    const std::string where = (checkpoint.path / file).string();
    const Json json = parse_json(text->second, where);
    if (!json.is_object()) fail(ErrorKind::corrupt_file, "{}: expected an object", where);
    const files::HfConfig whole(json, where);
    const auto config = *key == '\0' ? std::optional(whole) : whole.object(key);
    if (!config) continue;
    // quantize_config.json is older than the key, and of GPTQ.
    const std::string method = config->text("quant_method", *key == '\0' ? "gptq" : "");
    const auto* kind = std::ranges::find(kinds, method, &SchemeKind::quant_method);
    if (kind == kinds.end()) {
      fail(ErrorKind::unsupported, "{}: quantization_config has quant_method '{}'; nybble reads {}",
           where, method, known_methods());
    }
    return kind->open(checkpoint, *config);
  }
  return nullptr;
}

const files::NamedTensor& part_of(const files::Checkpoint& checkpoint, std::string_view module,
                                  std::string_view suffix, std::initializer_list<FormatId> formats,
                                  const Shape& shape) {
  const std::string name = fmt::format("{}.{}", module, suffix);
  const files::NamedTensor& part = checkpoint.get(name);
  if (part.data.shape != shape || std::ranges::find(formats, part.data.format) == formats.end()) {
    std::string expected;
    for (const FormatId format : formats)
      expected += fmt::format("{}{}", expected.empty() ? "" : " or ", formats::info(format).name);
    fail(ErrorKind::corrupt_file, "{}: tensor '{}' is {} {}, expected {} {}",
         checkpoint.path.string(), name, formats::info(part.data.format).name,
         part.data.shape.to_string(), expected, shape.to_string());
  }
  return part;
}

}  // namespace nybble::packing
