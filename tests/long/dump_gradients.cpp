// Writes the gradients of a model for given tokens, for comparison with other programs, and prints
// how long a step took.
//   dump_gradients MODEL TOKENS.i32 LENGTH OUT_FOLDER [THREADS]
// TOKENS: little-endian int32, windows of LENGTH. The loss is the sum of -log p of each next token
// of a window. OUT_FOLDER/NAME.f32: float32, names and order of rows as in a GGUF.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/mapped_file.h"
#include "gradients/decoder_pass.h"
#include "gradients/head_loss.h"
#include "nybble/error.h"

namespace nybble {
namespace {

std::vector<std::int32_t> read_tokens(const char* path) {
  const std::string bytes = read_text_file(path);
  std::vector<std::int32_t> tokens(bytes.size() / sizeof(std::int32_t));
  std::memcpy(tokens.data(), bytes.data(), tokens.size() * sizeof(std::int32_t));
  return tokens;
}

void run(const char* model, const std::vector<std::int32_t>& tokens, int length,
         const std::filesystem::path& out, int threads) {
  using gradients::ParameterView;
  ThreadPool pool(threads);
  const auto parameters = gradients::load_parameters(
      models::open_model(std::make_shared<const files::Checkpoint>(files::open_checkpoint(model))),
      pool);
  auto found = gradients::zero_gradients(parameters, [](const ParameterView&) { return true; });
  std::vector<std::int32_t> labels(tokens.begin() + 1, tokens.end());
  labels.push_back(-1);
  const auto step = static_cast<std::size_t>(length);
  for (std::size_t i = step; i <= labels.size(); i += step) labels[i - 1] = -1;

  gradients::DecoderPass pass(parameters, length, pool);
  pass.keep_traces(parameters.config.layers);
  const auto start = std::chrono::steady_clock::now();
  const auto x = pass.forth(tokens);
  std::vector<float> d_x(x.size());
  const double loss =
      gradients::cross_entropy({parameters, x}, labels, 1, d_x, found, pass.engine());
  pass.back(d_x, found);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fmt::print("loss {:.6f}\nseconds {:.3f}\n", loss, seconds);
  gradients::for_each(found, [&](const ParameterView& view) {
    std::ofstream file(out / (view.name + ".f32"), std::ios::binary);
    file.write(reinterpret_cast<const char*>(view.values.data()),
               static_cast<std::streamsize>(view.values.size() * sizeof(float)));
  });
}

}  // namespace
}  // namespace nybble

int main(int argc, char** argv) {
  if (argc < 5) {
    fmt::print(stderr, "dump_gradients MODEL TOKENS.i32 LENGTH OUT_FOLDER [THREADS]\n");
    return 1;
  }
  try {
    nybble::run(argv[1], nybble::read_tokens(argv[2]), std::stoi(argv[3]), argv[4],
                argc > 5 ? std::stoi(argv[5]) : 0);
    return 0;
  } catch (const nybble::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
