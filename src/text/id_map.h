// A hash table from 64-bit keys to 64-bit values that is built once and read often: open
// addressing, no erasing.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nybble::text {

// The key 2^64 - 1 is reserved.
class IdMap {
 public:
  explicit IdMap(std::size_t expected = 0) { resize(std::bit_ceil(expected * 2 + 16)); }

  // Keeps the first value of a key. Returns whether the key is new.
  bool insert(std::uint64_t key, std::uint64_t value) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[find_slot(key)];
    if (slot.key == key) return false;
    slot = {key, value};
    ++size_;
    return true;
  }
  // nullptr when missing.
  const std::uint64_t* find(std::uint64_t key) const {
    const Slot& slot = slots_[find_slot(key)];
    return slot.key == key ? &slot.value : nullptr;
  }

 private:
  struct Slot {
    std::uint64_t key = ~std::uint64_t{0};
    std::uint64_t value = 0;
  };
  void resize(std::size_t n) {
    slots_.assign(n, Slot{});
    shift_ = 64 - static_cast<int>(std::bit_width(n - 1));
  }
  void grow() {
    std::vector<Slot> old = std::move(slots_);
    resize(old.size() * 2);
    for (const Slot& slot : old) {
      if (slot.key != ~std::uint64_t{0}) slots_[find_slot(slot.key)] = slot;
    }
  }
  std::size_t find_slot(std::uint64_t key) const {
    // Fibonacci hashing after a fold, so that neither half of the key is lost.
    std::size_t at = ((key ^ key >> 32) * 0x9e3779b97f4a7c15u) >> shift_;
    while (slots_[at].key != key && slots_[at].key != ~std::uint64_t{0})
      at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  std::vector<Slot> slots_;
  int shift_ = 0;
  std::size_t size_ = 0;
};

}  // namespace nybble::text
