#include <algorithm>
#include <limits>
#include <unordered_set>

#include "base/bytes_text.h"
#include "base/checked.h"
#include "base/utf8.h"
#include "files/byte_reader.h"
#include "files/gguf.h"
#include "files/gguf_layout.h"
#include "files/gguf_values.h"

namespace nybble::files {
namespace {

// GGML allows 64; names of more are odd, but harmless to read.
constexpr std::size_t max_name_bytes = 1024;

// Throws unless the bytes start like a GGUF that nybble reads; returns the version.
int read_version(ByteReader& reader) {
  if (reader.remaining() < 8) {
    fail(ErrorKind::corrupt_file, "{}: expected a GGUF file, found {} bytes", reader.where(),
         reader.remaining());
  }
  const std::string_view magic = reader.read_text(4);
  if (magic == "lmgg" || magic == "fmgg" || magic == "tjgg" || magic == "algg") {
    fail(ErrorKind::unsupported,
         "{}: is a GGML file from before GGUF (August 2023); convert the original model anew",
         reader.where());
  }
  if (magic != gguf_magic) {
    fail(ErrorKind::corrupt_file, "{}: expected a GGUF file, which starts with 'GGUF', found '{}'",
         reader.where(), printable(magic));
  }
  const auto version = reader.read<std::uint32_t>();
  const std::uint32_t swapped = __builtin_bswap32(version);
  if (version >= 1 && version <= 3) return static_cast<int>(version);
  if (swapped >= 1 && swapped <= 3) {
    fail(ErrorKind::unsupported,
         "{}: is a big-endian GGUF; nybble reads little-endian ones: convert it with "
         "gguf_convert_endian.py of llama.cpp",
         reader.where());
  }
  fail(version == 0 ? ErrorKind::corrupt_file : ErrorKind::unsupported,
       "{}: is GGUF version {}, expected 1 to 3", reader.where(), version);
}

std::uint64_t read_alignment(const Metadata& metadata) {
  const std::uint64_t alignment = metadata.get_uint(alignment_key, gguf_default_alignment);
  if (!is_gguf_alignment(alignment)) {
    fail(ErrorKind::corrupt_file, "{}: key '{}' is {}, expected a power of two from 8",
         metadata.where(), alignment_key, alignment);
  }
  return alignment;
}

std::string readable_types() {
  std::string list;
  for (const formats::FormatInfo& format : formats::all()) {
    if (format.gguf_type >= 0) list += fmt::format("{}{}", list.empty() ? "" : " ", format.name);
  }
  return list;
}

FormatId read_format(ByteReader& reader) {
  const auto type = reader.read<std::uint32_t>();
  const auto format = formats::find_by_gguf_type(type);
  if (!format) {
    fail(ErrorKind::unsupported, "{}: {} has type number {}; nybble reads {}", reader.where(),
         reader.subject(), type, readable_types());
  }
  return *format;
}

// Dimensions stand innermost first; a Shape is outermost first.
Shape read_shape(ByteReader& reader, int version) {
  const auto rank = reader.read<std::uint32_t>();
  if (rank > gguf_max_rank) {
    fail(ErrorKind::corrupt_file, "{}: {} has {} dimensions, expected at most {}", reader.where(),
         reader.subject(), rank, gguf_max_rank);
  }
  std::vector<std::int64_t> dims(rank);
  std::uint64_t count = 1;
  for (std::uint32_t i = rank; i-- > 0;) {
    const std::uint64_t dim = read_gguf_length(reader, version);
    const auto product = checked_mul(count, dim);
    if (dim == 0 || !product ||
        *product > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      fail(ErrorKind::corrupt_file,
           "{}: {} has a dimension of {}, expected at least 1 and a product below 2^63",
           reader.where(), reader.subject(), dim);
    }
    count = *product;
    dims[i] = static_cast<std::int64_t>(dim);
  }
  return Shape(std::move(dims));
}

std::uint64_t bytes_of(const ByteReader& reader, const Shape& shape,
                       const formats::FormatInfo& format) {
  if (shape.cols() % format.block_len != 0) {
    fail(ErrorKind::corrupt_file, "{}: {} is {} in {}, expected rows of a multiple of {} values",
         reader.where(), reader.subject(), shape.to_string(), format.name, format.block_len);
  }
  const auto blocks = static_cast<std::uint64_t>(shape.count() / format.block_len);
  const auto bytes = checked_mul(blocks, static_cast<std::uint64_t>(format.block_bytes));
  if (!bytes) {
    fail(ErrorKind::corrupt_file, "{}: {} is {}, more than any file can hold", reader.where(),
         reader.subject(), shape.to_string());
  }
  return *bytes;
}

// Where the data of a tensor lie, as the header says.
struct Extent {
  std::uint64_t begin = 0;  // from the start of the data section
  std::uint64_t size = 0;
  std::size_t tensor = 0;
};

void refuse_overlaps(const std::vector<NamedTensor>& tensors, std::vector<Extent> extents,
                     std::string_view where) {
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < extents.size(); ++i) {
    if (extents[i].begin < extents[i - 1].begin + extents[i - 1].size) {
      fail(ErrorKind::corrupt_file, "{}: the data of tensors '{}' and '{}' overlap", where,
           tensors[extents[i - 1].tensor].name, tensors[extents[i].tensor].name);
    }
  }
}

// Reads the list of tensors; fills all but the views of their data.
std::vector<Extent> read_tensor_list(ByteReader& reader, std::uint64_t n, GgufFile& file) {
  // A name, the number of dimensions, the type and the offset.
  reader.check_count(n, 16 + (file.version == 1 ? 4u : 8u), "tensors");
  std::vector<Extent> extents;
  std::unordered_set<std::string> names;
  for (std::uint64_t i = 0; i < n; ++i) {
    reader.set_subject(fmt::format("tensor {} of {}", i + 1, n));
    NamedTensor tensor;
    tensor.name = read_gguf_name(reader, file.version, reader.subject(), max_name_bytes);
    if (!names.insert(tensor.name).second) {
      fail(ErrorKind::corrupt_file, "{}: expected each tensor once, found '{}' twice",
           reader.where(), tensor.name);
    }
    reader.set_subject(fmt::format("tensor '{}'", tensor.name));
    tensor.data.shape = read_shape(reader, file.version);
    tensor.data.format = read_format(reader);
    const auto begin = reader.read<std::uint64_t>();
    if (begin % file.alignment != 0) {
      fail(ErrorKind::corrupt_file,
           "{}: {} starts at byte {} of the data, expected a multiple of {}", reader.where(),
           reader.subject(), begin, file.alignment);
    }
    extents.push_back(
        {begin, bytes_of(reader, tensor.data.shape, formats::info(tensor.data.format)), i});
    file.tensors.push_back(std::move(tensor));
  }
  return extents;
}

void point_to_data(std::span<const std::byte> bytes, std::uint64_t data_begin, const Extent& extent,
                   const std::string& where, NamedTensor& tensor) {
  const std::uint64_t available = bytes.size() - data_begin;
  if (extent.begin > available || extent.size > available - extent.begin) {
    fail(ErrorKind::corrupt_file,
         "{}: tensor '{}' has {} at byte {} of the data, but the file holds {} of data; it is "
         "truncated or damaged: fetch it again",
         where, tensor.name, bytes_text(extent.size), extent.begin, bytes_text(available));
  }
  tensor.offset = data_begin + extent.begin;
  tensor.data.bytes =
      bytes.subspan(static_cast<std::size_t>(tensor.offset), static_cast<std::size_t>(extent.size));
}

}  // namespace

GgufFile parse_gguf(std::span<const std::byte> bytes, const std::string& where) {
  ByteReader reader(bytes, where);
  GgufFile file;
  file.version = read_version(reader);
  const std::uint64_t n_tensors = read_gguf_length(reader, file.version);
  const std::uint64_t n_values = read_gguf_length(reader, file.version);
  file.metadata = read_gguf_metadata(reader, file.version, n_values);
  file.alignment = read_alignment(file.metadata);
  reader.set_subject("the list of tensors");
  const std::vector<Extent> extents = read_tensor_list(reader, n_tensors, file);

  // A file without tensors (a vocabulary) may end before the padding does.
  const std::uint64_t data_begin =
      std::min<std::uint64_t>(*checked_align(reader.offset(), file.alignment), bytes.size());
  const std::string file_name = std::filesystem::path(where).filename().string();
  for (const Extent& extent : extents) {
    NamedTensor& tensor = file.tensors[extent.tensor];
    tensor.file = file_name;
    point_to_data(bytes, data_begin, extent, where, tensor);
  }
  refuse_overlaps(file.tensors, extents, where);
  return file;
}

}  // namespace nybble::files
