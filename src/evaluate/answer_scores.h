// How likely a model finds each answer to a question.
#pragma once

#include <cstddef>
#include <vector>

#include "evaluate/task_files.h"
#include "runtime/session.h"
#include "text/tokenizer.h"

namespace nybble::evaluate {

// A question as tokens: one sequence an answer, of which tokens [first_scored, end_scored) count.
struct TokenizedQuestion {
  struct Sequence {
    std::vector<text::TokenId> tokens;
    std::size_t first_scored = 0, end_scored = 0;
  };
  std::vector<Sequence> sequences;
  std::size_t common = 0;  // how many tokens all of them share at the front

  std::size_t longest() const;
};

// What is scored follows llama.cpp: the tokens after those that all answers share; where the
// question goes on after the answer, and is long enough, the tokens after the answer but the last.
// Throws Error(invalid_input) when two answers are the same tokens.
TokenizedQuestion tokenize(const Question& question, const text::Tokenizer& tokenizer);

// Mean log-probability of the scored tokens of each answer, nats.
std::vector<double> score_answers(const TokenizedQuestion& question, runtime::Session& session);

}  // namespace nybble::evaluate
