// Source of the names and expressions: llama.cpp, src/llama-vocab.cpp (MIT). They are spelled as in
// the tokenizer.json of the models, so that the rules of such a file are recognised; the
// normalizers are those of the models too.
#include "text/pre_tokenizer_names.h"

#include "text/pre_tokenizer.h"

namespace nybble::text {
namespace {

constexpr const char* kSpaceMark = "\xe2\x96\x81";
constexpr std::string_view kThreeDigits = "\\p{N}{1,3}";
constexpr std::string_view kLlama3 =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}"
    "]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr std::string_view kQwen2 =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\"
    "r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr std::string_view kQwen35 =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p"
    "{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr std::string_view kMinicpm5 =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}+| ?[^\\s\\p{L}\\p{N}]+["
    "\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr std::string_view kSeedCoder =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\"
    "r\\n]+|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr std::string_view kUfakzeka =
    "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!"
    "\\S)|\\s+";
constexpr std::string_view kExaoneMoe =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|"
    "\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";
constexpr std::string_view kBailing =
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]"
    "*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";
constexpr std::string_view kJais2 =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}"
    "]+[\\r\\n]*|\\s*[\\r\\n]+|\\s{512}(?!\\S)|\\s{256}(?!\\S)|\\s{128}(?!\\S)|\\s{64}(?!\\S)|"
    "\\s{32}(?!\\S)|\\s{16}(?!\\S)|\\s{8}(?!\\S)|\\s{4}(?!\\S)|\\s{1,2}(?!\\S)|\\s{1}";
constexpr std::string_view kGpt4o =
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+("
    "?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+["
    "\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}"
    "]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr std::string_view kTekken =
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|"
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|"
    "\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr std::string_view kYoutu =
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+("
    "?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+["
    "\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\"
    "r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr std::string_view kKimiK2 =
    "[\\p{Han}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]*[\\p{L"
    "l}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?["
    "\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]"
    "]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|"
    "\\s+(?!\\S)|\\s+";
constexpr std::string_view kYoutuScripts =
    "[\uac00-\ud7a3\u3131-\u318e]+|[\uff01\u2026\u201c\u201d\u2018\u2019\u2014\uff1a\uff1b"
    "\uff0c\u3001-\u303f\ufe30-\ufe4f]+|[\u3105-\u312f]+|[\u4e00-\u9fa5\u3040-\u309f\u30a0-"
    "\u30ff]+";
constexpr std::string_view kDeepseekV3 =
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}"
    "\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr std::string_view kSpark25 =
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}"
    "\\p{M}]+| ?[\\p{P}\\p{S}]+|[\\r\\n]|\\s+(?!\\S)|\\s+";
constexpr std::string_view kCjkKana = "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+";
constexpr std::string_view kDeepseekLetters =
    "\\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-"
    "\u02af\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1"
    "\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-"
    "\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18"
    "-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4"
    "\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2"
    "-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-"
    "\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-"
    "\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-"
    "\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\U00010400-"
    "\U0001044f\U000104b0-\U000104d3\U000104d8-\U000104fb\U00010c80-\U00010cb2\U00010cc0-"
    "\U00010cf2\U000118a0-\U000118df\U0001e900-\U0001e943]+";
constexpr std::string_view kDeepseekMarks =
    "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+";
constexpr std::string_view kDeepseekCjk = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+";
constexpr std::string_view kAfmoeScripts =
    "[\u4e00-\u9fff\u3400-\u4dbf\u8c48-\ufaff\u3040-\u309f\u30a0-\u30ff\uff65-\uff9f\u2f00-"
    "\u2fdf\u0e40-\u0e7f\u0e80-\u0eff\u1780-\u17ff\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff\uac00"
    "-\ud7af\u1100-\u11ff]+";
constexpr std::string_view kAfmoeDigits = "\\p{Nd}{1,3}(?=(?:\\p{Nd}{3})*(?!\\p{Nd}))";
constexpr std::string_view kAyaDigits = "\\d{1,3}(?=(?:\\d{3})*\\b)";
constexpr std::string_view kBloom = " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+";
constexpr std::string_view kLines = "[^\\n]+|[\\n]+";

PreTokenizerStep split(std::string_view pattern) {
  return SplitText{.pattern = std::string(pattern)};
}
PreTokenizerStep digits(bool individual) {
  return SplitDigits{individual};
}
PreTokenizerStep punctuation(SplitBehavior behavior) {
  return SplitPunctuation{behavior};
}
PreTokenizerStep bytes() {
  return ByteLevelText{.use_regex = false};
}
PreTokenizerStep gpt2_bytes() {
  return ByteLevelText{};
}

const std::vector<NamedPreTokenizer>& table() {
  static const std::vector<NamedPreTokenizer> entries = {
      {.name = "gpt-2", .steps = {gpt2_bytes()}},
      {.name = "phi-2", .steps = {gpt2_bytes()}},
      {.name = "jina-es", .steps = {gpt2_bytes()}},
      {.name = "jina-de", .steps = {gpt2_bytes()}},
      {.name = "gigachat", .steps = {gpt2_bytes()}},
      {.name = "jina-v2-es", .steps = {gpt2_bytes()}},
      {.name = "jina-v2-de", .steps = {gpt2_bytes()}},
      {.name = "a.x-4.0", .steps = {gpt2_bytes()}},
      {.name = "mellum", .steps = {gpt2_bytes()}},
      {.name = "modern-bert", .steps = {gpt2_bytes()}},
      {.name = "jais", .steps = {gpt2_bytes()}},
      {.name = "trillion", .steps = {gpt2_bytes()}},
      {.name = "granite-docling", .steps = {gpt2_bytes()}},
      {.name = "exaone4", .steps = {gpt2_bytes()}},
      {.name = "jina-v1-en", .steps = {gpt2_bytes()}},
      {.name = "jina-v2-code", .steps = {gpt2_bytes()}},
      {.name = "roberta-bpe", .steps = {gpt2_bytes()}},
      {.name = "mpt", .steps = {gpt2_bytes()}, .normalizer = {UnicodeForm{}}},
      {.name = "olmo", .steps = {gpt2_bytes()}, .normalizer = {UnicodeForm{}}},
      {.name = "smollm", .steps = {digits(true), gpt2_bytes()}},
      {.name = "starcoder", .steps = {digits(true), gpt2_bytes()}},
      {.name = "refact", .steps = {digits(true), gpt2_bytes()}},
      {.name = "codeshell", .steps = {digits(true), gpt2_bytes()}},
      {.name = "exaone", .steps = {digits(true), gpt2_bytes()}},
      {.name = "minerva-7b", .steps = {digits(true), gpt2_bytes()}},
      {.name = "mellum2", .steps = {digits(true), gpt2_bytes()}},
      {.name = "command-r", .steps = {digits(true), gpt2_bytes()}, .normalizer = {UnicodeForm{}}},
      {.name = "llama-bpe",
       .steps = {split(kLlama3), bytes()},
       .ignore_merges = true,
       .adds_bos = true},
      {.name = "llama3",
       .steps = {split(kLlama3), bytes()},
       .ignore_merges = true,
       .adds_bos = true},
      {.name = "llama-v3",
       .steps = {split(kLlama3), bytes()},
       .ignore_merges = true,
       .adds_bos = true},
      {.name = "falcon3",
       .steps = {split(kLlama3), bytes()},
       .ignore_merges = true,
       .adds_bos = true},
      {.name = "falcon-h1",
       .steps = {split(kLlama3), bytes()},
       .ignore_merges = true,
       .adds_bos = true},
      {.name = "pixtral",
       .steps = {split(kLlama3), bytes()},
       .ignore_merges = true,
       .adds_bos = true},
      {.name = "midm-2.0",
       .steps = {split(kLlama3), bytes()},
       .ignore_merges = true,
       .adds_bos = true},
      {.name = "lfm2", .steps = {split(kLlama3), bytes()}, .ignore_merges = true, .adds_bos = true},
      {.name = "jina-v5-nano",
       .steps = {split(kLlama3), bytes()},
       .ignore_merges = true,
       .adds_bos = true},
      {.name = "dbrx", .steps = {split(kLlama3), bytes()}},
      {.name = "smaug-bpe", .steps = {split(kLlama3), bytes()}},
      {.name = "chatglm-bpe", .steps = {split(kLlama3), bytes()}},
      {.name = "glm4", .steps = {split(kLlama3), bytes()}, .ignore_merges = true},
      {.name = "glm5", .steps = {split(kLlama3), bytes()}, .ignore_merges = true},
      {.name = "qwen2", .steps = {split(kQwen2), bytes()}, .normalizer = {UnicodeForm{}}},
      {.name = "deepseek-r1-qwen",
       .steps = {split(kQwen2), bytes()},
       .normalizer = {UnicodeForm{}}},
      {.name = "kormo", .steps = {split(kQwen2), bytes()}, .normalizer = {UnicodeForm{}}},
      {.name = "f2llmv2", .steps = {split(kQwen2), bytes()}, .normalizer = {UnicodeForm{}}},
      {.name = "megrez", .steps = {split(kQwen2), bytes()}, .normalizer = {UnicodeForm{}}},
      {.name = "stablelm2", .steps = {split(kQwen2), bytes()}},
      {.name = "hunyuan", .steps = {split(kQwen2), bytes()}},
      {.name = "solar-open", .steps = {split(kQwen2), bytes()}},
      {.name = "grok-2", .steps = {split(kQwen2), bytes()}},
      {.name = "qwen35", .steps = {split(kQwen35), bytes()}, .normalizer = {UnicodeForm{}}},
      {.name = "deepseek-llm",
       .steps = {split("[\\r\\n]"), split(kDeepseekLetters), split(kDeepseekMarks), split("\\s+$"),
                 split(kDeepseekCjk), digits(true), bytes()}},
      {.name = "deepseek-coder",
       .steps = {split("[\\r\\n]"), split("\\s?\\p{L}+"), split("\\s?\\p{P}+"), split(kDeepseekCjk),
                 digits(true), bytes()}},
      {.name = "deepseek-v3",
       .steps = {split(kThreeDigits), split(kCjkKana), split(kDeepseekV3), bytes()}},
      {.name = "hunyuan-dense",
       .steps = {split(kThreeDigits), split(kCjkKana), split(kDeepseekV3), bytes()}},
      {.name = "joyai-llm",
       .steps = {split(kThreeDigits), split(kCjkKana), split(kDeepseekV3), bytes()}},
      {.name = "hy_v4",
       .steps = {split(kThreeDigits), split(kCjkKana), split(kDeepseekV3), bytes()}},
      {.name = "spark2_5",
       .steps = {split(kThreeDigits), split(kCjkKana), split(kSpark25), digits(true), bytes()}},
      {.name = "youtu",
       .steps = {split(kYoutuScripts), split(kYoutu), bytes()},
       .ignore_merges = true},
      {.name = "falcon",
       .steps = {punctuation(SplitBehavior::contiguous), split(kGpt2Pattern),
                 split("[0-9][0-9][0-9]"), bytes()}},
      {.name = "default",
       .steps = {split("[\\p{P}\\$\\+<=>\\^~\\|]+"), split(kGpt2Pattern), split("\\p{N}+"),
                 split("[0-9][0-9][0-9]"), bytes()}},
      {.name = "bloom", .steps = {split(kBloom), bytes()}},
      {.name = "poro-chat", .steps = {split(kBloom), bytes()}},
      {.name = "gpt3-finnish", .steps = {split(kBloom), bytes()}},
      {.name = "viking", .steps = {split(kBloom), digits(true), bytes()}},
      {.name = "tekken",
       .steps = {split(kTekken), bytes()},
       .ignore_merges = true,
       .adds_bos = true},
      {.name = "chameleon",
       .steps = {split("<sentinel:[0-9]+>"), split("(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z"),
                 split("([\\t\\n]|    |  )"), digits(true), punctuation(SplitBehavior::isolated),
                 gpt2_bytes()},
       .adds_bos = true},
      {.name = "gpt-4o", .steps = {split(kGpt4o), bytes()}},
      {.name = "llama4", .steps = {split(kGpt4o), bytes()}},
      {.name = "kanana2", .steps = {split(kGpt4o), bytes()}},
      {.name = "talkie", .steps = {split(kGpt4o), bytes()}},
      {.name = "minimax-m2", .steps = {split(kGpt4o), bytes()}},
      {.name = "granite-embed-multi-97m", .steps = {split(kGpt4o), bytes()}, .ignore_merges = true},
      {.name = "tiny_aya", .steps = {split(kAyaDigits), split(kGpt4o), bytes()}},
      {.name = "cohere2moe", .steps = {split(kAyaDigits), split(kGpt4o), bytes()}},
      {.name = "kimi-k2", .steps = {split(kKimiK2), bytes()}},
      {.name = "superbpe", .steps = {split("\\p{N}+"), split("(?=(\\d{3})+(?!\\d))"), bytes()}},
      {.name = "bailingmoe", .steps = {split(kBailing), bytes()}},
      {.name = "bailingmoe2", .steps = {split(kBailing), bytes()}},
      {.name = "llada-moe", .steps = {split(kBailing), bytes()}},
      {.name = "seed-coder", .steps = {split(kSeedCoder), bytes()}},
      {.name = "ufakzeka", .steps = {split(kUfakzeka), bytes()}},
      {.name = "afmoe",
       .steps = {split(kAfmoeDigits), split(kAfmoeScripts), split(kDeepseekV3), bytes()}},
      {.name = "laguna", .steps = {split(kLines), split(kQwen2), bytes()}},
      {.name = "exaone-moe", .steps = {split(kExaoneMoe), bytes()}},
      {.name = "jais-2", .steps = {split(kJais2), bytes()}},
      {.name = "minicpm5",
       .steps = {split(kThreeDigits), split(kMinicpm5), bytes()},
       .ignore_merges = true},
      {.name = "gemma4",
       .steps = {split(kLines)},
       .normalizer = {ReplaceText{" ", false, kSpaceMark}},
       .adds_bos = true},
      {.name = "granite-embed-multi-311m",
       .steps = {split(kLines)},
       .normalizer = {ReplaceText{" ", false, kSpaceMark}},
       .adds_bos = true},
      {.name = "sarvam-moe",
       .steps = {split(kLines)},
       .normalizer = {ReplaceText{" ", false, kSpaceMark}}},
      {.name = "whitespace", .steps = {SplitSpaces{}}},
  };
  return entries;
}

}  // namespace

std::span<const NamedPreTokenizer> named_pre_tokenizers() {
  return table();
}

const NamedPreTokenizer* find_pre_tokenizer(std::string_view name) {
  for (const NamedPreTokenizer& entry : table()) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace nybble::text
