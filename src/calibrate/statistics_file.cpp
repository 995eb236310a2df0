#include "calibrate/statistics_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/mapped_file.h"
#include "calibrate/statistics_names.h"
#include "files/gguf.h"

namespace nybble::calibrate {
namespace {

constexpr std::string_view sums_suffix = ".in_sum2";

// Tensors of an imatrix file, checked.
class Reader {
 public:
  Reader(const files::Checkpoint& file, const std::string& where) : file_(file), where_(where) {}

  InputStatistics read(const InputEntry& entry) const {
    InputStatistics input;
    input.weights = entry.weights;
    const std::string& name = entry.weights.front();
    read_sums(name, input);
    if (!entry.has_moments) return input;
    const std::int64_t cols = input.cols;
    input.absmax = values(name + ".absmax", 1, cols);
    const auto weights = values(name + ".half_weights", 1, 2);
    for (std::size_t h = 0; h < 2; ++h) {
      Half& half = input.halves[h];
      const std::string moment = fmt::format("{}{}", name, moment_names[h]);
      half.second_moment = values(moment, cols, cols);
      half.weight = weights[h];
      half.tokens = static_cast<std::int64_t>(std::clamp(half.weight, 0.0, 1e15));
      half.square_sums.clear();
      for (std::size_t i = 0; i < static_cast<std::size_t>(cols); ++i)
        half.square_sums.push_back(half.second_moment[i * static_cast<std::size_t>(cols) + i]);
      check_squares(half.square_sums, moment);
    }
    return input;
  }

  // [1, n] or [n] F32 of a tensor; n = 0: any number of them.
  const TensorView& view(const std::string& name, std::int64_t rows, std::int64_t cols) const {
    const TensorView& data = file_.get(name).data;
    if (data.format != id_of<formats::F32>() || data.shape.rows() != rows ||
        (cols > 0 && data.shape.cols() != cols)) {
      fail(ErrorKind::corrupt_file,
           "{}: tensor '{}' is {} [{}, {}], expected F32 [{}, {}]; statistics of experts are not "
           "supported yet",
           where_, name, formats::info(data.format).name, data.shape.rows(), data.shape.cols(),
           rows, cols > 0 ? std::to_string(cols) : "any");
    }
    return data;
  }

 private:
  std::vector<float> values(const std::string& name, std::int64_t rows, std::int64_t cols) const {
    const TensorView& data = view(name, rows, cols);
    std::vector<float> out(static_cast<std::size_t>(data.shape.count()));
    data.decode_rows(0, rows, out.data());
    forget_pages(data.bytes);
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (!std::isfinite(out[i])) {
        fail(ErrorKind::corrupt_file, "{}: tensor '{}' has {} at {}, expected finite numbers",
             where_, name, out[i], i);
      }
    }
    return out;
  }

  void read_sums(const std::string& name, InputStatistics& input) const {
    Half& half = input.halves[0];
    half.square_sums = values(fmt::format("{}{}", name, sums_suffix), 1, 0);
    input.cols = static_cast<int>(half.square_sums.size());
    half.weight = values(name + ".counts", 1, 1)[0];
    half.tokens = static_cast<std::int64_t>(std::clamp(half.weight, 0.0, 1e15));
    check_squares(half.square_sums, fmt::format("{}{}", name, sums_suffix));
  }

  void check_squares(std::span<const float> sums, const std::string& name) const {
    for (const float sum : sums) {
      if (sum >= 0) continue;
      fail(ErrorKind::corrupt_file, "{}: tensor '{}' has {}, expected sums of squares", where_,
           name, sum);
    }
  }

  const files::Checkpoint& file_;
  const std::string& where_;
};

std::vector<std::string> split_at_spaces(std::string_view readers) {
  std::vector<std::string> words;
  while (!readers.empty()) {
    const std::size_t end = std::min(readers.find(' '), readers.size());
    words.emplace_back(readers.substr(0, end));
    readers.remove_prefix(std::min(end + 1, readers.size()));
  }
  return words;
}

bool is_gguf(std::span<const std::byte> bytes) {
  constexpr std::string_view magic = "GGUF";
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

Provenance provenance_of(const files::Metadata& metadata) {
  const auto number = [&](std::string_view key) {
    return static_cast<int>(std::min<std::uint64_t>(metadata.get_uint(key, 0), 0x7fffffff));
  };
  const auto* texts = metadata.find_strings("imatrix.datasets");
  return {texts == nullptr ? std::vector<std::string>() : *texts, number("imatrix.chunk_count"),
          number("imatrix.chunk_size")};
}

}  // namespace

StatisticsFile::StatisticsFile(const std::filesystem::path& path) : where_(path.string()) {
  const MappedFile mapped(path);
  if (!is_gguf(mapped.bytes())) {
    legacy_ = parse_legacy_imatrix(mapped.bytes(), where_);
    provenance_ = legacy_;
    for (const InputStatistics& input : legacy_.inputs)
      inputs_.push_back({input.weights, input.cols, false});
    return;
  }
  file_ = files::open_gguf(path);
  const auto type = file_.metadata.get_string("general.type", "");
  if (type != "imatrix") {
    fail(ErrorKind::invalid_input,
         "{}: general.type is '{}', expected 'imatrix': this GGUF holds no statistics", where_,
         type);
  }
  provenance_ = provenance_of(file_.metadata);
  list_inputs();
}

void StatisticsFile::list_inputs() {
  const auto add = [&](std::vector<std::string> weights) {
    if (weights.empty()) {
      fail(ErrorKind::corrupt_file, "{}: {} has an entry without a weight", where_, inputs_key);
    }
    const std::string& name = weights.front();
    const Reader reader(file_, where_);
    const auto& sums = reader.view(fmt::format("{}{}", name, sums_suffix), 1, 0);
    const bool has_moments = file_.find(fmt::format("{}{}", name, moment_names[0])) != nullptr;
    inputs_.push_back({weights, static_cast<int>(sums.shape.cols()), has_moments});
  };
  if (const auto* shared = file_.metadata.find_strings(inputs_key)) {
    for (const std::string& readers : *shared) add(split_at_spaces(readers));
    return;
  }
  for (const files::NamedTensor& tensor : file_.tensors) {
    if (!tensor.name.ends_with(sums_suffix)) continue;
    add({tensor.name.substr(0, tensor.name.size() - sums_suffix.size())});
  }
}

std::optional<InputStatistics> StatisticsFile::find(std::string_view weight) const {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (std::ranges::find(inputs_[i].weights, weight) != inputs_[i].weights.end()) return read(i);
  }
  return std::nullopt;
}

InputStatistics StatisticsFile::read(std::size_t i) const {
  if (!legacy_.inputs.empty()) return legacy_.inputs[i];
  return Reader(file_, where_).read(inputs_[i]);
}

Statistics read_statistics(const std::filesystem::path& path) {
  const StatisticsFile file(path);
  Statistics statistics{file.provenance(), {}};
  for (std::size_t i = 0; i < file.inputs().size(); ++i) statistics.inputs.push_back(file.read(i));
  return statistics;
}

}  // namespace nybble::calibrate
