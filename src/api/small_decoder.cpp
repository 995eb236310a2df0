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

// Two panels at least, or a loop would not be handed out.
constexpr int dim = 64, few_hidden = 64, many_hidden = 4096, panel = 32;

models::DecoderConfig small_config(int hidden) {
  models::DecoderConfig c;
  c.architecture = "llama";
  c.layers = 16;
  c.dim = dim;
  c.heads = c.kv_heads = 1;
  c.head_dim = c.rope.rotary_dim = dim;
  c.hidden = hidden;
  c.vocab = panel;
  c.context = 1024;
  c.tied = true;
  return c;
}

models::ModelSource small_model(int hidden) {
  models::ModelSource source;
  source.checkpoint = std::make_shared<const files::Checkpoint>();
  source.config = small_config(hidden);
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

// Of one layer.
double measure(int hidden, int threads) {
  constexpr int tokens = 1000, at_once = 4;
  const models::ModelSource source = small_model(hidden);
  const auto loaded = std::make_shared<const runtime::LoadedModel>(
      source, runtime::LoadOptions{.threads = threads});
  runtime::Session session(loaded, source.config.context, 1);
  const std::array<std::int32_t, 1> token{1};
  double best = std::numeric_limits<double>::infinity();
  for (int done = 0; done < tokens; done += at_once) {
    session.rewind(0);
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < at_once; ++i) session.step(token);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / at_once / source.config.layers);
  }
  return best;
}

}  // namespace

LayerCost measure_layer_cost(int threads) {
  const double few = measure(few_hidden, threads), many = measure(many_hidden, threads);
  const double panel_seconds =
      std::max(0.0, (many - few) / ((many_hidden - few_hidden) / double{panel}));
  // q, k, v, output, down and the few of gate and up together.
  constexpr double few_panels = 5 * dim / panel + few_hidden / panel;
  return {std::max(few / 2, few - few_panels * panel_seconds), panel_seconds};
}

}  // namespace nybble::api
