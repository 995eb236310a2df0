// Ctrl-C: the first one stops the work or the answer in an orderly way, the second one the program.
#pragma once

#include "nybble/session.h"

namespace nybble::cli {

// Installs the handler; called once by main.
void watch_interrupts();
// True after a Ctrl-C that no AnswerGuard took.
bool is_interrupted();

// While it lives, Ctrl-C cancels the answer of `session` instead of the work.
class AnswerGuard {
 public:
  explicit AnswerGuard(ChatSession& session);
  ~AnswerGuard();
  AnswerGuard(const AnswerGuard&) = delete;
  AnswerGuard& operator=(const AnswerGuard&) = delete;
};

// While it lives, the program waits for a line: Ctrl-C ends it at once.
class PromptGuard {
 public:
  PromptGuard();
  ~PromptGuard();
  PromptGuard(const PromptGuard&) = delete;
  PromptGuard& operator=(const PromptGuard&) = delete;
};

}  // namespace nybble::cli
