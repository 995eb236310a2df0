#include "gradients/layer.h"

#include <algorithm>

#include "gradients/gate.h"
#include "gradients/linear_pass.h"
#include "gradients/rms_norm.h"

namespace nybble::gradients {
namespace {

// The steps on q or k between linear and attention.
struct HeadSteps {
  const LayerContext& context;
  const std::vector<float>& norm;
  int heads;
  bool rotates;

  Rows rows(const Floats& values) const {
    return {values.data(), context.tokens() * heads, context.config.head_dim};
  }
  void forth(Floats& values, Floats& plain) const {
    if (!norm.empty()) {
      plain = values;
      normalize(rows(plain), norm, context.config.rms_epsilon, values.data(), context.engine.pool);
    }
    turn(Turn::forth, values);
  }
  void back(Floats& d_values, const Floats& plain, std::vector<float>& d_norm) const {
    turn(Turn::back, d_values);
    if (norm.empty()) return;
    normalize_back(rows(plain), norm, context.config.rms_epsilon, d_values.data(), Sum::replace,
                   d_values.data(), d_norm, context.engine.pool);
  }

 private:
  void turn(Turn turn, Floats& values) const {
    if (!rotates) return;
    rotate(context.angles, turn, context.tokens(), context.length, heads, context.config.head_dim,
           values.data(), context.engine.pool);
  }
};

HeadSteps q_steps(const LayerContext& c, const Layer& layer, int index) {
  return {c, layer.q_norm, c.config.heads, c.config.rotates(index)};
}
HeadSteps k_steps(const LayerContext& c, const Layer& layer, int index) {
  return {c, layer.k_norm, c.config.kv_heads, c.config.rotates(index)};
}

AttentionShape shape_of(const LayerContext& c, int layer) {
  return attention_shape(c.config, layer, c.windows, c.length);
}

Rows rows_of(const LayerContext& context, const Floats& values) {
  return {values.data(), context.tokens(), static_cast<int>(values.size()) / context.tokens()};
}

// x and the values become their sum.
void add(const LayerContext& context, Floats& values, float* x) {
  for_pieces(values.size(), context.engine.pool, [&](std::size_t first, std::size_t n) {
    for (std::size_t i = first; i < first + n; ++i) values[i] = x[i] += values[i];
  });
}

void show(const LayerContext& c, int layer, backend::TapPoint point, const Rows& x,
          std::initializer_list<Rows> dy) {
  if (c.observer) c.observer(layer, point, x, dy);
}

// d_x [tokens, dim] is the gradient behind the layer; becomes that by the residual in its middle.
void feed_forward_back(const LayerContext& c, const Layer& layer, int index, LayerTrace& trace,
                       float* d_x, Layer& gradient) {
  const Rows dy{d_x, c.tokens(), c.config.dim}, activated = rows_of(c, trace.activated);
  Floats d_activated = zeros(trace.activated.size(), c.engine.pool),
         d_input = zeros(trace.feed_forward_input.size(), c.engine.pool);
  show(c, index, backend::TapPoint::down, activated, {dy});
  run_back(layer.down, activated, dy, d_activated.data(), gradient.down, c.engine);
  gate_multiply_back(d_activated.data(), static_cast<std::int64_t>(d_activated.size()),
                     trace.gate.data(), trace.up.data(), c.engine.kernels, c.engine.pool);
  const Rows input = rows_of(c, trace.feed_forward_input), d_gate = rows_of(c, trace.gate),
             d_up = rows_of(c, trace.up);
  show(c, index, backend::TapPoint::gate_up, input, {d_gate, d_up});
  run_back(layer.gate, input, d_gate, d_input.data(), gradient.gate, c.engine);
  run_back(layer.up, input, d_up, d_input.data(), gradient.up, c.engine);
  normalize_back(rows_of(c, trace.middle), layer.feed_forward_norm, c.config.rms_epsilon,
                 d_input.data(), Sum::add, d_x, gradient.feed_forward_norm, c.engine.pool);
}

void attention_back(const LayerContext& c, const Layer& layer, int index, const float* x,
                    const LayerTrace& trace, float* d_x, Layer& gradient) {
  const Rows dy{d_x, c.tokens(), c.config.dim}, attended = rows_of(c, trace.attended);
  Floats d_attended = zeros(trace.attended.size(), c.engine.pool),
         d_input = zeros(trace.attention_input.size(), c.engine.pool), dq(trace.q.size()),
         dk(trace.k.size()), dv(trace.v.size());
  show(c, index, backend::TapPoint::attention_output, attended, {dy});
  run_back(layer.output, attended, dy, d_attended.data(), gradient.output, c.engine);
  attend_back(shape_of(c, index), {trace.q.data(), trace.k.data(), trace.v.data()},
              trace.attended.data(), d_attended.data(), {dq.data(), dk.data(), dv.data()},
              c.engine.kernels, c.engine.pool);
  q_steps(c, layer, index).back(dq, trace.plain_q, gradient.q_norm);
  k_steps(c, layer, index).back(dk, trace.plain_k, gradient.k_norm);
  const Rows input = rows_of(c, trace.attention_input);
  show(c, index, backend::TapPoint::qkv, input, {rows_of(c, dq), rows_of(c, dk), rows_of(c, dv)});
  run_back(layer.q, input, rows_of(c, dq), d_input.data(), gradient.q, c.engine);
  run_back(layer.k, input, rows_of(c, dk), d_input.data(), gradient.k, c.engine);
  run_back(layer.v, input, rows_of(c, dv), d_input.data(), gradient.v, c.engine);
  normalize_back({x, c.tokens(), c.config.dim}, layer.attention_norm, c.config.rms_epsilon,
                 d_input.data(), Sum::add, d_x, gradient.attention_norm, c.engine.pool);
}

}  // namespace

LayerTrace::LayerTrace(const models::DecoderConfig& config, int tokens) {
  const auto floats = [&](int cols) {
    return Floats(static_cast<std::size_t>(tokens) * static_cast<std::size_t>(cols));
  };
  attention_input = middle = feed_forward_input = floats(config.dim);
  q = attended = floats(config.heads * config.head_dim);
  k = v = floats(config.kv_heads * config.head_dim);
  gate = up = activated = floats(config.hidden);
}

std::size_t LayerTrace::bytes(const models::DecoderConfig& config, int tokens) {
  const int cols = 3 * config.dim + 3 * config.heads * config.head_dim +
                   3 * config.kv_heads * config.head_dim + 3 * config.hidden;
  return static_cast<std::size_t>(tokens) * static_cast<std::size_t>(cols) * sizeof(float);
}

void run_layer(const LayerContext& c, const Layer& layer, int index, float* x, LayerTrace& trace) {
  const float epsilon = c.config.rms_epsilon;
  const Rows residual{x, c.tokens(), c.config.dim};
  normalize(residual, layer.attention_norm, epsilon, trace.attention_input.data(), c.engine.pool);
  const Rows input = rows_of(c, trace.attention_input);
  run(layer.q, input, trace.q.data(), c.engine);
  run(layer.k, input, trace.k.data(), c.engine);
  run(layer.v, input, trace.v.data(), c.engine);
  q_steps(c, layer, index).forth(trace.q, trace.plain_q);
  k_steps(c, layer, index).forth(trace.k, trace.plain_k);
  attend(shape_of(c, index), {trace.q.data(), trace.k.data(), trace.v.data()},
         trace.attended.data(), c.engine.kernels, c.engine.pool);
  run(layer.output, rows_of(c, trace.attended), trace.middle.data(), c.engine);
  add(c, trace.middle, x);

  normalize(residual, layer.feed_forward_norm, epsilon, trace.feed_forward_input.data(),
            c.engine.pool);
  const Rows normed = rows_of(c, trace.feed_forward_input);
  run(layer.gate, normed, trace.gate.data(), c.engine);
  run(layer.up, normed, trace.up.data(), c.engine);
  gate_multiply(trace.gate.data(), trace.up.data(), static_cast<std::int64_t>(trace.gate.size()),
                trace.activated.data(), c.engine.kernels, c.engine.pool);
  Floats added(trace.middle.size());
  run(layer.down, rows_of(c, trace.activated), added.data(), c.engine);
  add(c, added, x);
}

void run_layer_back(const LayerContext& c, const Layer& layer, int index, const float* x,
                    LayerTrace& trace, float* d_x, Layer& gradient) {
  feed_forward_back(c, layer, index, trace, d_x, gradient);
  attention_back(c, layer, index, x, trace, d_x, gradient);
}

}  // namespace nybble::gradients
