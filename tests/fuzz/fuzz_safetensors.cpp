// Any bytes are a safetensors file or an Error; the views lie inside the bytes.
#include <cstdlib>

#include "files/safetensors.h"
#include "nybble/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const nybble::files::SafetensorsFile file =
        nybble::files::parse_safetensors(bytes, "fuzz.safetensors");
    for (const auto& tensor : file.tensors) {
      const auto view = tensor.data.bytes;
      if (view.data() < bytes.data() || view.data() + view.size() > bytes.data() + bytes.size())
        std::abort();
      const auto element =
          static_cast<std::size_t>(nybble::formats::info(tensor.data.format).block_bytes);
      if (static_cast<std::size_t>(tensor.data.shape.count()) * element != view.size())
        std::abort();
    }
  } catch (const nybble::Error&) {
  }
  return 0;
}
