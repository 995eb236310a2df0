#include <type_traits>
#include <unordered_set>
#include <utility>

#include "base/checked.h"
#include "base/error.h"
#include "base/utf8.h"
#include "files/gguf.h"
#include "files/gguf_layout.h"
#include "files/shard_name.h"
#include "files/shard_plan.h"

namespace nybble::files {
namespace {

// ggml keeps names in 64 bytes with a zero at the end.
constexpr std::size_t max_name_bytes = 63;
constexpr std::uint32_t written_version = 3;

// Bytes of a header, growing.
class HeaderText {
 public:
  template <class T>
  requires std::is_arithmetic_v<T>
  void add(T value) { text_.append(reinterpret_cast<const char*>(&value), sizeof(value)); }
  void add(std::string_view text) {
    add(std::uint64_t{text.size()});
    text_ += text;
  }
  void add_raw(std::string_view text) { text_ += text; }
  std::uint64_t size() const { return text_.size(); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

template <class T>
void add_value(const T& value, HeaderText& out) {
  if constexpr (std::is_same_v<T, bool>) {
    out.add(static_cast<std::uint8_t>(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    out.add(std::string_view(value));
  } else {
    out.add(value);
  }
}

void add_array(const MetadataArray& array, HeaderText& out) {
  std::visit(
      [&](const auto& values) {
        using T = typename std::decay_t<decltype(values)>::value_type;
        out.add(gguf_value_type<T>());
        out.add(std::uint64_t{values.size()});
        for (const T& value : values) add_value<T>(value, out);
      },
      array);
}

void add_key_value(std::string_view key, const MetadataValue& value, HeaderText& out) {
  if (key.empty() || key.size() > gguf_max_key_bytes || !is_printable_name(key)) {
    fail(ErrorKind::invalid_input,
         "the key '{}' cannot stand in a GGUF: expected 1 to {} bytes of UTF-8 without control "
         "characters",
         printable(key), gguf_max_key_bytes);
  }
  out.add(key);
  std::visit(
      [&](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        out.add(gguf_value_type<T>());
        if constexpr (std::is_same_v<T, MetadataArray>) {
          add_array(v, out);
        } else {
          add_value(v, out);
        }
      },
      value);
}

void add_tensor(const TensorPlan& tensor, std::uint64_t offset, HeaderText& out) {
  out.add(std::string_view(tensor.name));
  out.add(static_cast<std::uint32_t>(tensor.shape.rank()));
  for (int i = tensor.shape.rank(); i-- > 0;) out.add(static_cast<std::uint64_t>(tensor.shape[i]));
  out.add(static_cast<std::uint32_t>(formats::info(tensor.format).gguf_type));
  out.add(offset);
}

void check_tensor(const TensorPlan& tensor) {
  const formats::FormatInfo& format = formats::info(tensor.format);
  if (tensor.name.empty() || tensor.name.size() > max_name_bytes ||
      !is_printable_name(tensor.name)) {
    fail(ErrorKind::unsupported,
         "tensor '{}' cannot stand in a GGUF: its name has {} bytes, expected 1 to {} of UTF-8 "
         "without control characters",
         printable(tensor.name), tensor.name.size(), max_name_bytes);
  }
  if (format.gguf_type < 0) {
    fail(ErrorKind::unsupported, "tensor '{}' cannot stand in a GGUF: it has no type number for {}",
         tensor.name, format.name);
  }
  bool has_zero = false;
  for (const std::int64_t dim : tensor.shape.dims()) has_zero |= dim < 1;
  if (has_zero || tensor.shape.rank() > static_cast<int>(gguf_max_rank)) {
    fail(ErrorKind::unsupported,
         "tensor '{}' cannot stand in a GGUF: it is {}, expected at most {} dimensions of at "
         "least 1",
         tensor.name, tensor.shape.to_string(), gguf_max_rank);
  }
}

std::vector<std::uint64_t> check_tensors(const std::vector<TensorPlan>& tensors) {
  std::vector<std::uint64_t> sizes;
  std::unordered_set<std::string_view> names;
  for (const TensorPlan& tensor : tensors) {
    check_tensor(tensor);
    if (!names.insert(tensor.name).second) {
      fail(ErrorKind::invalid_input, "tensor '{}' is planned twice", tensor.name);
    }
    sizes.push_back(static_cast<std::uint64_t>(tensor.shape.rows()) *
                    row_bytes(tensor.format, tensor.shape.cols()));
  }
  return sizes;
}

std::uint64_t padded(std::uint64_t size, std::uint64_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

// One file: tensors [first, last) of the plan. Appends it and the places of its tensors.
void place_file(const std::filesystem::path& path, const Metadata& metadata,
                std::span<const TensorPlan> tensors, std::span<const std::uint64_t> sizes,
                std::uint64_t alignment, Placement& placement) {
  HeaderText header;
  header.add_raw(gguf_magic);
  header.add(written_version);
  header.add(std::uint64_t{tensors.size()});
  header.add(std::uint64_t{metadata.items().size()});
  for (const auto& [key, value] : metadata.items()) add_key_value(key, value, header);
  const std::size_t first_place = placement.tensors.size();
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    add_tensor(tensors[i], end, header);
    placement.tensors.push_back({tensors[i].name, placement.files.size(), end, sizes[i]});
    end += padded(sizes[i], alignment);
  }
  const std::uint64_t data_begin = padded(header.size(), alignment);
  for (std::size_t i = first_place; i < placement.tensors.size(); ++i)
    placement.tensors[i].offset += data_begin;
  placement.files.push_back({path, header.take(), data_begin + end});
}

Metadata shard_metadata(const Metadata& all, std::size_t shard, std::size_t n_shards,
                        std::size_t n_tensors) {
  Metadata metadata(all.where());
  if (shard == 0) {
    metadata = all;
  } else if (const MetadataValue* alignment = all.find(alignment_key)) {
    metadata.set(alignment_key, *alignment);
  }
  // The types are those that llama.cpp reads.
  metadata.set(split_number_key, static_cast<std::uint16_t>(shard));
  metadata.set(split_count_key, static_cast<std::uint16_t>(n_shards));
  metadata.set(split_tensors_key, static_cast<std::int32_t>(n_tensors));
  return metadata;
}

// "out.gguf" and "out-00002-of-00007.gguf" are both split to "out-...".
std::string shard_prefix(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (const auto shard = parse_shard_name(name)) return shard->prefix;
  return name.ends_with(".gguf") ? name.substr(0, name.size() - 5) : name;
}

// The planned file of each tensor: each is the one before or the next.
void check_shards(const std::vector<std::size_t>& shards, std::size_t n_tensors) {
  bool is_ascending = shards.size() == n_tensors && (shards.empty() || shards[0] == 0);
  for (std::size_t i = 1; is_ascending && i < shards.size(); ++i)
    is_ascending = shards[i] == shards[i - 1] || shards[i] == shards[i - 1] + 1;
  if (!is_ascending) {
    fail(ErrorKind::invalid_input,
         "the tensors do not stand in the order of their files, which a split GGUF needs; give a "
         "largest size instead");
  }
}

Placement place(const std::filesystem::path& path, const Metadata& metadata,
                const std::vector<TensorPlan>& tensors, std::uint64_t max_shard_bytes,
                const std::vector<std::size_t>& planned_shards) {
  const std::vector<std::uint64_t> sizes = check_tensors(tensors);
  const std::uint64_t alignment = gguf_alignment(metadata);
  if (!planned_shards.empty()) check_shards(planned_shards, tensors.size());
  const std::vector<std::size_t> shards =
      planned_shards.empty() ? plan_shards(sizes, max_shard_bytes) : planned_shards;
  const std::size_t n_shards = shards.empty() ? 1 : shards.back() + 1;
  Placement placement;
  if (n_shards == 1) {
    place_file(path, metadata, tensors, sizes, alignment, placement);
    return placement;
  }
  constexpr std::size_t most_shards = 65535;  // split.count has 16 bits
  if (n_shards > most_shards) {
    fail(ErrorKind::invalid_input,
         "{}: would be {} shards of {} bytes, expected at most {}; allow larger shards",
         path.string(), n_shards, max_shard_bytes, most_shards);
  }
  const ShardName name{shard_prefix(path), ".gguf", 1, static_cast<int>(n_shards)};
  for (std::size_t shard = 0, first = 0; shard < n_shards; ++shard) {
    std::size_t last = first;
    while (last < shards.size() && shards[last] == shard) ++last;
    place_file(path.parent_path() / name.with_number(static_cast<int>(shard) + 1),
               shard_metadata(metadata, shard, n_shards, tensors.size()),
               std::span(tensors).subspan(first, last - first),
               std::span(sizes).subspan(first, last - first), alignment, placement);
    first = last;
  }
  return placement;
}

}  // namespace

std::uint64_t gguf_alignment(const Metadata& metadata) {
  const std::uint64_t alignment = metadata.get_uint(alignment_key, gguf_default_alignment);
  if (!is_gguf_alignment(alignment)) {
    fail(ErrorKind::invalid_input, "key '{}' is {}, expected a power of two from 8", alignment_key,
         alignment);
  }
  return alignment;
}

std::uint64_t gguf_file_bytes(const Metadata& metadata, const std::vector<TensorPlan>& tensors) {
  return place({}, metadata, tensors, 0, {}).files.front().size;
}

GgufWriter::GgufWriter(const std::filesystem::path& path, bool replace, const Metadata& metadata,
                       const std::vector<TensorPlan>& tensors, std::uint64_t max_shard_bytes,
                       const std::vector<std::size_t>& shards)
    : place_([=](const Metadata& values) {
        return place(path, values, tensors, max_shard_bytes, shards);
      }),
      writer_(place_(metadata), replace) {}

}  // namespace nybble::files
