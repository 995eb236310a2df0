#include "api/sha256.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/mapped_file.h"

namespace nybble::api {
namespace {

constexpr bool is_prime(std::uint32_t n) {
  for (std::uint32_t d = 2; d * d <= n; ++d) {
    if (n % d == 0) return false;
  }
  return n > 1;
}

// The largest r with r^3 <= p * 2^96, whose low 32 bits are the first bits of the fraction of the
// cube root of p.
constexpr std::uint32_t cube_root_fraction(std::uint32_t p) {
  __extension__ typedef unsigned __int128 Wide;
  std::uint64_t root = 0;
  for (int bit = 34; bit >= 0; --bit) {
    const std::uint64_t candidate = root | std::uint64_t{1} << bit;
    // candidate < 2^35, so candidate^2 < 2^70; the comparison is done by division to stay below
    // 2^128.
    const Wide square = static_cast<Wide>(candidate) * candidate;
    if (square <= (static_cast<Wide>(p) << 96) / candidate) root = candidate;
  }
  return static_cast<std::uint32_t>(root);
}

// The round constants: fractions of the cube roots of the first 64 primes (FIPS 180-4,
// section 4.2.2).
constexpr std::array<std::uint32_t, 64> make_constants() {
  std::array<std::uint32_t, 64> constants{};
  std::size_t n = 0;
  for (std::uint32_t p = 2; n < constants.size(); ++p) {
    if (is_prime(p)) constants[n++] = cube_root_fraction(p);
  }
  return constants;
}
constexpr auto constants = make_constants();
static_assert(constants[0] == 0x428a2f98 && constants[63] == 0xc67178f2);

std::uint32_t read_big_endian(const std::byte* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  return value;
}

}  // namespace

void Sha256::compress(const std::byte* block) {
  std::array<std::uint32_t, 64> w;
  for (std::size_t i = 0; i < 16; ++i) w[i] = read_big_endian(block + 4 * i);
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
    const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + constants[i] + w[i];
    const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  const std::array<std::uint32_t, 8> added{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state_[i] += added[i];
}

void Sha256::add(std::span<const std::byte> bytes) {
  n_bytes_ += bytes.size();
  while (!bytes.empty()) {
    const std::size_t n = std::min(bytes.size(), pending_.size() - n_pending_);
    std::memcpy(pending_.data() + n_pending_, bytes.data(), n);
    n_pending_ += n;
    bytes = bytes.subspan(n);
    if (n_pending_ == pending_.size()) {
      compress(pending_.data());
      n_pending_ = 0;
    }
  }
}

std::string Sha256::finish() {
  // A one bit, zeros up to 8 bytes before the end of a block, and the length in bits.
  const std::uint64_t n_bits = n_bytes_ * 8;
  const std::size_t n_zeros = (n_pending_ < 56 ? 55 : 119) - n_pending_;
  std::array<std::byte, 72 + 64> end{};
  end[0] = std::byte{0x80};
  for (std::size_t i = 0; i < 8; ++i)
    end[1 + n_zeros + i] = static_cast<std::byte>(n_bits >> (56 - 8 * i));
  add(std::span(end).first(1 + n_zeros + 8));
  std::string text;
  for (const std::uint32_t word : state_) text += fmt::format("{:08x}", word);
  return text;
}

std::string sha256_of_file(const std::filesystem::path& path) {
  const MappedFile file(path);
  Sha256 sha;
  constexpr std::size_t some = std::size_t{4} << 20;
  for (auto rest = file.bytes(); !rest.empty(); rest = rest.subspan(std::min(some, rest.size()))) {
    const auto piece = rest.first(std::min(some, rest.size()));
    sha.add(piece);
    forget_pages(piece);
  }
  return sha.finish();
}

}  // namespace nybble::api
