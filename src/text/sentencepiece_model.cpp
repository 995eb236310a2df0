// Reads tokenizer.model: a protobuf of SentencePiece (sentencepiece_model.proto, Apache-2.0), as
// far as needed.
#include <bit>
#include <cstring>

#include "base/error.h"
#include "text/tokenizer_json.h"

namespace nybble::text {
namespace {

constexpr const char* kFile = "tokenizer.model";
constexpr const char* kSpaceMark = "\xe2\x96\x81";

struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;  // of a varint or of fixed bytes
  std::string_view bytes;   // of a length-delimited field
};

// The fields of one message, in order. Every length is checked against the bytes that are there.
class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view bytes) : bytes_(bytes) {}
  bool at_end() const { return bytes_.empty(); }

  Field next() {
    const std::uint64_t key = varint();
    Field field;
    field.number = key >> 3;
    const std::uint64_t kind = key & 7;
    if (kind == 0) {
      field.value = varint();
    } else if (kind == 2) {
      field.bytes = take(varint());
    } else if (kind == 1 || kind == 5) {
      const std::string_view raw = take(kind == 1 ? 8 : 4);
      std::memcpy(&field.value, raw.data(), raw.size());
    } else {
      fail(ErrorKind::corrupt_file, "{}: field {} has the wire type {}; expected 0, 1, 2 or 5",
           kFile, field.number, kind);
    }
    return field;
  }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    fail(ErrorKind::corrupt_file, "{}: a number has more than 10 bytes", kFile);
  }

  std::string_view take(std::uint64_t n) {
    if (n > bytes_.size()) {
      fail(ErrorKind::corrupt_file, "{}: a field has {} bytes but the file ends after {}", kFile, n,
           bytes_.size());
    }
    const std::string_view taken = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return taken;
  }

  std::string_view bytes_;
};

struct TrainerSpec {
  std::uint64_t model_type = 1;  // 1 unigram, 2 BPE
  bool as_suffix = false;
  std::int32_t unknown = 0, bos = 1, eos = 2, padding = -1;
};

struct NormalizerSpec {
  std::string charsmap;
  bool add_prefix = true, remove_extra = true;
};

TokenEntry read_piece(std::string_view bytes) {
  TokenEntry token;
  for (ProtobufReader reader(bytes); !reader.at_end();) {
    const Field field = reader.next();
    if (field.number == 1) token.spelling = field.bytes;
    if (field.number == 2)
      token.score = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
    if (field.number == 3) {
      if (field.value < 1 || field.value > 6) {
        fail(ErrorKind::corrupt_file, "{}: a piece has the type {}; expected 1 to 6", kFile,
             field.value);
      }
      token.kind = static_cast<TokenKind>(field.value);
    }
  }
  return token;
}

TrainerSpec read_trainer(std::string_view bytes) {
  TrainerSpec spec;
  for (ProtobufReader reader(bytes); !reader.at_end();) {
    const Field field = reader.next();
    const auto number = static_cast<std::int32_t>(field.value & 0xffffffffu);
    if (field.number == 3) spec.model_type = field.value;
    if (field.number == 24) spec.as_suffix = field.value != 0;
    if (field.number == 40) spec.unknown = number;
    if (field.number == 41) spec.bos = number;
    if (field.number == 42) spec.eos = number;
    if (field.number == 43) spec.padding = number;
  }
  return spec;
}

NormalizerSpec read_normalizer(std::string_view bytes) {
  NormalizerSpec spec;
  for (ProtobufReader reader(bytes); !reader.at_end();) {
    const Field field = reader.next();
    if (field.number == 2) spec.charsmap = field.bytes;
    if (field.number == 3) spec.add_prefix = field.value != 0;
    if (field.number == 4) spec.remove_extra = field.value != 0;
  }
  return spec;
}

void set_ids(const TrainerSpec& trainer, Tokenizer::Rules& rules) {
  const auto set = [&](std::int32_t id, std::string_view name, std::optional<TokenId>& target) {
    if (id < 0) return;
    if (static_cast<std::size_t>(id) >= rules.tokens.size()) {
      fail(ErrorKind::corrupt_file, "{}: {} is {}; expected an id below {}", kFile, name, id,
           rules.tokens.size());
    }
    target = id;
  };
  set(trainer.unknown, "unk_id", rules.unknown);
  set(trainer.bos, "bos_id", rules.bos);
  set(trainer.eos, "eos_id", rules.eos);
  set(trainer.padding, "pad_id", rules.padding);
}

void set_text_rules(const TrainerSpec& trainer, const NormalizerSpec& normalizer,
                    Tokenizer::Rules& rules) {
  if (!normalizer.charsmap.empty()) rules.normalizer.push_back(Charsmap{normalizer.charsmap});
  rules.normalizer.push_back(
      SentencePieceSpaces{normalizer.add_prefix, normalizer.remove_extra, trainer.as_suffix});
  rules.decoder.byte_fallback = true;
  rules.decoder.replacements.emplace_back(kSpaceMark, " ");
  rules.decoder.strip_start = normalizer.add_prefix && !trainer.as_suffix ? 1 : 0;
}

}  // namespace

Tokenizer::Rules rules_from_tokenizer_model(const TextsByName& texts) {
  const auto text = texts.find(kFile);
  if (text == texts.end()) fail(ErrorKind::corrupt_file, "expected a file {}, found none", kFile);
  Tokenizer::Rules rules;
  TrainerSpec trainer;
  NormalizerSpec normalizer;
  bool has_bytes = false;
  for (ProtobufReader reader(text->second); !reader.at_end();) {
    const Field field = reader.next();
    if (field.number == 1) rules.tokens.push_back(read_piece(field.bytes));
    if (field.number == 2) trainer = read_trainer(field.bytes);
    if (field.number == 3) normalizer = read_normalizer(field.bytes);
  }
  for (std::size_t id = 0; id < rules.tokens.size(); ++id) {
    const TokenKind kind = rules.tokens[id].kind;
    has_bytes = has_bytes || kind == TokenKind::byte;
    const bool is_text = kind != TokenKind::control && kind != TokenKind::unknown;
    if (is_text && kind != TokenKind::user_defined) continue;
    AddedToken added{.id = static_cast<TokenId>(id), .special = !is_text};
    added.normalized = is_text;  // SentencePiece finds them in the normalized text
    rules.added.push_back(added);
  }
  if (trainer.model_type != 1 && trainer.model_type != 2) {
    fail(ErrorKind::unsupported,
         "{}: the model type {} is not known; known are 1 (unigram) and 2 (BPE)", kFile,
         trainer.model_type);
  }
  const bool is_bpe = trainer.model_type == 2;
  if (is_bpe) {
    rules.model = ScoresModel{};
  } else {
    rules.model = UnigramModel{has_bytes};
  }
  set_ids(trainer, rules);
  set_text_rules(trainer, normalizer, rules);
  // As the models of either kind do (Llama, T5) unless tokenizer_config.json says otherwise.
  if (is_bpe && rules.bos) rules.prefix = {*rules.bos};
  if (!is_bpe && rules.eos) rules.suffix = {*rules.eos};
  apply_config_texts(texts, rules);
  return rules;
}

}  // namespace nybble::text
