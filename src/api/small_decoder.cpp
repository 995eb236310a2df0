#include "api/small_decoder.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <memory>

#include "formats/all.h"
#include "models/decoder_tensors.h"
#include "runtime/session.h"

namespace nybble::api {
namespace {

// 0.16 M weights a layer: two microseconds of multiplying, and panels for several threads.
models::DecoderConfig small_config() {
  models::DecoderConfig c;
  c.architecture = "llama";
  c.layers = 16;
  c.dim = 128;
  c.heads = c.kv_heads = 4;
  c.head_dim = c.rope.rotary_dim = 32;
  c.hidden = 256;
  c.vocab = 32;
  c.context = 512;
  c.tied = true;
  return c;
}

models::ModelSource small_model() {
  models::ModelSource source;
  source.checkpoint = std::make_shared<const files::Checkpoint>();
  source.config = small_config();
  for (const models::TensorSpec& spec : models::decoder_tensors(source.config)) {
    models::SourceTensor tensor;
    tensor.name = spec.name;
    tensor.shape = spec.shape;
    tensor.format = id_of<formats::F32>();
    tensor.values.assign(static_cast<std::size_t>(spec.shape.count()), 0.01f);
    source.tensors.push_back(std::move(tensor));
  }
  return source;
}

}  // namespace

double measure_layer_seconds(int threads) {
  constexpr int tokens = 400, at_once = 8;
  const models::ModelSource source = small_model();
  const auto loaded = std::make_shared<const runtime::LoadedModel>(
      source, runtime::LoadOptions{.threads = threads});
  runtime::Session session(loaded, source.config.context, 1);
  double best = std::numeric_limits<double>::infinity();
  for (int done = 0; done < tokens; done += at_once) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < at_once; ++i) session.step(std::array<std::int32_t, 1>{1});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / at_once / source.config.layers);
  }
  return best;
}

}  // namespace nybble::api
