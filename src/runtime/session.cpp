#include "runtime/session.h"

#include <algorithm>
#include <limits>
#include <mutex>

#include "base/error.h"
#include "cpu/cpu_backend.h"
#include "cpu/host_memory.h"
#include "models/decoder.h"
#include "tensor/tensor.h"

namespace nybble::runtime {
namespace {

// Logits computed at a time by step_all(): enough to read the head seldom, few enough to stay
// small.
constexpr int head_batch = 64;

double gibibytes(std::size_t bytes) {
  return static_cast<double>(bytes) / (1 << 30);
}

std::size_t free_bytes(std::size_t max_bytes, std::size_t used, std::size_t available) {
  if (max_bytes == 0) return available;
  return std::min(available, max_bytes > used ? max_bytes - used : 0);
}

}  // namespace

struct LoadedModel::State {
  std::size_t max_bytes = 0;
  std::shared_ptr<const files::Checkpoint> mapped;  // where weights are computed from its rows
  std::unique_ptr<backend::Backend> backend;
  std::unique_ptr<models::Decoder> decoder;
  std::mutex in_use;  // the backend computes one step at a time
};

LoadedModel::LoadedModel(const models::ModelSource& source, const LoadOptions& options)
    : state_(new State) {
  // What is mapped, the system takes back when it needs the memory.
  const std::size_t needed = source.weight_bytes(!options.repack);
  const std::size_t budget = free_bytes(options.max_bytes, 0, cpu::available_host_memory());
  if (needed > budget) {
    fail(ErrorKind::out_of_memory,
         "{}: the weights need {:.2f} GiB, {:.2f} GiB are available; free memory or take a smaller "
         "type",
         source.checkpoint->path.string(), gibibytes(needed), gibibytes(budget));
  }
  state_->max_bytes = options.max_bytes;
  if (!options.repack) state_->mapped = source.checkpoint;
  // The other half stays for the cache and for everyone else on the machine.
  const std::size_t expand_bytes = options.expand ? (budget - needed) / 2 : 0;
  state_->backend = std::make_unique<cpu::CpuBackend>(
      cpu::CpuOptions{.threads = options.threads,
                      .expand_bytes = expand_bytes,
                      .repack = options.repack,
                      .isa = options.isa,
                      .activations = options.activations,
                      .activations_as_stored = options.activations_as_stored,
                      .keys = options.keys,
                      .values = options.values});
  state_->decoder = std::make_unique<models::Decoder>(*state_->backend, source);
}

LoadedModel::~LoadedModel() = default;

const models::DecoderConfig& LoadedModel::config() const {
  return state_->decoder->config();
}
std::string LoadedModel::device() const {
  return state_->backend->describe();
}
backend::ActivationCounts LoadedModel::activation_counts() const {
  return state_->backend->activation_counts();
}
std::size_t LoadedModel::weight_bytes() const {
  return state_->decoder->weight_bytes();
}

struct Session::State {
  std::shared_ptr<const LoadedModel> model;
  int context = 0, batch = 0, position = 0;
  std::unique_ptr<models::DecoderState> decoder;
  std::vector<float> logits;

  LoadedModel::State& loaded() const { return *model->state_; }
  std::span<const float> logits_of(int first, int n) {
    const auto vocab = static_cast<std::size_t>(model->config().vocab);
    const std::span<float> out = std::span(logits).first(static_cast<std::size_t>(n) * vocab);
    loaded().decoder->logits(first, n, *decoder, out);
    return out;
  }
  void check_room(std::size_t tokens) const {
    if (tokens == 0) fail(ErrorKind::invalid_input, "no tokens to run; expected at least one");
    if (tokens > static_cast<std::size_t>(context - position)) {
      fail(ErrorKind::invalid_input,
           "{} tokens after {} do not fit the context of {}; shorten the text or enlarge the "
           "context",
           tokens, position, context);
    }
  }
};

Session::Session(std::shared_ptr<const LoadedModel> model, int context, int batch)
    : state_(new State) {
  State& s = *state_;
  s.model = std::move(model);
  const models::DecoderConfig& config = s.model->config();
  if (context < 0 || batch < 1) {
    fail(ErrorKind::invalid_input,
         "a context of {} and a batch of {}; expected 0 or more and 1 or more", context, batch);
  }
  s.context = context == 0 ? config.context : context;
  s.batch = std::min(batch, s.context);
  const int head_rows = std::min(head_batch, s.batch);
  LoadedModel::State& loaded = s.loaded();
  const std::lock_guard lock(loaded.in_use);
  const std::size_t needed =
      models::DecoderState::bytes_needed(*loaded.backend, config, s.context, s.batch, head_rows);
  const std::size_t available = free_bytes(loaded.max_bytes, loaded.decoder->weight_bytes(),
                                           loaded.backend->available_bytes());
  if (needed > available) {
    fail(ErrorKind::out_of_memory,
         "a context of {} tokens needs {:.2f} GiB, {:.2f} GiB are available; ask for a smaller "
         "context",
         s.context, gibibytes(needed), gibibytes(available));
  }
  s.decoder = std::make_unique<models::DecoderState>(*loaded.backend, config, s.context, s.batch,
                                                     head_rows);
  s.logits.resize(static_cast<std::size_t>(head_rows) * static_cast<std::size_t>(config.vocab));
}

Session::~Session() = default;

int Session::context() const {
  return state_->context;
}
int Session::batch() const {
  return state_->batch;
}
int Session::position() const {
  return state_->position;
}

std::span<const float> Session::step(std::span<const std::int32_t> tokens) {
  State& s = *state_;
  s.check_room(tokens.size());
  const std::lock_guard lock(s.loaded().in_use);
  int last = 0;
  while (!tokens.empty()) {
    const auto piece = tokens.first(std::min(tokens.size(), static_cast<std::size_t>(s.batch)));
    s.loaded().decoder->run(piece, s.position, *s.decoder);
    last = static_cast<int>(piece.size());
    s.position += last;
    tokens = tokens.subspan(piece.size());
  }
  return s.logits_of(last - 1, 1);
}

void Session::step_all(std::span<const std::int32_t> tokens,
                       const std::function<void(int, std::span<const float>)>& row) {
  State& s = *state_;
  s.check_room(tokens.size());
  const auto vocab = static_cast<std::size_t>(s.model->config().vocab);
  int index = 0;
  while (!tokens.empty()) {
    const auto piece = tokens.first(std::min(tokens.size(), static_cast<std::size_t>(s.batch)));
    const int n = static_cast<int>(piece.size());
    const std::lock_guard lock(s.loaded().in_use);
    s.loaded().decoder->run(piece, s.position, *s.decoder);
    s.position += n;
    for (int first = 0; first < n; first += head_batch) {
      const int rows = std::min(head_batch, n - first);
      const std::span<const float> logits = s.logits_of(first, rows);
      for (int r = 0; r < rows; ++r)
        row(index++, logits.subspan(static_cast<std::size_t>(r) * vocab, vocab));
    }
    tokens = tokens.subspan(piece.size());
  }
}

void Session::rewind(int n) {
  if (n < 0 || n > state_->position) {
    fail(ErrorKind::invalid_input, "cannot go back to position {} from {}", n, state_->position);
  }
  state_->position = n;
}

}  // namespace nybble::runtime
