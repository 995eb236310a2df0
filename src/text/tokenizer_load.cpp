// Which of a checkpoint's files the tokenizer is read from.
#include "base/error.h"
#include "text/tokenizer.h"
#include "text/tokenizer_gguf.h"
#include "text/tokenizer_json.h"

namespace nybble::text {

Tokenizer load_tokenizer(const files::Checkpoint& checkpoint) {
  const std::string path = checkpoint.path.string();
  try {
    if (checkpoint.metadata.find("tokenizer.ggml.model") != nullptr) {
      return Tokenizer(rules_from_gguf(checkpoint.metadata));
    }
    if (checkpoint.texts.contains("tokenizer.json")) {
      return Tokenizer(rules_from_tokenizer_json(checkpoint.texts));
    }
    if (checkpoint.texts.contains("tokenizer.model")) {
      return Tokenizer(rules_from_tokenizer_model(checkpoint.texts));
    }
  } catch (const Error& error) {
    const std::string_view sentence = error.what();
    if (sentence.starts_with(path)) throw;
    fail(error.kind(), "{}: {}", path, sentence);
  }
  fail(ErrorKind::corrupt_file,
       "{}: expected a tokenizer (tokenizer.ggml.* keys, tokenizer.json or tokenizer.model), found "
       "none",
       path);
}

}  // namespace nybble::text
