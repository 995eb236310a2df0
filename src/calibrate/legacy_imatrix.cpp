#include <cmath>

#include "base/error.h"
#include "calibrate/statistics_file.h"
#include "files/byte_reader.h"

namespace nybble::calibrate {

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

}  // namespace nybble::calibrate
