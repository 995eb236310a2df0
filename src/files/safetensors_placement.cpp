// Where tensors lie in files of safetensors, and their headers.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/utf8.h"
#include "files/safetensors.h"
#include "files/safetensors_layout.h"
#include "files/shard_name.h"
#include "files/shard_plan.h"

namespace nybble::files {
namespace {

namespace fs = std::filesystem;

std::uint64_t size_of(const TensorPlan& tensor) {
  const formats::FormatInfo& format = formats::info(tensor.format);
  if (!is_safetensors_dtype(format.name)) {
    fail(ErrorKind::unsupported,
         "tensor '{}' cannot stand in safetensors: it is {}, expected one of {}", tensor.name,
         format.name, fmt::join(safetensors_dtypes, " "));
  }
  return static_cast<std::uint64_t>(tensor.shape.count()) *
         static_cast<std::uint64_t>(format.block_bytes);
}

std::vector<std::uint64_t> check_tensors(const std::vector<TensorPlan>& tensors) {
  std::vector<std::uint64_t> sizes;
  std::unordered_set<std::string_view> names;
  for (const TensorPlan& tensor : tensors) {
    if (tensor.name.empty() || !is_printable_name(tensor.name) ||
        tensor.name == safetensors_metadata_key) {
      fail(ErrorKind::invalid_input, "a tensor cannot be named '{}' in safetensors",
           printable(tensor.name));
    }
    if (!names.insert(tensor.name).second) {
      fail(ErrorKind::invalid_input, "tensor '{}' is planned twice", tensor.name);
    }
    sizes.push_back(size_of(tensor));
  }
  return sizes;
}

// A JSON string with its quotes.
std::string json_string(std::string_view text) {
  if (!is_utf8(text))
    fail(ErrorKind::invalid_input, "the text '{}' for safetensors is not UTF-8", printable(text));
  return Json(text).dump();
}

std::string metadata_entry(const std::map<std::string, std::string>& metadata) {
  std::string pairs;
  for (const auto& [key, text] : metadata) {
    pairs += fmt::format("{}{}:{}", pairs.empty() ? "" : ",", json_string(key), json_string(text));
  }
  return fmt::format("{}:{{{}}}", json_string(safetensors_metadata_key), pairs);
}

// Tensors of one file and their bytes.
struct Part {
  std::vector<std::size_t> tensors;  // places in the plan
  std::uint64_t bytes = 0;
};

// Appends a file. Wider elements stand first, so that all are aligned without holes, which the
// format forbids.
void place_file(const fs::path& path, Part part, const std::vector<TensorPlan>& tensors,
                const std::map<std::string, std::string>& metadata, Placement& placement) {
  const auto width = [&](std::size_t i) { return formats::info(tensors[i].format).block_bytes; };
  std::sort(part.tensors.begin(), part.tensors.end(), [&](std::size_t a, std::size_t b) {
    return width(a) != width(b) ? width(a) > width(b) : a < b;
  });
  std::string header = "{" + (metadata.empty() ? "" : metadata_entry(metadata));
  std::uint64_t end = 0;
  for (const std::size_t i : part.tensors) {
    PlacedTensor& placed = placement.tensors[i];
    header += fmt::format("{}{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                          header.size() > 1 ? "," : "", json_string(tensors[i].name),
                          formats::info(tensors[i].format).name,
                          fmt::join(tensors[i].shape.dims(), ","), end, end + placed.size);
    placed.offset = end;
    end += placed.size;
  }
  header += '}';
  header.resize((header.size() + 7) / 8 * 8, ' ');
  if (header.size() > safetensors_max_header) {
    fail(ErrorKind::invalid_input,
         "{}: the header would take {} bytes, expected at most {}; allow smaller shards",
         path.string(), header.size(), safetensors_max_header);
  }
  const auto length = std::uint64_t{header.size()};
  header.insert(0, reinterpret_cast<const char*>(&length), sizeof(length));
  for (const std::size_t i : part.tensors) {
    placement.tensors[i].file = placement.files.size();
    placement.tensors[i].offset += header.size();
  }
  const std::uint64_t size = header.size() + end;
  placement.files.push_back({path, std::move(header), size});
}

}  // namespace

Placement place_safetensors(const fs::path& file,
                            const std::map<std::string, std::string>& metadata,
                            const std::vector<TensorPlan>& tensors) {
  const std::vector<std::uint64_t> sizes = check_tensors(tensors);
  Placement placement;
  Part part;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    part.tensors.push_back(i);
    placement.tensors.push_back({tensors[i].name, 0, 0, sizes[i]});
  }
  place_file(file, std::move(part), tensors, metadata, placement);
  return placement;
}

Placement place_safetensors_shards(const fs::path& directory,
                                   const std::map<std::string, std::string>& metadata,
                                   const std::vector<TensorPlan>& tensors,
                                   std::uint64_t max_shard_bytes) {
  const std::vector<std::uint64_t> sizes = check_tensors(tensors);
  const std::vector<std::size_t> shards = plan_shards(sizes, max_shard_bytes);
  std::vector<Part> parts(shards.empty() ? 1 : shards.back() + 1);
  Placement placement;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    parts[shards[i]].tensors.push_back(i);
    placement.tensors.push_back({tensors[i].name, 0, 0, sizes[i]});
  }
  const ShardName name{"model", ".safetensors", 1, static_cast<int>(parts.size())};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string file = parts.size() == 1 ? std::string(safetensors_file_name)
                                               : name.with_number(static_cast<int>(i) + 1);
    place_file(directory / file, std::move(parts[i]), tensors, metadata, placement);
  }
  return placement;
}

}  // namespace nybble::files
