#include "evaluate/answer_scores.h"

#include <algorithm>

#include "base/error.h"
#include "evaluate/token_scores.h"

namespace nybble::evaluate {
namespace {

// What follows an answer is only scored instead of it when it is longer than this.
constexpr std::size_t least_after = 3;

std::size_t common_prefix(const std::vector<TokenizedQuestion::Sequence>& sequences) {
  std::size_t common = sequences[0].tokens.size();
  for (const auto& sequence : sequences) {
    const auto [a, b] = std::ranges::mismatch(sequences[0].tokens, sequence.tokens);
    common = std::min(common, static_cast<std::size_t>(a - sequences[0].tokens.begin()));
  }
  return common;
}

}  // namespace

std::size_t TokenizedQuestion::longest() const {
  std::size_t most = 0;
  for (const Sequence& sequence : sequences) most = std::max(most, sequence.tokens.size());
  return most;
}

TokenizedQuestion tokenize(const Question& question, const text::Tokenizer& tokenizer) {
  TokenizedQuestion result;
  for (const std::string& answer : question.answers)
    result.sequences.push_back({tokenizer.encode(question.before + answer + question.after), 0, 0});
  result.common = common_prefix(result.sequences);
  const bool scores_after =
      !question.after.empty() && std::ranges::all_of(result.sequences, [&](const auto& sequence) {
        return sequence.tokens.size() - result.common > least_after;
      });
  for (std::size_t i = 0; i < result.sequences.size(); ++i) {
    TokenizedQuestion::Sequence& sequence = result.sequences[i];
    sequence.end_scored = sequence.tokens.size();
    sequence.first_scored = scores_after
                                ? tokenizer.encode(question.before + question.answers[i]).size()
                                : result.common;
    // The full stop tells nothing.
    if (!question.after.empty() && sequence.end_scored > sequence.first_scored + 1)
      --sequence.end_scored;
    if (sequence.first_scored >= sequence.end_scored || sequence.first_scored == 0) {
      fail(ErrorKind::invalid_input,
           "the question '{}...' leaves nothing to score after its answer '{}'; expected answers "
           "that differ, after a start token or some text",
           question.before.substr(0, 40), question.answers[i].substr(0, 40));
    }
  }
  return result;
}

std::vector<double> score_answers(const TokenizedQuestion& question, runtime::Session& session) {
  // All share the first tokens; at least one is left, whose logits predict the next.
  const std::size_t shared = std::max<std::size_t>(question.common, 1) - 1;
  session.rewind(0);
  if (shared > 0) session.step(std::span(question.sequences[0].tokens).first(shared));
  std::vector<double> means;
  for (const TokenizedQuestion::Sequence& sequence : question.sequences) {
    double sum = 0;
    session.rewind(static_cast<int>(shared));
    const auto rest = std::span(sequence.tokens).subspan(shared, sequence.end_scored - 1 - shared);
    session.step_all(rest, [&](int i, std::span<const float> logits) {
      const std::size_t next = shared + static_cast<std::size_t>(i) + 1;
      if (next < sequence.first_scored) return;
      sum += LogSoftmax(logits)[static_cast<std::size_t>(sequence.tokens[next])];
    });
    means.push_back(sum / static_cast<double>(sequence.end_scored - sequence.first_scored));
  }
  return means;
}

}  // namespace nybble::evaluate
