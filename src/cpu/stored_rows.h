// Rows of a weight as they are stored.
#pragma once

#include <vector>

#include "backend/backend.h"
#include "base/thread_pool.h"
#include "cpu/aligned_array.h"

namespace nybble::cpu {

// no: they become panels. copied: into memory of their own. in_place: they are read where the
// source has them, which must stay.
enum class KeepRows : std::uint8_t { no, copied, in_place };

class StoredRows {
 public:
  StoredRows() = default;
  // Throws Error(out_of_memory).
  StoredRows(const backend::WeightSource& source, KeepRows keep, LargePages& pages,
             ThreadPool& pool);
  bool empty() const { return row_bytes_ == 0; }
  std::size_t bytes() const { return copies_.bytes() + places_.size() * sizeof(places_[0]); }
  const std::byte* row(std::int64_t r) const {
    return places_.empty() ? copies_.data() + static_cast<std::size_t>(r) * row_bytes_
                           : places_[static_cast<std::size_t>(r)];
  }

 private:
  std::size_t row_bytes_ = 0;
  AlignedArray<std::byte> copies_;
  std::vector<const std::byte*> places_;
};

}  // namespace nybble::cpu
