#include "text/pre_tokenizer.h"

#include <algorithm>

#include "text/byte_alphabet.h"
#include "text/characters.h"
#include "text/regex.h"

namespace nybble::text {

const char* const kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

struct Segment {
  TextRange range;
  bool is_match = false;
};

// The matches of one piece and what lies between them, in order.
std::vector<Segment> segments_of(const std::vector<TextRange>& matches, std::size_t size,
                                 bool invert) {
  std::vector<Segment> segments;
  std::size_t last = 0;
  for (const TextRange& match : matches) {
    if (match.begin > last) segments.push_back({{last, match.begin}, invert});
    segments.push_back({match, !invert});
    last = match.end;
  }
  if (last < size) segments.push_back({{last, size}, invert});
  return segments;
}

void merge_contiguous(std::vector<Segment>& segments) {
  std::vector<Segment> merged;
  for (const Segment& segment : segments) {
    if (!merged.empty() && merged.back().is_match == segment.is_match) {
      merged.back().range.end = segment.range.end;
    } else {
      merged.push_back(segment);
    }
  }
  segments = std::move(merged);
}

// A match joins its neighbour before it; of two matches in a row, only the first.
void merge_with_previous(std::vector<Segment>& segments) {
  std::vector<Segment> merged;
  bool after_match = false;
  for (const Segment& segment : segments) {
    if (segment.is_match && !after_match && !merged.empty()) {
      merged.back().range.end = segment.range.end;
    } else {
      merged.push_back(segment);
    }
    after_match = segment.is_match;
  }
  segments = std::move(merged);
}

void merge_with_next(std::vector<Segment>& segments) {
  std::vector<Segment> merged;
  bool before_match = false;
  for (auto it = segments.rbegin(); it != segments.rend(); ++it) {
    if (it->is_match && !before_match && !merged.empty()) {
      merged.back().range.begin = it->range.begin;
    } else {
      merged.push_back(*it);
    }
    before_match = it->is_match;
  }
  std::reverse(merged.begin(), merged.end());
  segments = std::move(merged);
}

void apply_behavior(std::vector<Segment>& segments, SplitBehavior behavior) {
  if (behavior == SplitBehavior::removed)
    std::erase_if(segments, [](const Segment& s) { return s.is_match; });
  if (behavior == SplitBehavior::contiguous) merge_contiguous(segments);
  if (behavior == SplitBehavior::merged_with_previous) merge_with_previous(segments);
  if (behavior == SplitBehavior::merged_with_next) merge_with_next(segments);
  std::erase_if(segments, [](const Segment& s) { return s.range.begin == s.range.end; });
}

// find(piece) gives the matches in a piece.
template <class Find>
void split_pieces(Pieces& pieces, SplitBehavior behavior, bool invert, Find&& find) {
  Pieces result;
  const bool keeps_text = behavior != SplitBehavior::removed;
  std::size_t begin = 0;
  for (const std::size_t end : pieces.ends) {
    const std::string_view piece = std::string_view(pieces.text).substr(begin, end - begin);
    std::vector<Segment> segments = segments_of(find(piece), piece.size(), invert);
    apply_behavior(segments, behavior);
    for (const Segment& s : segments) {
      if (!keeps_text) result.text += piece.substr(s.range.begin, s.range.end - s.range.begin);
      result.ends.push_back(keeps_text ? begin + s.range.end : result.text.size());
    }
    begin = end;
  }
  if (!keeps_text) pieces.text = std::move(result.text);
  pieces.ends = std::move(result.ends);
}

// Matches of single characters.
template <class Predicate>
std::vector<TextRange> find_characters(std::string_view piece, Predicate&& is_match) {
  std::vector<TextRange> found;
  for (std::size_t at = 0; at < piece.size();) {
    const Decoded decoded = decode_utf8(piece, at);
    if (is_match(decoded.character)) found.push_back({at, at + decoded.length});
    at += std::max<std::size_t>(decoded.length, 1);
  }
  return found;
}

std::vector<TextRange> find_text(std::string_view piece, std::string_view pattern) {
  std::vector<TextRange> found;
  if (pattern.empty()) return found;
  for (std::size_t at = piece.find(pattern); at != piece.npos;
       at = piece.find(pattern, at + pattern.size())) {
    found.push_back({at, at + pattern.size()});
  }
  return found;
}

// rewrite(piece, text) appends the new text of a piece.
template <class Rewrite>
void rewrite_pieces(Pieces& pieces, Rewrite&& rewrite) {
  Pieces result;
  result.text.reserve(pieces.text.size() + pieces.text.size() / 4);
  result.ends.reserve(pieces.ends.size());
  std::size_t begin = 0;
  for (const std::size_t end : pieces.ends) {
    rewrite(std::string_view(pieces.text).substr(begin, end - begin), begin == 0, result.text);
    result.ends.push_back(result.text.size());
    begin = end;
  }
  pieces = std::move(result);
}

class RegexStep : public PreTokenizer::Step {
 public:
  RegexStep(std::string pattern, SplitBehavior behavior, bool invert)
      : regex_(std::move(pattern)), behavior_(behavior), invert_(invert) {}
  void apply(Pieces& pieces, bool) const override {
    split_pieces(pieces, behavior_, invert_,
                 [this](std::string_view piece) { return regex_.find_all(piece); });
  }

 private:
  Regex regex_;
  SplitBehavior behavior_;
  bool invert_;
};

class TextStep : public PreTokenizer::Step {
 public:
  TextStep(std::string pattern, SplitBehavior behavior, bool invert)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}
  void apply(Pieces& pieces, bool) const override {
    split_pieces(pieces, behavior_, invert_,
                 [this](std::string_view piece) { return find_text(piece, pattern_); });
  }

 private:
  std::string pattern_;
  SplitBehavior behavior_;
  bool invert_;
};

class CharacterStep : public PreTokenizer::Step {
 public:
  CharacterStep(bool (*is_match)(char32_t), SplitBehavior behavior)
      : is_match_(is_match), behavior_(behavior) {}
  void apply(Pieces& pieces, bool) const override {
    split_pieces(pieces, behavior_, false,
                 [this](std::string_view piece) { return find_characters(piece, is_match_); });
  }

 private:
  bool (*is_match_)(char32_t);
  SplitBehavior behavior_;
};

class BertStep : public PreTokenizer::Step {
 public:
  void apply(Pieces& pieces, bool at_start) const override {
    spaces_.apply(pieces, at_start);
    punctuation_.apply(pieces, at_start);
  }

 private:
  CharacterStep spaces_{is_white_space, SplitBehavior::removed};
  CharacterStep punctuation_{is_punctuation, SplitBehavior::isolated};
};

class ByteLevelStep : public PreTokenizer::Step {
 public:
  explicit ByteLevelStep(const ByteLevelText& rules) : add_prefix_space_(rules.add_prefix_space) {
    if (rules.use_regex)
      regex_ = std::make_unique<RegexStep>(kGpt2Pattern, SplitBehavior::isolated, false);
  }
  void apply(Pieces& pieces, bool at_start) const override {
    if (add_prefix_space_) {
      rewrite_pieces(pieces, [](std::string_view piece, bool, std::string& text) {
        if (!piece.starts_with(' ')) text += ' ';
        text += piece;
      });
    }
    if (regex_) regex_->apply(pieces, at_start);
    rewrite_pieces(pieces, [](std::string_view piece, bool, std::string& text) {
      append_byte_alphabet(piece, text);
    });
  }

 private:
  bool add_prefix_space_;
  std::unique_ptr<RegexStep> regex_;
};

class MetaspaceStep : public PreTokenizer::Step {
 public:
  explicit MetaspaceStep(MetaspaceText rules)
      : rules_(std::move(rules)),
        split_(rules_.replacement, SplitBehavior::merged_with_next, false) {}
  void apply(Pieces& pieces, bool at_start) const override {
    using Prepend = MetaspaceText::Prepend;
    rewrite_pieces(pieces, [&](std::string_view piece, bool first, std::string& text) {
      const bool prepends = rules_.prepend == Prepend::always ||
                            (rules_.prepend == Prepend::first && first && at_start);
      if (prepends && !piece.starts_with(' ') && !piece.starts_with(rules_.replacement))
        text += rules_.replacement;
      for (const char c : piece) c == ' ' ? text += rules_.replacement : text += c;
    });
    if (rules_.split) split_.apply(pieces, at_start);
  }

 private:
  MetaspaceText rules_;
  TextStep split_;
};

struct MakeStep {
  using Made = std::unique_ptr<const PreTokenizer::Step>;
  Made operator()(const SplitText& s) const {
    if (s.is_regex) return std::make_unique<RegexStep>(s.pattern, s.behavior, s.invert);
    return std::make_unique<TextStep>(s.pattern, s.behavior, s.invert);
  }
  Made operator()(const ByteLevelText& s) const { return std::make_unique<ByteLevelStep>(s); }
  Made operator()(const SplitDigits& s) const {
    const auto behavior = s.individual ? SplitBehavior::isolated : SplitBehavior::contiguous;
    return std::make_unique<CharacterStep>(is_number, behavior);
  }
  Made operator()(const SplitPunctuation& s) const {
    return std::make_unique<CharacterStep>(is_punctuation, s.behavior);
  }
  Made operator()(const SplitWords&) const {
    return std::make_unique<RegexStep>(R"(\w+|[^\w\s]+)", SplitBehavior::removed, true);
  }
  Made operator()(const SplitSpaces&) const {
    return std::make_unique<CharacterStep>(is_white_space, SplitBehavior::removed);
  }
  Made operator()(const SplitBert&) const { return std::make_unique<BertStep>(); }
  Made operator()(const SplitAtCharacter& s) const {
    return std::make_unique<TextStep>(s.delimiter, SplitBehavior::removed, false);
  }
  Made operator()(const MetaspaceText& s) const { return std::make_unique<MetaspaceStep>(s); }
};

}  // namespace

PreTokenizer::PreTokenizer(const std::vector<PreTokenizerStep>& steps) {
  for (const PreTokenizerStep& step : steps) steps_.push_back(std::visit(MakeStep{}, step));
}

PreTokenizer::PreTokenizer(PreTokenizer&&) noexcept = default;
PreTokenizer::~PreTokenizer() = default;

Pieces PreTokenizer::apply(std::string text, bool at_start) const {
  Pieces pieces{std::move(text), {}};
  if (pieces.text.empty()) return pieces;
  pieces.ends.push_back(pieces.text.size());
  for (const auto& step : steps_) step->apply(pieces, at_start);
  return pieces;
}

}  // namespace nybble::text
