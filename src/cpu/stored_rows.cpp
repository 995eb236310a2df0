#include "cpu/stored_rows.h"

#include <cstring>
#include <string>

#include "tensor/tensor.h"

namespace nybble::cpu {

StoredRows::StoredRows(const backend::WeightSource& source, KeepRows keep, LargePages& pages,
                       ThreadPool& pool)
    : row_bytes_(nybble::row_bytes(source.format, source.cols)) {
  const auto n = static_cast<std::size_t>(source.rows);
  if (keep == KeepRows::in_place) {
    places_.resize(n);
    for (std::size_t r = 0; r < n; ++r)
      places_[r] = source.row(static_cast<std::int64_t>(r)).data();
    return;
  }
  copies_ = AlignedArray<std::byte>(n * row_bytes_, std::string(source.name).c_str(), pages);
  pool.run(source.rows, [&](std::int64_t r, int) {
    std::memcpy(copies_.data() + static_cast<std::size_t>(r) * row_bytes_, source.row(r).data(),
                row_bytes_);
  });
}

}  // namespace nybble::cpu
