#include "api/tensor_stream.h"

#include <algorithm>
#include <vector>

#include "api/encode_tensor.h"
#include "base/bytes_text.h"
#include "base/error.h"
#include "cpu/host_memory.h"

namespace nybble {
namespace {

// What hashing the source and the small things take beside a tensor.
constexpr std::size_t program_bytes = std::size_t{16} << 20;

TensorResult write_tensor(std::size_t i, const OutputTensor& output, const quantize::Method& method,
                          const StreamOptions& options, ThreadPool& pool, exports::Export& out) {
  if (output.layout == nullptr)
    return make_tensor(i, output, method, options, pool, [&](auto bytes) { out.write(bytes); });
  // Layouts put rows side by side, so a whole weight is needed before its first byte.
  std::vector<std::byte> blocks;
  const TensorResult result = make_tensor(i, output, method, options, pool, [&](auto bytes) {
    blocks.insert(blocks.end(), bytes.begin(), bytes.end());
  });
  output.layout->pack(output.tensor.source->shape, blocks, [&](auto bytes) { out.write(bytes); });
  return result;
}

// Memory that a tensor takes while it is encoded.
std::size_t bytes_needed(const OutputTensor& output, const quantize::Method& method) {
  const models::SourceTensor& source = *output.tensor.source;
  const auto cols = static_cast<std::size_t>(source.shape.cols());
  const auto rows = static_cast<std::size_t>(piece_rows(source.shape));
  const std::size_t row = cols * sizeof(float) + row_bytes(output.format, source.shape.cols()) +
                          row_bytes(source.format, source.shape.cols());
  const bool has_moments = !is_copy(output) && source.shape.rank() > 1;
  const std::size_t packing =  // blocks and parts
      output.layout == nullptr ? 0
                               : 2 * static_cast<std::size_t>(source.shape.rows()) *
                                     row_bytes(output.format, source.shape.cols());
  return rows * row + packing +
         (has_moments ? static_cast<std::size_t>(method.bytes_per_moment) * cols * cols : 0);
}

}  // namespace

TensorResult make_tensor(std::size_t i, const OutputTensor& output, const quantize::Method& method,
                         const StreamOptions& options, ThreadPool& pool, const TakeBytes& write) {
  if (const EncodedTensor* known = options.known ? options.known(output) : nullptr) {
    write(known->blocks);
    return known->result;
  }
  if (options.kept == nullptr || is_copy(output))
    return quantize_tensor(output, method, options, pool, write);
  const Shape& shape = output.tensor.source->shape;
  const std::size_t size =
      static_cast<std::size_t>(shape.rows()) * row_bytes(output.format, shape.cols());
  if (const auto tensor = options.kept->find(i, size)) {
    write(tensor->bytes);
    options.on_taken_over();
    return tensor->result;
  }
  AtomicFile file = options.kept->begin(i);
  const auto take = [&](std::span<const std::byte> bytes) {
    file.write(bytes);
    write(bytes);
  };
  const TensorResult result = quantize_tensor(output, method, options, pool, take);
  options.kept->finish(file, result);
  return result;
}

std::string_view OutputTensor::module() const {
  constexpr std::string_view suffix = ".weight";
  return std::string_view(tensor.name).substr(0, tensor.name.size() - suffix.size());
}

std::vector<OutputTensor> gguf_tensors(const models::ModelSource& source,
                                       std::span<const FormatId> formats) {
  std::vector<OutputTensor> tensors;
  std::vector<std::string_view> scaled;  // "blk.3.attn_q"
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const models::SourceTensor& tensor = source.tensors[i];
    const std::string_view stem = std::string_view(tensor.name).substr(0, tensor.name.rfind('.'));
    // Scales stand behind the weights.
    if (tensor.is_scale() && std::ranges::find(scaled, stem) == scaled.end()) continue;
    OutputTensor output{{tensor.name, &tensor}, formats[i]};
    if (tensor.scale != 1 && formats[i] == tensor.format && !tensor.is_changed()) {
      output.scale = tensor.scale;
      scaled.push_back(stem);
    }
    tensors.push_back(std::move(output));
  }
  return tensors;
}

void check_memory(std::span<const OutputTensor> tensors, const quantize::Method& method,
                  int threads, std::size_t max_bytes) {
  const std::size_t available = cpu::allowed_host_memory(max_bytes);
  const std::size_t others = program_bytes + cpu::thread_bytes(threads);
  for (const OutputTensor& output : tensors) {
    const std::size_t needed = bytes_needed(output, method) + others;
    if (needed <= available) continue;
    fail(ErrorKind::out_of_memory,
         "tensor '{}' needs {} with the method {}, {} are available; allow more memory{}",
         output.tensor.name, bytes_text(needed), method.name, bytes_text(available),
         method.bytes_per_moment > 0 ? ", or take a method that needs less, such as kquant" : "");
  }
}

std::filesystem::path write_tensors(const exports::ExportKind& kind, exports::ExportPlan plan,
                                    std::span<const OutputTensor> tensors,
                                    const quantize::Method& method, const StreamOptions& options,
                                    const ProgressCallback& progress) {
  Progress report{.step = options.step, .done = 0, .total = 0, .unit = "values", .detail = {}};
  plan.tensors.clear();
  for (const OutputTensor& output : tensors) {
    const Shape& shape = output.tensor.source->shape;
    report.total += static_cast<std::uint64_t>(shape.count());
    if (output.layout == nullptr) {
      plan.tensors.push_back({output.tensor.name, output.format, shape});
    } else {
      const auto parts = output.layout->parts(output.module(), shape);
      plan.tensors.insert(plan.tensors.end(), parts.begin(), parts.end());
    }
  }
  ThreadPool pool(options.threads);
  const std::unique_ptr<exports::Export> out = kind.begin(plan);
  std::vector<double> errors;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& [tensor, format, layout, scale] = tensors[i];
    report.step = fmt::format("{} {} to {}", options.step, tensor.name, formats::info(format).name);
    if (progress) progress(report);
    const TensorResult result = write_tensor(i, tensors[i], method, options, pool, *out);
    errors.push_back(result.relative_error);
    if (options.on_note && !result.note.empty()) options.on_note(tensor.name, result.note);
    report.done += static_cast<std::uint64_t>(tensor.source->shape.count());
  }
  if (options.final_metadata) out->replace_metadata(options.final_metadata(errors));
  if (options.final_text) {
    const auto [name, text] = options.final_text();
    out->add_text(name, text);
  }
  std::filesystem::path written;
  const auto place = [&] { written = out->finish(); };
  options.kept != nullptr ? options.kept->while_placing(place) : place();
  if (progress) progress(report);
  return written;
}

}  // namespace nybble
