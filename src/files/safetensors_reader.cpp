#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>

#include "base/checked.h"
#include "base/json.h"
#include "base/utf8.h"
#include "files/byte_reader.h"
#include "files/safetensors.h"
#include "files/safetensors_layout.h"

namespace nybble::files {
namespace {

constexpr std::size_t max_rank = 8;

// One tensor of the header, and messages about it.
class Entry {
 public:
  Entry(const std::string& where, const std::string& name, const Json& value)
      : where_(where), name_(name), value_(value) {
    if (!is_printable_name(name) || name.empty() || name.size() > 1024) {
      fail(ErrorKind::corrupt_file,
           "{}: a tensor has the name '{}' of {} bytes, expected 1 to 1024 bytes of UTF-8 without "
           "control characters",
           where, printable(name), name.size());
    }
    if (!value.is_object()) fail_entry("is not described by an object");
  }

  FormatId format() const {
    const auto dtype = value_.find("dtype");
    if (dtype == value_.end() || !dtype->is_string()) fail_entry("has no dtype");
    const auto& text = dtype->get_ref<const std::string&>();
    const auto format = is_safetensors_dtype(text) ? formats::find_by_name(text) : std::nullopt;
    if (!format) {
      fail(ErrorKind::unsupported, "{}: tensor '{}' has dtype '{}'; nybble reads {}", where_, name_,
           printable(text), fmt::join(safetensors_dtypes, " "));
    }
    return *format;
  }

  Shape shape() const {
    std::vector<std::int64_t> dims;
    std::uint64_t product = 1;  // of all but zeros, so that no order of multiplying can wrap
    for (const std::uint64_t dim : numbers("shape", max_rank)) {
      const auto next = checked_mul(product, std::max<std::uint64_t>(dim, 1));
      if (!next || *next > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        fail_entry("has a shape of 2^63 elements or more");
      }
      product = *next;
      dims.push_back(static_cast<std::int64_t>(dim));
    }
    return Shape(std::move(dims));
  }

  // Begin and end in the data section.
  std::pair<std::uint64_t, std::uint64_t> extent() const {
    const auto offsets = numbers("data_offsets", 2);
    if (offsets.size() != 2 || offsets[0] > offsets[1]) {
      fail_entry("has data_offsets that are not a begin and an end");
    }
    return {offsets[0], offsets[1]};
  }

  [[noreturn]] void fail_entry(std::string_view problem) const {
    fail(ErrorKind::corrupt_file, "{}: tensor '{}' {}", where_, name_, problem);
  }

 private:
  std::vector<std::uint64_t> numbers(std::string_view key, std::size_t max_count) const {
    const auto list = value_.find(key);
    if (list == value_.end() || !list->is_array() || list->size() > max_count) {
      fail_entry(fmt::format("has no {}: expected a list of at most {} numbers", key, max_count));
    }
    std::vector<std::uint64_t> values;
    for (const Json& number : *list) {
      if (!number.is_number_unsigned()) {
        fail_entry(fmt::format("has a {} that is not made of whole numbers from 0", key));
      }
      values.push_back(number.get<std::uint64_t>());
    }
    return values;
  }

  const std::string& where_;
  const std::string& name_;
  const Json& value_;
};

Json read_header(ByteReader& reader) {
  if (reader.remaining() < safetensors_length_bytes) {
    fail(ErrorKind::corrupt_file, "{}: expected a safetensors file, found {} bytes", reader.where(),
         reader.remaining());
  }
  const auto length = reader.read<std::uint64_t>();
  if (length > safetensors_max_header || length > reader.remaining()) {
    fail(
        ErrorKind::corrupt_file,
        "{}: announces a header of {} bytes, but {} bytes follow and {} are the limit: the file is "
        "truncated, or no safetensors file",
        reader.where(), length, reader.remaining(), safetensors_max_header);
  }
  const std::string_view text = reader.read_text(length);
  if (text.empty() || text[0] != '{') {
    fail(ErrorKind::corrupt_file,
         "{}: expected a header that starts with '{{', found '{}': no safetensors file",
         reader.where(), printable(text.substr(0, 16)));
  }
  return parse_json(text, reader.where());
}

std::map<std::string, std::string> read_pairs(const Json& value, const std::string& where) {
  std::map<std::string, std::string> pairs;
  if (!value.is_object())
    fail(ErrorKind::corrupt_file, "{}: expected an object as __metadata__", where);
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) {
      fail(ErrorKind::corrupt_file, "{}: __metadata__ '{}' is not a string", where, printable(key));
    }
    pairs[key] = text.get<std::string>();
  }
  return pairs;
}

// The views of the data are filled in from the offset later.
NamedTensor read_tensor(const Entry& entry, const std::string& name, std::uint64_t& size) {
  NamedTensor tensor;
  tensor.name = name;
  tensor.data.format = entry.format();
  tensor.data.shape = entry.shape();
  const auto [begin, end] = entry.extent();
  tensor.offset = begin;
  size = end - begin;
  const auto element = static_cast<std::uint64_t>(formats::info(tensor.data.format).block_bytes);
  const auto expected = checked_mul(static_cast<std::uint64_t>(tensor.data.shape.count()), element);
  if (!expected || *expected != size) {
    entry.fail_entry(fmt::format("has {} bytes of data, expected {} for {} in {}", size,
                                 expected.value_or(0), tensor.data.shape.to_string(),
                                 formats::info(tensor.data.format).name));
  }
  return tensor;
}

struct Listed {
  NamedTensor tensor;
  std::uint64_t size = 0;
};

// Sorts by place and checks that the data follow each other without a hole to the end of the file.
void refuse_holes(std::vector<Listed>& listed, std::uint64_t data_size, const std::string& where) {
  const auto order = [](const Listed& item) {
    return std::tie(item.tensor.offset, item.size, item.tensor.name);
  };
  std::sort(listed.begin(), listed.end(),
            [&](const Listed& a, const Listed& b) { return order(a) < order(b); });
  std::uint64_t end = 0;
  for (const Listed& item : listed) {
    if (item.tensor.offset != end) {
      fail(ErrorKind::corrupt_file,
           "{}: tensor '{}' starts at byte {} of the data, expected {}: {}", where,
           item.tensor.name, item.tensor.offset, end,
           item.tensor.offset < end ? "tensors overlap" : "a hole");
    }
    if (item.size > data_size - end) {
      fail(ErrorKind::corrupt_file,
           "{}: tensor '{}' ends at byte {} of the data, but the file holds {}: it is truncated or "
           "damaged: fetch it again",
           where, item.tensor.name, fmt::to_string(end) + "+" + fmt::to_string(item.size),
           data_size);
    }
    end += item.size;
  }
  if (end != data_size) {
    fail(ErrorKind::corrupt_file, "{}: the tensors take {} bytes of data, but the file holds {}",
         where, end, data_size);
  }
}

}  // namespace

SafetensorsFile parse_safetensors(std::span<const std::byte> bytes, const std::string& where) {
  ByteReader reader(bytes, where);
  const Json header = read_header(reader);
  const std::uint64_t data_begin = reader.offset();
  SafetensorsFile file;
  std::vector<Listed> listed;
  for (const auto& [name, value] : header.items()) {
    if (name == safetensors_metadata_key) {
      file.metadata = read_pairs(value, where);
      continue;
    }
    Listed& item = listed.emplace_back();
    item.tensor = read_tensor(Entry(where, name, value), name, item.size);
  }
  refuse_holes(listed, reader.remaining(), where);
  const std::string file_name = std::filesystem::path(where).filename().string();
  for (Listed& item : listed) {
    item.tensor.file = file_name;
    item.tensor.offset += data_begin;
    item.tensor.data.bytes = bytes.subspan(static_cast<std::size_t>(item.tensor.offset),
                                           static_cast<std::size_t>(item.size));
    file.tensors.push_back(std::move(item.tensor));
  }
  return file;
}

}  // namespace nybble::files
