#include "models/decoder_config.h"

#include <cmath>
#include <string_view>

#include "base/error.h"

namespace nybble::models {
namespace {

struct Bound {
  std::string_view name;
  int value, max;
};

void check_counts(const DecoderConfig& c, const std::string& where) {
  const Bound bounds[] = {
      {"layers", c.layers, 1 << 12},        {"embedding length", c.dim, 1 << 20},
      {"heads", c.heads, 1 << 14},          {"key-value heads", c.kv_heads, 1 << 14},
      {"head length", c.head_dim, 1 << 14}, {"feed-forward length", c.hidden, 1 << 24},
      {"vocabulary", c.vocab, 1 << 24},     {"context length", c.context, 1 << 30}};
  for (const Bound& bound : bounds) {
    if (bound.value < 1 || bound.value > bound.max) {
      fail(ErrorKind::corrupt_file, "{}: {} is {}, expected 1 to {}", where, bound.name,
           bound.value, bound.max);
    }
  }
  if (c.heads % c.kv_heads != 0) {
    fail(ErrorKind::corrupt_file,
         "{}: {} heads cannot share {} key-value heads evenly; expected a multiple", where, c.heads,
         c.kv_heads);
  }
  if (c.sliding_window < 0) {
    fail(ErrorKind::corrupt_file, "{}: the sliding window is {}, expected 0 or more", where,
         c.sliding_window);
  }
  if (!(c.rms_epsilon >= 0) || !(c.rms_epsilon < 1)) {
    fail(ErrorKind::corrupt_file, "{}: the norm's epsilon is {}, expected 0 to 1", where,
         c.rms_epsilon);
  }
}

void check_layers(const std::vector<bool>& flags, std::string_view name, int layers,
                  const std::string& where) {
  if (!flags.empty() && flags.size() != static_cast<std::size_t>(layers)) {
    fail(ErrorKind::corrupt_file, "{}: {} has {} entries, expected one for each of the {} layers",
         where, name, flags.size(), layers);
  }
}

void check_positive(double value, std::string_view name, const std::string& where) {
  if (!std::isfinite(value) || value <= 0 || value > 1e12) {
    fail(ErrorKind::corrupt_file, "{}: {} is {}, expected a positive number", where, name, value);
  }
}

void check_divisors(const std::vector<float>& divisors, std::string_view name, int rotary_dim,
                    const std::string& where) {
  if (divisors.empty()) return;
  if (divisors.size() != static_cast<std::size_t>(rotary_dim / 2)) {
    fail(ErrorKind::corrupt_file,
         "{}: {} has {} entries, expected {}, half the rotated length of a head", where, name,
         divisors.size(), rotary_dim / 2);
  }
  for (const float divisor : divisors) check_positive(divisor, name, where);
}

void check_rope(const DecoderConfig& c, const std::string& where) {
  const RopeConfig& rope = c.rope;
  if (rope.rotary_dim < 2 || rope.rotary_dim % 2 != 0 || rope.rotary_dim > c.head_dim) {
    fail(ErrorKind::corrupt_file,
         "{}: RoPE turns {} values of a head of {}, expected an even number up to that", where,
         rope.rotary_dim, c.head_dim);
  }
  check_positive(rope.base, "the base of RoPE", where);
  check_positive(rope.factor, "the factor of the RoPE scaling", where);
  check_positive(rope.attention_factor, "the attention factor of the RoPE scaling", where);
  check_positive(rope.beta_fast, "beta_fast of the RoPE scaling", where);
  check_positive(rope.beta_slow, "beta_slow of the RoPE scaling", where);
  const bool needs_original =
      rope.scaling != RopeScaling::none && rope.scaling != RopeScaling::linear;
  if (rope.original_context < 0 || (needs_original && rope.original_context < 1)) {
    fail(ErrorKind::corrupt_file,
         "{}: the original context of the RoPE scaling is {}, expected 1 or more", where,
         rope.original_context);
  }
  check_divisors(rope.frequency_divisors, "the list of RoPE frequency factors", rope.rotary_dim,
                 where);
  check_divisors(rope.short_divisors, "the list of short RoPE factors", rope.rotary_dim, where);
  check_divisors(rope.long_divisors, "the list of long RoPE factors", rope.rotary_dim, where);
  if (rope.scaling == RopeScaling::longrope &&
      (rope.short_divisors.empty() || rope.long_divisors.empty())) {
    fail(ErrorKind::corrupt_file, "{}: longrope scaling needs a short and a long list of factors",
         where);
  }
}

}  // namespace

void check_config(const DecoderConfig& config, const std::string& where) {
  check_counts(config, where);
  check_layers(config.windowed_layers, "the list of layers with a sliding window", config.layers,
               where);
  check_layers(config.unrotated_layers, "the list of layers without RoPE", config.layers, where);
  check_rope(config, where);
}

}  // namespace nybble::models
