#include "models/gguf_config.h"

#include <limits>

#include "base/error.h"
#include "models/rope_config.h"

namespace nybble::models {
namespace {

class Keys {
 public:
  Keys(const files::Metadata& metadata, std::string prefix)
      : metadata_(metadata), prefix_(std::move(prefix)) {}

  int count(std::string_view name) const { return narrow(name, metadata_.get_uint(full(name))); }
  int count(std::string_view name, int otherwise) const {
    return narrow(name, metadata_.get_uint(full(name), static_cast<std::uint64_t>(otherwise)));
  }
  double number(std::string_view name) const { return metadata_.get_float(full(name)); }
  std::string full(std::string_view name) const { return prefix_ + "." + std::string(name); }

 private:
  int narrow(std::string_view name, std::uint64_t value) const {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
      fail(ErrorKind::corrupt_file, "{}: key '{}' is {}, expected less than 2^31",
           metadata_.where(), full(name), value);
    }
    return static_cast<int>(value);
  }

  const files::Metadata& metadata_;
  std::string prefix_;
};

void read_sizes(const files::Checkpoint& checkpoint, const Keys& keys, DecoderConfig& c) {
  const std::string& where = checkpoint.metadata.where();
  if (keys.count("expert_count", 0) != 0) {
    fail(ErrorKind::unsupported, "{}: a mixture of experts; nybble runs dense models only", where);
  }
  c.layers = keys.count("block_count");
  c.dim = keys.count("embedding_length");
  c.heads = keys.count("attention.head_count");
  c.kv_heads = keys.count("attention.head_count_kv", c.heads);
  c.hidden = keys.count("feed_forward_length");
  c.context = keys.count("context_length");
  if (c.heads < 1) fail(ErrorKind::corrupt_file, "{}: 0 heads, expected 1 or more", where);
  c.head_dim = keys.count("attention.key_length", c.dim / c.heads);
  if (keys.count("attention.value_length", c.head_dim) != c.head_dim) {
    fail(ErrorKind::unsupported,
         "{}: heads of keys and of values differ in length; nybble expects one length", where);
  }
  c.rms_epsilon = static_cast<float>(keys.number("attention.layer_norm_rms_epsilon"));
  const Shape& embedding = checkpoint.get("token_embd.weight").data.shape;
  if (embedding.rank() != 2 || embedding.rows() > std::numeric_limits<int>::max()) {
    fail(ErrorKind::corrupt_file, "{}: tensor 'token_embd.weight' is {}, expected [vocabulary, {}]",
         where, embedding.to_string(), c.dim);
  }
  c.vocab = static_cast<int>(embedding.rows());
  if (keys.count("vocab_size", c.vocab) != c.vocab) {
    fail(ErrorKind::corrupt_file,
         "{}: tensor 'token_embd.weight' has {} rows, but key '{}' says {}", where, c.vocab,
         keys.full("vocab_size"), keys.count("vocab_size"));
  }
}

std::vector<bool> read_window_pattern(const files::Metadata& metadata, const std::string& key) {
  const files::MetadataValue* value = metadata.find(key);
  if (value == nullptr) return {};
  const auto* array = std::get_if<files::MetadataArray>(value);
  const auto* flags = array == nullptr ? nullptr : std::get_if<std::vector<bool>>(array);
  if (flags == nullptr) {
    fail(ErrorKind::unsupported,
         "{}: key '{}' has a form that nybble does not know; expected an array of booleans",
         metadata.where(), key);
  }
  return *flags;
}

void read_factors(const files::Checkpoint& checkpoint, const char* name,
                  std::vector<float>& factors) {
  const files::NamedTensor* tensor = checkpoint.find(name);
  if (tensor == nullptr) return;
  const std::int64_t n = tensor->data.shape.count();
  if (tensor->data.shape.rank() != 1 || n < 1 || n > 1 << 14) {
    fail(ErrorKind::corrupt_file,
         "{}: tensor '{}' is {}, expected half the rotated length of a head",
         checkpoint.metadata.where(), name, tensor->data.shape.to_string());
  }
  factors.resize(static_cast<std::size_t>(n));
  tensor->data.decode_rows(0, 1, factors.data());
}

}  // namespace

DecoderConfig read_gguf_config(const files::Checkpoint& checkpoint,
                               const Architecture& architecture) {
  DecoderConfig c;
  c.architecture = architecture.gguf_name;
  const files::Metadata& metadata = checkpoint.metadata;
  const Keys keys(metadata, c.architecture);
  read_sizes(checkpoint, keys, c);
  c.sliding_window = keys.count("attention.sliding_window", 0);
  if (c.sliding_window > 0)
    c.windowed_layers =
        read_window_pattern(metadata, keys.full("attention.sliding_window_pattern"));
  const auto has = [&](const char* name) { return checkpoint.find(name) != nullptr; };
  c.qkv_bias = has("blk.0.attn_q.bias");
  c.output_bias = has("blk.0.attn_output.bias");
  c.mlp_bias = has("blk.0.ffn_up.bias");
  c.qk_norm = has("blk.0.attn_q_norm.weight");
  c.tied = !has("output.weight");
  c.rope.interleaved = architecture.permutes_heads;
  read_gguf_rope(metadata, c);
  read_factors(checkpoint, "rope_freqs.weight", c.rope.frequency_divisors);
  read_factors(checkpoint, "rope_factors_short.weight", c.rope.short_divisors);
  read_factors(checkpoint, "rope_factors_long.weight", c.rope.long_divisors);
  check_config(c, metadata.where());
  if (architecture.complete_gguf != nullptr) architecture.complete_gguf(c);
  return c;
}

files::Metadata write_gguf_config(const DecoderConfig& c, const std::string& model_name,
                                  std::vector<std::string>& notes) {
  files::Metadata metadata(model_name);
  metadata.set("general.architecture", c.architecture);
  metadata.set("general.type", std::string("model"));
  if (!model_name.empty()) metadata.set("general.name", model_name);
  const auto key = [&](std::string_view name) { return c.architecture + "." + std::string(name); };
  const auto set = [&](std::string_view name, int value) {
    metadata.set(key(name), static_cast<std::uint32_t>(value));
  };
  set("block_count", c.layers);
  set("context_length", c.context);
  set("embedding_length", c.dim);
  set("feed_forward_length", c.hidden);
  set("attention.head_count", c.heads);
  set("attention.head_count_kv", c.kv_heads);
  set("attention.key_length", c.head_dim);
  set("attention.value_length", c.head_dim);
  metadata.set(key("attention.layer_norm_rms_epsilon"), c.rms_epsilon);
  set("vocab_size", c.vocab);
  if (c.sliding_window > 0) set("attention.sliding_window", c.sliding_window);
  if (c.sliding_window > 0 && !c.windowed_layers.empty()) {
    metadata.set(key("attention.sliding_window_pattern"), files::MetadataArray(c.windowed_layers));
  }
  write_gguf_rope(c, metadata, notes);
  return metadata;
}

}  // namespace nybble::models
