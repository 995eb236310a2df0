#include "evaluate/documents.h"

#include <algorithm>

namespace nybble::evaluate {
namespace {

constexpr std::size_t least_documents = 20;
constexpr std::string_view end_mark = "<|endoftext|>";

// " = Title = " and not " = = Section = = ".
bool is_article_title(std::string_view line) {
  while (line.ends_with(' ') || line.ends_with('\r')) line.remove_suffix(1);
  return line.size() > 6 && line.starts_with(" = ") && line.ends_with(" =") &&
         !line.starts_with(" = =") && !line.ends_with("= =");
}

}  // namespace

std::vector<std::size_t> find_documents(std::string_view text) {
  std::vector<std::size_t> begins{0};
  const auto add = [&](std::size_t begin) {
    if (begin > begins.back() && begin < text.size()) begins.push_back(begin);
  };
  for (std::size_t at = text.find(end_mark); at != std::string_view::npos;
       at = text.find(end_mark, at + end_mark.size())) {
    add(at + end_mark.size());
  }
  if (begins.size() > 1) return begins;
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t end = std::min(text.find('\n', line), text.size());
    if (is_article_title(text.substr(line, end - line))) add(line);
    line = end + 1;
  }
  return begins;
}

std::vector<std::uint32_t> documents_of_tokens(std::string_view text,
                                               std::span<const std::size_t> documents,
                                               const text::Tokenizer& tokenizer,
                                               std::span<const text::TokenId> tokens) {
  std::vector<std::size_t> ends;
  std::size_t bytes = 0;
  for (const text::TokenId token : tokens) ends.push_back(bytes += tokenizer.piece(token).size());
  const double scale =
      static_cast<double>(text.size()) / static_cast<double>(std::max<std::size_t>(bytes, 1));
  std::vector<std::uint32_t> document_of;
  for (const std::size_t end : ends) {
    // The last byte of the token decides, so that one that opens a document belongs to it.
    const double last = static_cast<double>(end) * scale - 1;
    const auto next =
        std::ranges::upper_bound(documents, static_cast<std::size_t>(std::max(last, 0.0)));
    document_of.push_back(static_cast<std::uint32_t>(next - documents.begin() - 1));
  }
  return document_of;
}

Units choose_units(std::span<const TokenScore> scores, std::span<const std::uint32_t> document_of,
                   std::size_t window) {
  Units units;
  for (const TokenScore& score : scores) {
    const std::uint32_t document = document_of[score.token];
    const bool is_new =
        units.of_score.empty() || document != document_of[scores[units.of_score.size() - 1].token];
    if (is_new) ++units.count;
    units.of_score.push_back(static_cast<std::uint32_t>(units.count - 1));
  }
  units.name = "documents";
  if (units.count >= least_documents) return units;
  units.name = "windows";
  for (std::size_t i = 0; i < scores.size(); ++i)
    units.of_score[i] = static_cast<std::uint32_t>(i / window);
  // A short rest counts with the window before it.
  units.count = std::max<std::size_t>(1, scores.size() / window);
  for (std::uint32_t& unit : units.of_score)
    unit = std::min(unit, static_cast<std::uint32_t>(units.count - 1));
  return units;
}

}  // namespace nybble::evaluate
