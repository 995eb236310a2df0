#include "calibrate/samples.h"

#include <algorithm>
#include <array>

#include "base/random.h"

namespace nybble::calibrate {
namespace {

constexpr std::string_view end_mark = "<|endoftext|>";
constexpr std::size_t passage_bytes = 2048;

std::vector<std::string_view> split_at_marks(std::string_view text) {
  std::vector<std::string_view> documents;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(end_mark), text.size());
    documents.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + end_mark.size(), text.size()));
  }
  return documents;
}

std::vector<std::string_view> split_at_lines(std::string_view text) {
  std::vector<std::string_view> passages;
  while (!text.empty()) {
    const std::size_t line = text.find('\n', passage_bytes);
    const std::size_t end = line == std::string_view::npos ? text.size() : line + 1;
    passages.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return passages;
}

std::vector<std::string_view> documents_of(std::string_view text) {
  const bool marked = text.find(end_mark) != std::string_view::npos;
  return marked ? split_at_marks(text) : split_at_lines(text);
}

void shuffle(std::vector<std::string_view>& documents, std::uint64_t seed) {
  std::uint64_t state = seed;
  for (std::size_t i = documents.size(); i > 1; --i) {
    std::swap(documents[i - 1], documents[random_below(state, static_cast<std::uint32_t>(i))]);
  }
}

// Tokens of one half that wait for a full window.
class Cutter {
 public:
  Cutter(int half, std::size_t context, std::optional<text::TokenId> start)
      : half_(half), context_(context), start_(start) {}

  void add(std::span<const text::TokenId> tokens, std::vector<Sample>& samples) {
    for (const text::TokenId token : tokens) {
      if (open_.empty() && start_) open_.push_back(*start_);
      open_.push_back(token);
      if (open_.size() < context_) continue;
      samples.push_back({std::move(open_), half_, 1});
      open_.clear();
    }
  }

 private:
  int half_;
  std::size_t context_;
  std::optional<text::TokenId> start_;
  std::vector<text::TokenId> open_;
};

// As many of one half as of the other, or one more.
void keep_first(std::vector<Sample>& samples, int max_windows) {
  std::array<int, 2> left{(max_windows + 1) / 2, max_windows / 2};
  std::erase_if(samples, [&](const Sample& sample) {
    return left[static_cast<std::size_t>(sample.half)]-- <= 0;
  });
}

}  // namespace

std::vector<Sample> make_samples(std::span<const std::string> texts,
                                 const text::Tokenizer& tokenizer, const SampleOptions& options) {
  std::vector<std::string_view> documents;
  for (const std::string& text : texts) {
    const auto found = documents_of(text);
    documents.insert(documents.end(), found.begin(), found.end());
  }
  shuffle(documents, options.seed);

  const auto start = tokenizer.adds_bos() ? tokenizer.bos() : std::nullopt;
  const auto context = static_cast<std::size_t>(options.context);
  std::array cutters{Cutter(0, context, start), Cutter(1, context, start)};
  std::vector<Sample> samples;
  for (std::size_t d = 0; d < documents.size(); ++d) {
    cutters[d % 2].add(tokenizer.encode(documents[d], {.add_special = false}), samples);
  }
  if (options.max_windows > 0) keep_first(samples, options.max_windows);
  return samples;
}

}  // namespace nybble::calibrate
