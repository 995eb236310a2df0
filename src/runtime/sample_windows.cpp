#include "runtime/sample_windows.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "base/bytes_text.h"
#include "base/error.h"
#include "base/random.h"
#include "cpu/choose_kernels.h"
#include "cpu/cpu_backend.h"
#include "cpu/host_memory.h"
#include "models/decoder.h"
#include "models/int8_linears.h"
#include "tensor/tensor.h"

namespace nybble::runtime {
namespace {

// Windows that grow together: enough that multiplying costs more than reading weights, and whole
// tiles of the kernels.
constexpr int max_timelines = 96;

// As many as the memory holds.
int count_timelines(const models::ModelSource& source, const backend::Backend& backend,
                    const SampleWindowsOptions& options) {
  const std::size_t available = cpu::allowed_host_memory(options.max_bytes);
  for (int n = std::min(max_timelines, options.windows);; n /= 2) {
    const std::size_t logits =
        sizeof(float) * static_cast<std::size_t>(n) * static_cast<std::size_t>(source.config.vocab);
    const std::size_t needed =
        source.weight_bytes(false) + cpu::thread_bytes(options.threads) + logits +
        models::DecoderState::bytes_needed(backend, source.config, options.context * n, n, n);
    if (needed <= available) return n;
    if (n > 1) continue;
    fail(ErrorKind::out_of_memory,
         "{}: writing text needs the whole model in memory, {}; {} are available; allow more "
         "memory or let it write none",
         source.checkpoint->path.string(), bytes_text(needed), bytes_text(available));
  }
}

// Draws tokens as likely as their logits say.
class TokenDraw {
 public:
  std::int32_t operator()(std::span<const float> logits, std::uint64_t& state) {
    weigh(logits);
    double left = random_share(state) * std::accumulate(sums_.begin(), sums_.end(), 0.0);
    std::size_t block = 0, i = 0;
    while (block + 1 < sums_.size() && left >= sums_[block]) left -= sums_[block++];
    for (i = block * block_len; i + 1 < logits.size() && left >= weights_[i]; ++i)
      left -= weights_[i];
    return static_cast<std::int32_t>(i);
  }

 private:
  static constexpr std::size_t block_len = cpu::lanes;

  // Weights relative to that of the likeliest, and their sums block by block.
  void weigh(std::span<const float> logits) {
    const std::size_t blocks = (logits.size() + block_len - 1) / block_len;
    weights_.assign(blocks * block_len, -std::numeric_limits<float>::infinity());
    std::ranges::copy(logits, weights_.begin());
    std::array<float, block_len> tops;
    tops.fill(logits[0]);
    for (std::size_t i = 0; i < weights_.size(); i += block_len) {
      for (std::size_t k = 0; k < block_len; ++k) tops[k] = std::max(tops[k], weights_[i + k]);
    }
    const float top = *std::ranges::max_element(tops);
    for (float& weight : weights_) weight -= top;
    kernels_.exponentials(weights_.data(), std::ssize(weights_));
    sums_.assign(blocks, 0);
    for (std::size_t i = 0; i < weights_.size(); ++i) sums_[i / block_len] += weights_[i];
  }

  const cpu::Kernels& kernels_ = cpu::choose_kernels();
  std::vector<float> weights_;
  std::vector<double> sums_;
};

class Writer {
 public:
  Writer(const models::ModelSource& source, const SampleWindowsOptions& options)
      : options_(options),
        vocab_(static_cast<std::size_t>(source.config.vocab)),
        backend_({.threads = options.threads,
                  .activations = Activations::int8_blocks,
                  .keys = id_of<formats::BF16>(),
                  .values = id_of<formats::BF16>()}),
        timelines_(count_timelines(source, backend_, options)),
        decoder_(backend_, source),
        state_(models::DecoderState::of_timelines(backend_, source.config, options.context,
                                                  timelines_)),
        logits_(static_cast<std::size_t>(timelines_) * vocab_),
        draws_(static_cast<std::size_t>(backend_.pool().size())) {
    for (const models::SourceTensor& tensor : source.tensors) tensor.forget();
  }

  int timelines() const { return timelines_; }

  // Fills windows, of which the first has this number.
  template <class OnTokens>
  void write(int number, std::span<std::vector<std::int32_t>> windows, const OnTokens& on_tokens) {
    std::vector<std::uint64_t> random(windows.size());
    for (std::size_t w = 0; w < windows.size(); ++w) {
      std::uint64_t seed = options_.seed;
      std::uint64_t mixed = splitmix64(seed) + static_cast<std::uint64_t>(number) + w;
      random[w] = splitmix64(mixed);
      open(windows[w], random[w]);
    }
    for (int position = 0; position + 1 < options_.context; ++position) {
      step(position, windows);
      extend(static_cast<std::size_t>(position) + 1, windows, random);
      on_tokens();
    }
  }

 private:
  void open(std::vector<std::int32_t>& window, std::uint64_t& random) const {
    if (options_.start) window.push_back(*options_.start);
    for (const std::int32_t token : options_.open(random)) window.push_back(token);
    window.resize(std::min(window.size(), static_cast<std::size_t>(options_.context)));
  }

  // Runs the token that each window has at a position.
  void step(int position, std::span<const std::vector<std::int32_t>> windows) {
    std::vector<std::int32_t> tokens;
    for (const auto& window : windows) tokens.push_back(window[static_cast<std::size_t>(position)]);
    decoder_.run(tokens, position, state_);
  }

  // Draws the next token of those windows that have no more than `size`.
  void extend(std::size_t size, std::span<std::vector<std::int32_t>> windows,
              std::vector<std::uint64_t>& random) {
    const auto rows = std::span(logits_).first(windows.size() * vocab_);
    decoder_.logits(0, static_cast<int>(windows.size()), state_, rows);
    backend_.pool().run(static_cast<std::int64_t>(windows.size()),
                        [&](std::int64_t item, int thread) {
                          const auto w = static_cast<std::size_t>(item);
                          if (windows[w].size() > size) return;
                          windows[w].push_back(draws_[static_cast<std::size_t>(thread)](
                              rows.subspan(w * vocab_, vocab_), random[w]));
                        });
  }

  const SampleWindowsOptions& options_;
  const std::size_t vocab_;
  cpu::CpuBackend backend_;
  const int timelines_;
  models::Decoder decoder_;
  models::DecoderState state_;
  std::vector<float> logits_;
  std::vector<TokenDraw> draws_;  // one a thread
};

}  // namespace

std::vector<std::vector<std::int32_t>> sample_windows(
    const models::ModelSource& source, const SampleWindowsOptions& options,
    const std::function<void(std::int64_t done)>& on_tokens) {
  std::vector<std::vector<std::int32_t>> windows(static_cast<std::size_t>(options.windows));
  if (windows.empty()) return windows;
  // In 8 bits it writes nearly the same, in a third of the time.
  Writer writer(models::with_q8_0_weights(source), options);
  std::int64_t done = 0;
  for (std::size_t first = 0; first < windows.size();) {
    const std::size_t n =
        std::min(windows.size() - first, static_cast<std::size_t>(writer.timelines()));
    writer.write(static_cast<int>(first), std::span(windows).subspan(first, n),
                 [&] { on_tokens(done += static_cast<std::int64_t>(n)); });
    first += n;
  }
  return windows;
}

}  // namespace nybble::runtime
