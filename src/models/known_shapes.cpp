#include "models/known_shapes.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "models/architecture.h"

namespace nybble::models {
namespace {

// Tokenizers of several models. Pieces and, for byte-level BPE, merges, as lengths and text: 23
// bytes an entry with SentencePiece, 35 to 61 with merges, of which Llama 3 and Tekken have two an
// entry.
constexpr std::uint64_t llama2_tokenizer = 735'000, mistral3_tokenizer = 760'000,
                        llama3_tokenizer = 7'820'000, tekken_tokenizer = 7'900'000,
                        qwen_tokenizer = 5'950'000, smollm2_tokenizer = 1'710'000;

constexpr bool tied = true, untied = false, factors = true, no_factors = false;

constexpr std::array shapes{
    KnownShape{"tinyllama-1.1b", "", "llama", 22, 2048, 32, 4, 64, 5632, 32000, 2048, untied,
               no_factors, llama2_tokenizer},
    KnownShape{"llama-2-7b", "7b llama2-7b", "llama", 32, 4096, 32, 32, 128, 11008, 32000, 4096,
               untied, no_factors, llama2_tokenizer},
    KnownShape{"llama-2-13b", "13b llama2-13b", "llama", 40, 5120, 40, 40, 128, 13824, 32000, 4096,
               untied, no_factors, llama2_tokenizer},
    KnownShape{"llama-2-70b", "llama2-70b", "llama", 80, 8192, 64, 8, 128, 28672, 32000, 4096,
               untied, no_factors, llama2_tokenizer},
    KnownShape{"llama-3-8b", "llama3-8b", "llama", 32, 4096, 32, 8, 128, 14336, 128256, 8192,
               untied, no_factors, llama3_tokenizer},
    KnownShape{"llama-3.1-8b", "8b", "llama", 32, 4096, 32, 8, 128, 14336, 128256, 131072, untied,
               factors, llama3_tokenizer},
    KnownShape{"llama-3.1-70b", "70b llama-3.3-70b", "llama", 80, 8192, 64, 8, 128, 28672, 128256,
               131072, untied, factors, llama3_tokenizer},
    KnownShape{"llama-3.1-405b", "405b", "llama", 126, 16384, 128, 8, 128, 53248, 128256, 131072,
               untied, factors, llama3_tokenizer},
    KnownShape{"llama-3.2-1b", "1b", "llama", 16, 2048, 32, 8, 64, 8192, 128256, 131072, tied,
               factors, llama3_tokenizer},
    KnownShape{"llama-3.2-3b", "3b", "llama", 28, 3072, 24, 8, 128, 8192, 128256, 131072, tied,
               factors, llama3_tokenizer},
    KnownShape{"mistral-7b", "mistral-7b-v0.3", "llama", 32, 4096, 32, 8, 128, 14336, 32768, 32768,
               untied, no_factors, mistral3_tokenizer},
    KnownShape{"mistral-nemo-12b", "12b", "llama", 40, 5120, 32, 8, 128, 14336, 131072, 131072,
               untied, no_factors, tekken_tokenizer},
    KnownShape{"mistral-small-24b", "24b", "llama", 40, 5120, 32, 8, 128, 32768, 131072, 32768,
               untied, no_factors, tekken_tokenizer},
    KnownShape{"mistral-large-123b", "123b", "llama", 88, 12288, 96, 8, 128, 28672, 32768, 131072,
               untied, no_factors, mistral3_tokenizer},
    KnownShape{"qwen2.5-0.5b", "", "qwen2", 24, 896, 14, 2, 64, 4864, 151936, 32768, tied,
               no_factors, qwen_tokenizer},
    KnownShape{"qwen2.5-1.5b", "", "qwen2", 28, 1536, 12, 2, 128, 8960, 151936, 32768, tied,
               no_factors, qwen_tokenizer},
    KnownShape{"qwen2.5-3b", "", "qwen2", 36, 2048, 16, 2, 128, 11008, 151936, 32768, tied,
               no_factors, qwen_tokenizer},
    KnownShape{"qwen2.5-7b", "", "qwen2", 28, 3584, 28, 4, 128, 18944, 152064, 32768, untied,
               no_factors, qwen_tokenizer},
    KnownShape{"qwen2.5-14b", "", "qwen2", 48, 5120, 40, 8, 128, 13824, 152064, 32768, untied,
               no_factors, qwen_tokenizer},
    KnownShape{"qwen2.5-32b", "", "qwen2", 64, 5120, 40, 8, 128, 27648, 152064, 32768, untied,
               no_factors, qwen_tokenizer},
    KnownShape{"qwen2.5-72b", "72b", "qwen2", 80, 8192, 64, 8, 128, 29568, 152064, 32768, untied,
               no_factors, qwen_tokenizer},
    KnownShape{"qwen3-0.6b", "0.6b", "qwen3", 28, 1024, 16, 8, 128, 3072, 151936, 40960, tied,
               no_factors, qwen_tokenizer},
    KnownShape{"qwen3-1.7b", "1.7b", "qwen3", 28, 2048, 16, 8, 128, 6144, 151936, 40960, tied,
               no_factors, qwen_tokenizer},
    KnownShape{"qwen3-4b", "4b", "qwen3", 36, 2560, 32, 8, 128, 9728, 151936, 40960, tied,
               no_factors, qwen_tokenizer},
    KnownShape{"qwen3-8b", "", "qwen3", 36, 4096, 32, 8, 128, 12288, 151936, 40960, untied,
               no_factors, qwen_tokenizer},
    KnownShape{"qwen3-14b", "14b", "qwen3", 40, 5120, 40, 8, 128, 17408, 151936, 40960, untied,
               no_factors, qwen_tokenizer},
    KnownShape{"qwen3-32b", "32b", "qwen3", 64, 5120, 64, 8, 128, 25600, 151936, 40960, untied,
               no_factors, qwen_tokenizer},
    KnownShape{"smollm2-135m", "", "llama", 30, 576, 9, 3, 64, 1536, 49152, 8192, tied, no_factors,
               smollm2_tokenizer},
    KnownShape{"smollm2-360m", "", "llama", 32, 960, 15, 5, 64, 2560, 49152, 8192, tied, no_factors,
               smollm2_tokenizer},
    KnownShape{"smollm2-1.7b", "", "llama", 24, 2048, 32, 32, 64, 8192, 49152, 8192, tied,
               no_factors, smollm2_tokenizer},
    KnownShape{"smollm3-3b", "", "smollm3", 36, 2048, 16, 4, 128, 11008, 128256, 65536, tied,
               no_factors, llama3_tokenizer},
};

bool same_text(std::string_view a, std::string_view b) {
  const auto lower = [](unsigned char c) { return std::tolower(c); };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool lists(std::string_view words, std::string_view name) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (same_text(words.substr(0, end), name)) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

}  // namespace

DecoderConfig KnownShape::config() const {
  DecoderConfig c;
  c.architecture = architecture;
  c.layers = layers;
  c.dim = dim;
  c.heads = heads;
  c.kv_heads = kv_heads;
  c.head_dim = head_dim;
  c.hidden = hidden;
  c.vocab = vocab;
  c.context = context;
  c.tied = tied;
  c.qkv_bias = architecture == "qwen2";
  c.qk_norm = architecture == "qwen3";
  c.rope.rotary_dim = head_dim;
  // Sizes do not depend on the values.
  if (has_rope_factors) c.rope.frequency_divisors.assign(static_cast<std::size_t>(head_dim / 2), 1);
  for (const Architecture* each : all_architectures()) {
    if (each->gguf_name == architecture && each->complete_gguf != nullptr) each->complete_gguf(c);
  }
  return c;
}

std::span<const KnownShape> known_shapes() {
  return shapes;
}

const KnownShape* find_known_shape(std::string_view name) {
  const auto found = std::ranges::find_if(shapes, [&](const KnownShape& shape) {
    return same_text(shape.name, name) || lists(shape.aliases, name);
  });
  return found == shapes.end() ? nullptr : &*found;
}

std::string known_shape_names() {
  std::string names;
  for (const KnownShape& shape : shapes)
    names += (names.empty() ? "" : ", ") + std::string(shape.name);
  return names;
}

}  // namespace nybble::models
