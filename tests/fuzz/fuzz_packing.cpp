// Any quantization_config beside any tensors gives weights whose rows are all there, or an Error.
// The input: two bytes with the length of the config, the config, a safetensors file.
#include <cstdlib>

#include "files/safetensors.h"
#include "nybble/error.h"
#include "packing/scheme.h"

namespace {

using nybble::Shape;

// What the weight of a module may be when one of its parts has these dimensions.
std::vector<Shape> shapes_for(const Shape& part) {
  if (part.rank() != 2) return {};
  const std::int64_t a = part[0], b = part[1];
  return {{a, b}, {a, b * 8}, {a, b * 2}, {b, a * 8}, {b * 8, a}, {b, a * 32 / 3}, {64, 64}};
}

void read_all(const nybble::packing::Scheme& scheme, const std::string& module,
              const Shape& shape) {
  constexpr std::int64_t most = 1 << 18;
  if (shape.rows() < 1 || shape.cols() < 1 || shape.rows() > most / shape.cols()) return;
  const auto weight = scheme.find(module, shape);
  if (weight == nullptr) return;
  if (weight->shape() != shape) std::abort();
  const std::size_t size = nybble::row_bytes(weight->format(), shape.cols());
  for (std::int64_t row = 0; row < shape.rows(); ++row) {
    if (weight->row(row).size() != size) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::size_t n = size < 2 ? 0 : data[0] + std::size_t{256} * data[1];
  if (size < 2 + n) return 0;
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  nybble::files::Checkpoint checkpoint;
  checkpoint.path = "fuzz";
  checkpoint.texts["config.json"] = std::string(reinterpret_cast<const char*>(data) + 2, n);
  try {
    checkpoint.tensors =
        nybble::files::parse_safetensors(bytes.subspan(2 + n), "fuzz.safetensors").tensors;
    const auto scheme = nybble::packing::open_scheme(checkpoint);
    if (scheme == nullptr) return 0;
    for (const auto& tensor : checkpoint.tensors) {
      const std::string module = tensor.name.substr(0, tensor.name.rfind('.'));
      for (const Shape& shape : shapes_for(tensor.data.shape)) {
        try {
          read_all(*scheme, module, shape);
        } catch (const nybble::Error&) {
        }
      }
    }
  } catch (const nybble::Error&) {
  }
  return 0;
}
