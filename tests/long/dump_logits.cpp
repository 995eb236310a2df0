// Writes the logits of a model for given tokens, for comparison with other programs, and prints how
// fast they came.
//   dump_logits MODEL TOKENS.i32 LOGITS.f32 [THREADS [ADAPTER]]
// TOKENS: little-endian int32. LOGITS: float32 [tokens, vocabulary]. The last 32 tokens are then
// run one by one.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>

#include "adapters/lora_adapter.h"
#include "base/mapped_file.h"
#include "nybble/error.h"
#include "runtime/session.h"

namespace nybble {
namespace {

// Wall time, and time of all threads: on a busy machine only the second means anything.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  double cpu_seconds() const {
    return static_cast<double>(std::clock() - cpu_start_) / CLOCKS_PER_SEC;
  }
  void print(const char* what, std::size_t tokens) const {
    fmt::print("{} {}: {:.1f} tokens/s, {:.1f} per CPU second\n", tokens, what,
               static_cast<double>(tokens) / seconds(),
               static_cast<double>(tokens) / cpu_seconds());
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::clock_t cpu_start_ = std::clock();
};

std::vector<std::int32_t> read_tokens(const char* path) {
  const std::string bytes = read_text_file(path);
  std::vector<std::int32_t> tokens(bytes.size() / sizeof(std::int32_t));
  std::memcpy(tokens.data(), bytes.data(), tokens.size() * sizeof(std::int32_t));
  return tokens;
}

models::ModelSource open(const char* path, const char* lora) {
  models::ModelSource source =
      models::open_model(std::make_shared<const files::Checkpoint>(files::open_checkpoint(path)));
  if (lora != nullptr) adapters::attach(adapters::read_lora(lora, source), source);
  return source;
}

void run(const models::ModelSource& source, const char* tokens_path, const char* logits_path,
         int threads) {
  const Stopwatch load;
  const auto model = std::make_shared<const runtime::LoadedModel>(
      source, runtime::LoadOptions{.threads = threads});
  fmt::print("{}: loaded in {:.2f} s, weights take {} MiB\n", model->device(), load.seconds(),
             model->weight_bytes() >> 20);

  const std::vector<std::int32_t> tokens = read_tokens(tokens_path);
  runtime::Session session(model, static_cast<int>(tokens.size()));
  std::ofstream out(logits_path, std::ios::binary);
  const Stopwatch all;
  session.step_all(tokens, [&](int, std::span<const float> row) {
    out.write(reinterpret_cast<const char*>(row.data()),
              static_cast<std::streamsize>(row.size_bytes()));
  });
  all.print("tokens with all logits", tokens.size());

  session.rewind(0);
  const Stopwatch prompt;
  session.step(tokens);
  prompt.print("tokens of a prompt", tokens.size());

  const int n_singles = std::min(32, session.position());
  session.rewind(session.position() - n_singles);
  const Stopwatch singles;
  for (int i = 0; i < n_singles; ++i) {
    session.step(std::span(tokens).subspan(static_cast<std::size_t>(session.position()), 1));
  }
  singles.print("tokens one by one", static_cast<std::size_t>(n_singles));
}

}  // namespace
}  // namespace nybble

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: dump_logits MODEL TOKENS.i32 LOGITS.f32 [THREADS [ADAPTER]]\n");
    return 2;
  }
  try {
    nybble::run(nybble::open(argv[1], argc > 5 ? argv[5] : nullptr), argv[2], argv[3],
                argc > 4 ? std::atoi(argv[4]) : 0);
  } catch (const nybble::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
