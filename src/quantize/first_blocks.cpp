#include "quantize/first_blocks.h"

#include "base/error.h"
#include "tensor/tensor.h"

namespace nybble::quantize {
namespace {

// Calls encode(row, x, n_blocks, bytes) for each row of values [rows, cols].
template <class Encode>
void for_each_row(FormatId target, std::span<const float> values, std::int64_t cols,
                  ThreadPool& pool, std::span<std::byte> blocks, const Encode& encode) {
  const auto row_len = static_cast<std::size_t>(cols);
  const std::size_t row_size = row_bytes(target, cols);
  const std::size_t n = row_len / static_cast<std::size_t>(formats::info(target).block_len);
  pool.run(static_cast<std::int64_t>(values.size() / row_len), [&](std::int64_t i, int) {
    const auto row = static_cast<std::size_t>(i);
    encode(row, values.data() + row * row_len, n, blocks.data() + row * row_size);
  });
}

}  // namespace

void encode_rows(FormatId target, std::span<const float> values, std::int64_t cols,
                 const float* importance, ThreadPool& pool, std::span<std::byte> blocks) {
  const auto encode = formats::info(target).encode;
  for_each_row(target, values, cols, pool, blocks,
               [&](std::size_t, const float* x, std::size_t n, std::byte* out) {
                 encode(x, importance, n, out);
               });
}

FirstBlocks::FirstBlocks(FormatId target, std::int64_t cols, std::vector<float> importance,
                         formats::Scales scales)
    : format_(formats::info(target)),
      cols_(cols),
      importance_(std::move(importance)),
      scales_(scales) {
  if (format_.encode == nullptr) {
    fail(ErrorKind::unsupported,
         "nybble reads {} but cannot write it yet; `nybble formats` lists what it writes",
         format_.name);
  }
  if (scales_ == formats::Scales::plain && format_.encode_plain == nullptr) {
    fail(ErrorKind::unsupported,
         "there are no plain scales for {}; choose another type, or the method kquant",
         format_.name);
  }
}

void FirstBlocks::encode_freely(std::span<const float> values, ThreadPool& pool,
                                std::span<std::byte> blocks) const {
  if (scales_ == formats::Scales::searched) {
    const float* importance = importance_.empty() ? nullptr : importance_.data();
    encode_rows(format_.id, values, cols_, importance, pool, blocks);
    return;
  }
  for_each_row(format_.id, values, cols_, pool, blocks,
               [&](std::size_t, const float* x, std::size_t n, std::byte* out) {
                 format_.encode_plain(x, n, out);
               });
}

void FirstBlocks::encode(std::span<const float> values, ThreadPool& pool,
                         std::span<std::byte> blocks) {
  if (given_.empty()) return encode_freely(values, pool, blocks);
  const float* scales = given_.data() + next_;
  for_each_row(format_.id, values, cols_, pool, blocks,
               [&](std::size_t row, const float* x, std::size_t n, std::byte* out) {
                 format_.encode_at(x, scales + row * n, n, out);
               });
  next_ += values.size() / static_cast<std::size_t>(format_.block_len);
}

void FirstBlocks::choose_scales(std::span<const float> values, ThreadPool& pool,
                                std::span<float> scales) const {
  std::vector<std::byte> blocks(scales.size() * static_cast<std::size_t>(format_.block_bytes));
  encode_freely(values, pool, blocks);
  format_.scales(blocks.data(), scales.size(), scales.data());
}

}  // namespace nybble::quantize
