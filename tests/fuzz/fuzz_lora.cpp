// Any two files are an adapter of a small model or an Error; what is read fits the model and is
// finite. The configuration stands first, the weights behind a byte of zero. Runs in the root of
// the repository.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "adapters/lora_adapter.h"
#include "nybble/error.h"

namespace {

const nybble::models::ModelSource& model() {
  static const nybble::models::ModelSource source =
      nybble::models::open_model(std::make_shared<const nybble::files::Checkpoint>(
          nybble::files::open_checkpoint("tests/golden/models/llama")));
  return source;
}

bool is_finite(std::span<const float> values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\0'), size);
  const auto weights = std::as_bytes(std::span(text).subspan(std::min(end + 1, size)));
  try {
    const auto adapter =
        nybble::adapters::parse_lora(text.substr(0, end), weights, "fuzz", model());
    for (const nybble::models::LowRank& part : adapter.parts) {
      const nybble::Shape& shape = model().find(part.linear + ".weight")->shape;
      const std::int64_t values = part.rank * (shape.rows() + shape.cols());
      if (static_cast<std::int64_t>(part.a.size() + part.b.size()) != values) std::abort();
      if (!is_finite(part.a) || !is_finite(part.b) || !std::isfinite(part.scale)) std::abort();
    }
  } catch (const nybble::Error&) {
  }
  return 0;
}
