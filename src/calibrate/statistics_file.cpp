#include "calibrate/statistics_file.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/mapped_file.h"
#include "files/byte_reader.h"
#include "files/gguf.h"

namespace nybble::calibrate {
namespace {

constexpr std::string_view inputs_key = "nybble.calibration.inputs";
constexpr std::array<std::string_view, 2> moment_names{"second_moment_a", "second_moment_b"};

std::string tensor_name(const InputStatistics& input, std::string_view what) {
  return fmt::format("{}.{}", input.weights.front(), what);
}

// Tensors of an imatrix file, checked.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path)
      : file_(files::open_gguf(path)), where_(path.string()) {}

  Statistics read() {
    const auto type = file_.metadata.get_string("general.type", "");
    if (type != "imatrix") {
      fail(ErrorKind::invalid_input,
           "{}: general.type is '{}', expected 'imatrix': this GGUF holds no statistics", where_,
           type);
    }
    Statistics statistics;
    if (const auto* texts = file_.metadata.find_strings("imatrix.datasets"))
      statistics.texts = *texts;
    const auto number = [&](std::string_view key) {
      return static_cast<int>(std::min<std::uint64_t>(file_.metadata.get_uint(key, 0), 0x7fffffff));
    };
    statistics.windows = number("imatrix.chunk_count");
    statistics.context = number("imatrix.chunk_size");
    const std::vector<std::string>* shared = file_.metadata.find_strings(inputs_key);
    if (shared != nullptr) {
      for (const std::string& readers : *shared) statistics.inputs.push_back(read_own(readers));
      return statistics;
    }
    for (const files::NamedTensor& tensor : file_.tensors) {
      constexpr std::string_view suffix = ".in_sum2";
      if (!tensor.name.ends_with(suffix)) continue;
      InputStatistics input;
      input.weights = {tensor.name.substr(0, tensor.name.size() - suffix.size())};
      read_sums(input, input.halves[0]);
      statistics.inputs.push_back(std::move(input));
    }
    return statistics;
  }

 private:
  // [1, n] or [n] values of a tensor; n = 0: any number of them.
  std::vector<float> values(const std::string& name, std::int64_t rows, std::int64_t cols) {
    const TensorView& data = file_.get(name).data;
    if (data.format != id_of<formats::F32>() || data.shape.rows() != rows ||
        (cols > 0 && data.shape.cols() != cols)) {
      fail(ErrorKind::corrupt_file,
           "{}: tensor '{}' is {} [{}, {}], expected F32 [{}, {}]; statistics of experts are not "
           "supported yet",
           where_, name, formats::info(data.format).name, data.shape.rows(), data.shape.cols(),
           rows, cols > 0 ? std::to_string(cols) : "any");
    }
    std::vector<float> out(static_cast<std::size_t>(data.shape.count()));
    data.decode_rows(0, rows, out.data());
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (!std::isfinite(out[i])) {
        fail(ErrorKind::corrupt_file, "{}: tensor '{}' has {} at {}, expected finite numbers",
             where_, name, out[i], i);
      }
    }
    return out;
  }

  void read_sums(InputStatistics& input, Half& half) {
    half.square_sums = values(tensor_name(input, "in_sum2"), 1, 0);
    input.cols = static_cast<int>(half.square_sums.size());
    half.weight = values(tensor_name(input, "counts"), 1, 1)[0];
    half.tokens = static_cast<std::int64_t>(std::clamp(half.weight, 0.0, 1e15));
    check_squares(half.square_sums, tensor_name(input, "in_sum2"));
  }

  void check_squares(std::span<const float> sums, const std::string& name) const {
    for (const float sum : sums) {
      if (sum >= 0) continue;
      fail(ErrorKind::corrupt_file, "{}: tensor '{}' has {}, expected sums of squares", where_,
           name, sum);
    }
  }

  InputStatistics read_own(std::string_view readers) {
    InputStatistics input;
    while (!readers.empty()) {
      const std::size_t end = std::min(readers.find(' '), readers.size());
      input.weights.emplace_back(readers.substr(0, end));
      readers.remove_prefix(std::min(end + 1, readers.size()));
    }
    if (input.weights.empty()) {
      fail(ErrorKind::corrupt_file, "{}: {} has an entry without a weight", where_, inputs_key);
    }
    read_sums(input, input.halves[0]);
    const std::int64_t cols = input.cols;
    if (file_.find(tensor_name(input, moment_names[0])) == nullptr) return input;
    input.absmax = values(tensor_name(input, "absmax"), 1, cols);
    const auto weights = values(tensor_name(input, "half_weights"), 1, 2);
    for (std::size_t h = 0; h < 2; ++h) {
      Half& half = input.halves[h];
      half.second_moment = values(tensor_name(input, moment_names[h]), cols, cols);
      half.weight = weights[h];
      half.tokens = static_cast<std::int64_t>(std::clamp(half.weight, 0.0, 1e15));
      half.square_sums.clear();
      for (std::size_t i = 0; i < static_cast<std::size_t>(cols); ++i)
        half.square_sums.push_back(half.second_moment[i * static_cast<std::size_t>(cols) + i]);
      check_squares(half.square_sums, tensor_name(input, moment_names[h]));
    }
    return input;
  }

  files::Checkpoint file_;
  std::string where_;
};

// A tensor to write: computed when its turn comes.
struct Planned {
  files::TensorPlan plan;
  std::function<std::vector<float>()> values;
};

std::vector<float> total_square_sums(const InputStatistics& input) {
  std::vector<float> sums = input.halves[0].square_sums;
  const std::vector<float>& more = input.halves[1].square_sums;
  for (std::size_t i = 0; i < more.size(); ++i) sums[i] += more[i];
  return sums;
}

std::vector<Planned> plan_tensors(const Statistics& statistics, bool with_moments) {
  std::vector<Planned> list;
  const auto add = [&](std::string name, std::vector<std::int64_t> dims, auto values) {
    list.push_back({{std::move(name), id_of<formats::F32>(), Shape(dims)}, values});
  };
  for (const InputStatistics& input : statistics.inputs) {
    for (const std::string& weight : input.weights) {
      add(weight + ".in_sum2", {1, input.cols}, [&input] { return total_square_sums(input); });
      add(weight + ".counts", {1, 1}, [&input] {
        return std::vector{static_cast<float>(input.halves[0].weight + input.halves[1].weight)};
      });
    }
    if (!with_moments || !input.has_moments()) continue;
    add(tensor_name(input, "absmax"), {input.cols}, [&input] { return input.absmax; });
    add(tensor_name(input, "half_weights"), {2}, [&input] {
      return std::vector{static_cast<float>(input.halves[0].weight),
                         static_cast<float>(input.halves[1].weight)};
    });
    for (std::size_t h = 0; h < 2; ++h) {
      add(tensor_name(input, moment_names[h]), {input.cols, input.cols},
          [&input, h] { return input.halves[h].second_moment; });
    }
  }
  return list;
}

}  // namespace

Statistics read_statistics(const std::filesystem::path& path) {
  const MappedFile file(path);
  constexpr std::string_view magic = "GGUF";
  const auto bytes = file.bytes();
  if (bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0)
    return Reader(path).read();
  return parse_legacy_imatrix(bytes, path.string());
}

Statistics parse_legacy_imatrix(std::span<const std::byte> bytes, const std::string& where) {
  files::ByteReader reader(bytes, where);
  const auto length = [&](std::string_view what, std::uint64_t unit) {
    const auto n = reader.read<std::int32_t>();
    if (n < 0)
      fail(ErrorKind::corrupt_file, "{}: {} {} at byte {}, expected 0 or more", where, n, what,
           reader.offset() - 4);
    reader.check_count(static_cast<std::uint64_t>(n), unit, what);
    return static_cast<std::size_t>(n);
  };
  Statistics statistics;
  const std::size_t n_entries = length("entries", 12);
  for (std::size_t i = 0; i < n_entries; ++i) {
    reader.set_subject(fmt::format("entry {} of {}", i + 1, n_entries));
    InputStatistics input;
    input.weights = {std::string(reader.read_text(length("bytes of a name", 1)))};
    const auto calls = reader.read<std::int32_t>();
    if (calls <= 0) {
      fail(ErrorKind::corrupt_file, "{}: {} counts {} calls, expected at least 1", where,
           reader.subject(), calls);
    }
    const std::size_t n = length("values", sizeof(float));
    Half& half = input.halves[0];
    for (std::size_t v = 0; v < n; ++v) {
      half.square_sums.push_back(reader.read<float>());
      if (!(half.square_sums.back() >= 0) || !std::isfinite(half.square_sums.back())) {
        fail(ErrorKind::corrupt_file, "{}: {} has the value {}, expected sums of squares", where,
             reader.subject(), half.square_sums.back());
      }
    }
    input.cols = static_cast<int>(n);
    half.weight = calls;
    half.tokens = calls;
    statistics.inputs.push_back(std::move(input));
  }
  if (reader.remaining() == 0) return statistics;
  reader.set_subject("the end");
  statistics.windows = reader.read<std::int32_t>();
  if (reader.remaining() > 0)
    statistics.texts = {std::string(reader.read_text(length("bytes of a name", 1)))};
  return statistics;
}

void write_statistics(const Statistics& statistics, const std::filesystem::path& path,
                      bool with_moments, bool replace) {
  files::Metadata metadata;
  metadata.set("general.type", std::string("imatrix"));
  metadata.set("imatrix.datasets", files::MetadataArray(statistics.texts));
  metadata.set("imatrix.chunk_count", static_cast<std::uint32_t>(statistics.windows));
  metadata.set("imatrix.chunk_size", static_cast<std::uint32_t>(statistics.context));
  if (with_moments) {
    std::vector<std::string> inputs;
    for (const InputStatistics& input : statistics.inputs)
      inputs.push_back(fmt::format("{}", fmt::join(input.weights, " ")));
    metadata.set(inputs_key, files::MetadataArray(inputs));
  }
  const std::vector<Planned> tensors = plan_tensors(statistics, with_moments);
  std::vector<files::TensorPlan> plans;
  for (const Planned& tensor : tensors) plans.push_back(tensor.plan);
  files::GgufWriter writer(path, replace, metadata, plans);
  for (const Planned& tensor : tensors) {
    const std::vector<float> values = tensor.values();
    writer.write(std::as_bytes(std::span(values)));
  }
  writer.finish();
}

}  // namespace nybble::calibrate
