// Any bytes are a GGUF or an Error; the views of a GGUF lie inside the bytes, and what it holds can
// be written again.
#include <cstdlib>

#include "files/gguf.h"
#include "nybble/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const nybble::files::GgufFile file = nybble::files::parse_gguf(bytes, "fuzz.gguf");
    for (const auto& tensor : file.tensors) {
      const auto view = tensor.data.bytes;
      if (view.data() < bytes.data() || view.data() + view.size() > bytes.data() + bytes.size())
        std::abort();
      const auto rows = static_cast<std::size_t>(tensor.data.shape.rows());
      if (rows * tensor.data.row_bytes() != view.size()) std::abort();
      std::vector<float> row(static_cast<std::size_t>(tensor.data.shape.cols()));
      tensor.data.decode_rows(tensor.data.shape.rows() - 1, 1, row.data());
    }
    for (const auto& [key, value] : file.metadata.items()) {
      if (file.metadata.find(key) != &value) std::abort();
    }
  } catch (const nybble::Error&) {
  }
  return 0;
}
