#include "formats/registry.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace nybble::formats {
namespace {

template <class F>
void decode_blocks(const std::byte* blocks, std::size_t n, float* out) {
  for (std::size_t b = 0; b < n; ++b) {
    typename F::Block block;  // a copy, since bytes of files are not aligned
    std::memcpy(&block, blocks + b * sizeof(block), sizeof(block));
    F::decode(block, out + b * F::block_len);
  }
}

template <class F>
void encode_blocks(const float* x, const float* importance, std::size_t n, std::byte* blocks) {
  for (std::size_t b = 0; b < n; ++b) {
    const std::size_t first = b * F::block_len;
    const auto block = F::encode(x + first, importance == nullptr ? nullptr : importance + first);
    std::memcpy(blocks + b * sizeof(block), &block, sizeof(block));
  }
}

template <class F>
void encode_plain_blocks(const float* x, std::size_t n, std::byte* blocks) {
  for (std::size_t b = 0; b < n; ++b) {
    const auto block = F::encode(x + b * F::block_len, nullptr, Scales::plain);
    std::memcpy(blocks + b * sizeof(block), &block, sizeof(block));
  }
}

template <class F>
void encode_blocks_at(const float* x, const float* scales, std::size_t n, std::byte* blocks) {
  for (std::size_t b = 0; b < n; ++b) {
    const auto block = F::encode_at(x + b * F::block_len, scales[b]);
    std::memcpy(blocks + b * sizeof(block), &block, sizeof(block));
  }
}

template <class F>
void scales_of(const std::byte* blocks, std::size_t n, float* scales) {
  for (std::size_t b = 0; b < n; ++b) {
    typename F::Block block;
    std::memcpy(&block, blocks + b * sizeof(block), sizeof(block));
    scales[b] = block.scale;
  }
}

template <class F>
constexpr FormatInfo describe() {
  static_assert(Format<F>);
  FormatInfo format{.id = id_of<F>(),
                    .name = F::name,
                    .gguf_type = F::gguf_type,
                    .block_len = F::block_len,
                    .block_bytes = sizeof(typename F::Block),
                    .bits_per_weight = 8.0 * sizeof(typename F::Block) / F::block_len,
                    .decode = decode_blocks<F>,
                    .encode = nullptr,
                    .encode_plain = nullptr,
                    .encode_at = nullptr,
                    .scales = nullptr};
  if constexpr (Encodable<F>) format.encode = encode_blocks<F>;
  if constexpr (PlainlyEncodable<F>) format.encode_plain = encode_plain_blocks<F>;
  if constexpr (ScaleEncodable<F>) {
    format.encode_at = encode_blocks_at<F>;
    format.scales = scales_of<F>;
  }
  return format;
}

template <class... Fs>
constexpr std::array<FormatInfo, sizeof...(Fs)> describe_all(FormatList<Fs...>) {
  return {describe<Fs>()...};
}

constexpr auto table = describe_all(AllFormats{});

constexpr bool are_distinct() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const bool same_type = table[i].gguf_type >= 0 && table[i].gguf_type == table[j].gguf_type;
      if (same_type || table[i].name == table[j].name) return false;
    }
  }
  return true;
}
static_assert(are_distinct(), "two formats share a name or a GGUF type number");

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::span<const FormatInfo> all() {
  return table;
}

const FormatInfo& info(FormatId id) {
  return table[static_cast<std::size_t>(id)];
}

std::optional<FormatId> find_by_name(std::string_view name) {
  for (const FormatInfo& format : table) {
    if (same_ignoring_case(format.name, name)) return format.id;
  }
  return std::nullopt;
}

std::optional<FormatId> find_by_gguf_type(std::uint32_t type) {
  for (const FormatInfo& format : table) {
    if (format.gguf_type >= 0 && static_cast<std::uint32_t>(format.gguf_type) == type) {
      return format.id;
    }
  }
  return std::nullopt;
}

}  // namespace nybble::formats
