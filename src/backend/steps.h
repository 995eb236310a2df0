// Parameters of the fused steps of a decoder. Pointers are device addresses; matrices are
// row-major, one row a token.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace nybble::backend {

class Weight;
class KvCache;

// The inputs of linears that a tap can see. Linears that share an input share a point.
enum class TapPoint { qkv, attention_output, gate_up, down, head };

// Sees the input x [tokens, cols] of the linears at a point, before they run. x is valid during the
// call.
using Tap = std::function<void(TapPoint point, const float* x, int tokens, std::int64_t cols)>;

// What an adapter adds to a linear: B (A x), in float32 whatever the weight is multiplied in. The
// scale of the adapter stands in b.
struct LowRank {
  const Weight* a = nullptr;  // F32 [rank, cols]; nullptr: nothing is added
  const Weight* b = nullptr;  // F32 [rows, rank]
};

// y = weight x + added + bias.
struct Linear {
  const Weight* weight = nullptr;
  const float* bias = nullptr;  // [rows]; nullptr: none
  LowRank added = {};
};

// RMS norm: x / sqrt(mean(x^2) + epsilon) * weight.
struct Norm {
  const float* weight = nullptr;  // nullptr: no norm
  float epsilon = 0;
};

// cos and sin of each token's angles [tokens, rotary_dim / 2], the attention factor of YaRN
// multiplied in.
struct RopeAngles {
  const float* cos = nullptr;  // nullptr: no rotation in this layer
  const float* sin = nullptr;
  int rotary_dim = 0;
  bool interleaved = false;  // pairs (2i, 2i + 1) instead of (i, i + rotary_dim / 2)
};

struct HeadShape {
  int heads = 0, kv_heads = 0, head_dim = 0;
};

// out [tokens, dim]: rows of the embedding.
struct EmbedStep {
  const Weight* embedding = nullptr;     // [vocab, dim]
  std::span<const std::int32_t> tokens;  // host memory, each in [0, vocab)
  float* out = nullptr;
};

// Where the tokens of a step stand in a cache. They follow one another from `position` on; or, when
// timelines have a length, token t is the one at `position` of the t-th timeline, each of which has
// that many positions of the cache.
struct Places {
  int position = 0, timeline_length = 0;

  // Of token t: its place in the cache, and that of the first token of its timeline.
  int of(int t) const { return position + t * (timeline_length > 0 ? timeline_length : 1); }
  int first_of(int t) const { return t * timeline_length; }
};

// norm, then q, k, v, then bias, norm of heads and RoPE; k and v go to their places in the cache.
struct AttentionInputsStep {
  int tokens = 0, layer = 0;
  Places places;
  HeadShape shape;
  const float* x = nullptr;  // [tokens, dim]
  Norm norm;
  Linear q, k, v;
  Norm q_norm, k_norm;  // over head_dim; Qwen3
  RopeAngles rope;
  float* q_out = nullptr;  // [tokens, heads * head_dim]
  KvCache* cache = nullptr;
  const Tap* tap = nullptr;
};

// Softmax attention of each token over its timeline in the cache up to itself.
struct AttentionStep {
  int tokens = 0, layer = 0;
  Places places;
  HeadShape shape;
  float scale = 0;           // of q k
  int window = 0;            // > 0: only the last `window` positions are seen
  const float* q = nullptr;  // [tokens, heads * head_dim]
  const KvCache* cache = nullptr;
  float* out = nullptr;  // [tokens, heads * head_dim]
};

// residual += linear(x).
struct ProjectAddStep {
  int tokens = 0;
  const float* x = nullptr;  // [tokens, cols of the weight]
  Linear linear;
  float* residual = nullptr;  // [tokens, rows of the weight]
  const Tap* tap = nullptr;
};

// residual += down(silu(gate(n)) * up(n)) with n = norm(residual).
struct FeedForwardStep {
  int tokens = 0;
  float* residual = nullptr;  // [tokens, dim]
  Norm norm;
  Linear gate, up, down;
  const Tap* tap = nullptr;
};

// out [tokens, vocab] = head(norm(x)); without out only the tap is called, and no head is needed.
struct LogitsStep {
  int tokens = 0, dim = 0;
  const float* x = nullptr;  // [tokens, dim]
  Norm norm;
  Linear head;
  float* out = nullptr;
  const Tap* tap = nullptr;
};

// What is kept of the inputs of linears, to quantize with care. The moments may have the precision
// of 8 bits: each product within 1/127 of the largest ones of some neighbouring tokens.
struct ObserveStep {
  int tokens = 0;
  std::int64_t cols = 0;
  const float* x = nullptr;  // [tokens, cols]
  float weight = 1;          // of each token
  // += weight x^T x, in panels [ceil(cols / 32), cols, 32], where entry (i, j) stands at
  // [j / 32][i][j % 32]. Those with j <= i are added, and perhaps some others.
  float* second_moment = nullptr;
  float* absmax = nullptr;  // [cols], raised to the magnitudes; infinity for what is not finite
};

}  // namespace nybble::backend
