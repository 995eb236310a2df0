// Speed of single products in llama.cpp and ik_llama.cpp, as CSV lines
// "type,operation,tokens,GMAC/s": the operations of bench/kernels.cpp. Built and run by
// bench/peers/products.
#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml.h>
#ifdef IK_LLAMA_CPP
extern "C" void iqk_repack_tensor(ggml_tensor* tensor);
#else
#include <ggml-cpu.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

namespace {

constexpr std::int64_t cols = 4096, prompt_rows = 4096;
constexpr std::size_t stored_bytes = std::size_t{192} << 20;
constexpr double seconds_each = 1.0;

ggml_type type_named(const char* name) {
  for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
    const char* found = ggml_type_name(static_cast<ggml_type>(i));
    if (found != nullptr && strcasecmp(found, name) == 0) return static_cast<ggml_type>(i);
  }
  std::fprintf(stderr, "no type %s\n", name);
  std::exit(1);
}

ggml_context* some_context() {
  return ggml_init({.mem_size = std::size_t{1} << 20, .mem_buffer = nullptr, .no_alloc = true});
}

#ifndef IK_LLAMA_CPP
// Where weights are repacked, if there is such a place for this product.
ggml_backend_buffer_t repacking_buffer(ggml_context* weights, ggml_tensor* product) {
  const ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  const auto extra =
      reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(ggml_backend_reg_get_proc_address(
          ggml_backend_dev_backend_reg(device), "ggml_backend_dev_get_extra_bufts"));
  ggml_tensor* weight = product->src[0];
  for (ggml_backend_buffer_type_t* type = extra == nullptr ? nullptr : extra(device);
       type != nullptr && *type != nullptr; ++type) {
    ggml_backend_buffer_t empty = ggml_backend_buft_alloc_buffer(*type, 0);
    weight->buffer = empty;
    const bool is_supported = ggml_backend_dev_supports_op(device, product);
    weight->buffer = nullptr;
    ggml_backend_buffer_free(empty);
    if (is_supported) return ggml_backend_alloc_ctx_tensors_from_buft(weights, *type);
  }
  return nullptr;
}
#endif

double best_seconds(ggml_backend_t backend, ggml_type type, std::int64_t rows, int tokens,
                    bool repack) {
  ggml_context *weights = some_context(), *others = some_context();
  ggml_tensor* weight = ggml_new_tensor_2d(weights, type, cols, rows);
  ggml_tensor* x = ggml_new_tensor_2d(others, GGML_TYPE_F32, cols, tokens);
  ggml_tensor* product = ggml_mul_mat(others, weight, x);
  ggml_backend_buffer_t buffer = nullptr;
#ifndef IK_LLAMA_CPP
  if (repack) buffer = repacking_buffer(weights, product);
#endif
  if (buffer == nullptr) buffer = ggml_backend_alloc_ctx_tensors(weights, backend);
  ggml_backend_buffer_t rest = ggml_backend_alloc_ctx_tensors(others, backend);
  std::vector<std::uint8_t> bytes(ggml_nbytes(weight));
  std::mt19937 random(1);
  for (std::size_t i = 0; i < std::min(bytes.size(), std::size_t{1} << 20); ++i)
    bytes[i] = random() & 0x3f;
  for (std::size_t i = std::size_t{1} << 20; i < bytes.size(); ++i)
    bytes[i] = bytes[i - (std::size_t{1} << 20)];
  ggml_backend_tensor_set(weight, bytes.data(), 0, bytes.size());
#ifdef IK_LLAMA_CPP
  if (repack) iqk_repack_tensor(weight);
#endif
  std::vector<float> values(static_cast<std::size_t>(cols * tokens));
  for (float& value : values) value = static_cast<float>(random() >> 8) * 0x1p-23f - 1;
  ggml_backend_tensor_set(x, values.data(), 0, values.size() * sizeof(float));
  ggml_cgraph* graph = ggml_new_graph(others);
  ggml_build_forward_expand(graph, product);

  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  double best = 1e9;
  for (const auto start = Clock::now(); seconds_since(start) < seconds_each;) {
    const auto began = Clock::now();
    ggml_backend_graph_compute(backend, graph);
    best = std::min(best, seconds_since(began));
  }
  ggml_backend_buffer_free(buffer);
  ggml_backend_buffer_free(rest);
  ggml_free(weights);
  ggml_free(others);
  return best;
}

}  // namespace

int main(int n, char** arguments) {
  ggml_backend_t backend = ggml_backend_cpu_init();
  ggml_backend_cpu_set_n_threads(backend, std::atoi(arguments[1]));
  for (int i = 2; i < n; ++i) {
    const ggml_type type = type_named(arguments[i]);
    const auto large_rows =
        static_cast<std::int64_t>(stored_bytes / ggml_row_size(type, cols)) / 64 * 64;
    for (const int tokens : {512, 16, 8, 4, 2, 1}) {
      const std::int64_t rows = tokens == 512 ? prompt_rows : large_rows;
      const double best = std::min(best_seconds(backend, type, rows, tokens, false),
                                   best_seconds(backend, type, rows, tokens, true));
      std::printf("%s,%s,%d,%.1f\n", arguments[i],
                  tokens == 512 ? "prompt"
                  : tokens == 1 ? "decode"
                                : "batch",
                  tokens, static_cast<double>(rows * cols * tokens) / best * 1e-9);
      std::fflush(stdout);
    }
  }
}
