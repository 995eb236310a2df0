// Steps of QAT to Q2_K on random weights of the sizes of smollm2-80m: what the passes of teacher
// and student take, and what learns. bench_training [--gpu] [THREADS [WINDOWS]].
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string_view>

#include "train/train_test.h"
#include "train/tuned_student.h"

namespace nybble::train {
namespace {

constexpr int window = 512;

gradients::Parameters random_decoder() {
  gradients::Parameters p;
  models::DecoderConfig& c = p.config;
  c.architecture = "llama";
  c.layers = 16;
  c.dim = 512;
  c.hidden = 1536;
  c.heads = c.kv_heads = 8;
  c.head_dim = c.rope.rotary_dim = 64;
  c.vocab = 49152;
  c.context = window;
  c.tied = true;
  std::mt19937 bits(1);
  p.embedding = random_matrix(c.vocab, c.dim, bits);
  const auto norm = [&] { return std::vector<float>(static_cast<std::size_t>(c.dim), 1.0f); };
  for (int i = 0; i < c.layers; ++i) {
    gradients::Layer& layer = p.layers.emplace_back();
    layer.attention_norm = layer.feed_forward_norm = norm();
    for (gradients::Linear* linear : {&layer.q, &layer.k, &layer.v, &layer.output})
      linear->weight = random_matrix(c.dim, c.dim, bits);
    for (gradients::Linear* linear : {&layer.gate, &layer.up})
      linear->weight = random_matrix(c.hidden, c.dim, bits);
    layer.down.weight = random_matrix(c.dim, c.hidden, bits);
  }
  p.output_norm = norm();
  return p;
}

// The embedding in Q6_K and all else in Q2_K, about as quantizers choose for Q2_K.
std::vector<EncodedMatrix> encoded(gradients::Parameters& parameters) {
  std::vector<EncodedMatrix> matrices;
  gradients::for_each(parameters, [&](const gradients::ParameterView& view) {
    if (view.rows == 1) return;
    const formats::FormatInfo& info = formats::info(
        *formats::find_by_name(view.rows == parameters.config.vocab ? "Q6_K" : "Q2_K"));
    EncodedMatrix matrix{view.name, info.id, view.rows, view.cols, {}};
    matrix.blocks.resize(matrix.n_blocks() * static_cast<std::size_t>(info.block_bytes));
    info.encode_plain(view.values.data(), matrix.n_blocks(), matrix.blocks.data());
    matrices.push_back(std::move(matrix));
  });
  return matrices;
}

double milliseconds(const auto& action) {
  const auto begin = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

void measure(bool on_gpu, int threads, int windows) {
  ThreadPool pool(threads);
  gradients::Parameters teacher = random_decoder();
  const std::vector<Lesson> lessons = random_lessons(windows, window, teacher.config.vocab, 2);
  std::vector<const Lesson*> batch;
  for (const Lesson& lesson : lessons) batch.push_back(&lesson);
  TunedStudent student(teacher, encoded(teacher), {}, pool);
  constexpr auto precision = gradients::Precision::bf16;
  const std::unique_ptr<Objective> objective =
      on_gpu ? distillation_on_gpu(teacher, window, pool, precision, 8)
             : distillation(teacher, window, pool, precision, 8);
  gradients::DecoderPass pass(student.parameters(), window, pool, precision);
  gradients::Parameters gradients = gradients::zero_gradients(
      student.parameters(), [](const gradients::ParameterView&) { return true; });
  for (int step = 0; step < 8; ++step) {
    const double passes = milliseconds([&] { objective->loss(batch, pass, 1, &gradients); });
    const double learning = milliseconds([&] { student.learn(gradients, 0.1f); });
    fmt::print("{} tokens: passes {:.1f} ms, learning {:.1f} ms\n", windows * window, passes,
               learning);
  }
}

}  // namespace
}  // namespace nybble::train

int main(int argc, char** argv) {
  const bool on_gpu = argc > 1 && std::string_view(argv[1]) == "--gpu";
  const auto number = [&](int at, int other) {
    at += on_gpu ? 2 : 1;
    return argc > at ? std::atoi(argv[at]) : other;
  };
  nybble::train::measure(on_gpu, number(0, 0), number(1, 2));
}
