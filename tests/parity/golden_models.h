// The tiny checkpoints of tests/golden/models, for tests that run models.
#pragma once

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/mapped_file.h"
#include "runtime/session.h"

namespace nybble::golden {

inline std::filesystem::path folder_of(const std::string& name) {
  return std::filesystem::path("tests/golden/models") / name;
}

inline std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(""))) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

inline models::ModelSource open(const std::filesystem::path& path) {
  return models::open_model(
      std::make_shared<const files::Checkpoint>(files::open_checkpoint(path)));
}

inline std::vector<std::int32_t> tokens_of(const std::string& name) {
  const std::string text = read_text_file(folder_of(name) / "tokens.json");
  return parse_json(text, "tokens.json").get<std::vector<std::int32_t>>();
}

inline std::vector<float> read_floats(const std::filesystem::path& file) {
  const std::string bytes = read_text_file(file);
  std::vector<float> floats(bytes.size() / sizeof(float));
  std::memcpy(floats.data(), bytes.data(), bytes.size());
  return floats;
}

// What transformers computes, [tokens, vocab].
inline std::vector<float> logits_of(const std::string& name) {
  return read_floats(folder_of(name) / "logits.f32");
}

struct RunOptions {
  runtime::LoadOptions load{.threads = 1};
  int batch = 512;
};

// Logits of all tokens, [tokens, vocab], of a session that just holds them: dynamic scaling and
// longrope look at its length.
inline std::vector<float> run(const models::ModelSource& source,
                              const std::vector<std::int32_t>& tokens,
                              const RunOptions& options = {}) {
  const auto model = std::make_shared<const runtime::LoadedModel>(source, options.load);
  runtime::Session session(model, static_cast<int>(tokens.size()), options.batch);
  std::vector<float> logits;
  session.step_all(tokens, [&](int, std::span<const float> row) {
    logits.insert(logits.end(), row.begin(), row.end());
  });
  return logits;
}

inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace nybble::golden
