// Real vocabularies with texts and the ids that the original tokenizers give for them
// (../shared/data/tokenizers).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/mapped_file.h"
#include "files/checkpoint.h"
#include "text/tokenizer.h"

namespace nybble::text {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = "../shared/data/tokenizers";

std::vector<fs::path> vocabularies() {
  std::vector<fs::path> paths;
  if (!fs::exists(kFolder)) return paths;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".gguf") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<std::string> read_texts(const fs::path& path) {
  const std::string all = read_text_file(path);
  const std::string border = "\n__ggml_vocab_test__\n";
  std::vector<std::string> texts;
  std::size_t begin = 0;
  for (std::size_t at = all.find(border); at != all.npos; at = all.find(border, begin)) {
    texts.push_back(all.substr(begin, at - begin));
    begin = at + border.size();
  }
  return texts;  // what follows the last border is no text
}

std::vector<std::vector<TokenId>> read_ids(const fs::path& path) {
  std::istringstream lines(read_text_file(path));
  std::vector<std::vector<TokenId>> all;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    auto& ids = all.emplace_back();
    for (TokenId id; numbers >> id;) ids.push_back(id);
  }
  return all;
}

TEST(TokenizerCases, EveryVocabularyGivesTheIdsOfTheOriginal) {
  const auto paths = vocabularies();
  if (paths.empty()) GTEST_SKIP() << "needs ../shared/data/tokenizers, which is not there";
  for (const fs::path& path : paths) {
    SCOPED_TRACE(path.filename().string());
    const Tokenizer tokenizer = load_tokenizer(files::open_checkpoint(path));
    EXPECT_TRUE(tokenizer.warnings().empty());
    const auto texts = read_texts(path.string() + ".inp");
    const auto expected = read_ids(path.string() + ".out");
    ASSERT_EQ(texts.size(), expected.size());
    ASSERT_GT(texts.size(), 40u);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      EXPECT_EQ(tokenizer.encode(texts[i], {.add_special = false}), expected[i])
          << "text " << i << ": '" << texts[i] << "'";
    }
  }
}

TEST(TokenizerCases, IdsBecomeTheTextAgain) {
  const auto paths = vocabularies();
  if (paths.empty()) GTEST_SKIP() << "needs ../shared/data/tokenizers, which is not there";
  for (const fs::path& path : paths) {
    SCOPED_TRACE(path.filename().string());
    const Tokenizer tokenizer = load_tokenizer(files::open_checkpoint(path));
    for (const std::string& text : read_texts(path.string() + ".inp")) {
      EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
    }
  }
}

}  // namespace
}  // namespace nybble::text
