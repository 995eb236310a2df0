// nybble run in its three forms: a conversation on the terminal, one answer, one completion.
#pragma once

#include <string>
#include <vector>

#include "nybble/session.h"

namespace nybble::cli {

struct ConversationOptions {
  GenerateOptions generate;
  std::string system;    // empty: none
  std::string first;     // said before the terminal is asked; empty: nothing
  bool timings = false;  // tokens per second after each answer
};

// Asks on the terminal until /bye, the end of input or Ctrl-C. A model without a template continues
// each text instead.
void converse(ChatSession& session, const ConversationOptions& options);

// One answer to `prompt`, or its continuation; text goes to stdout as it comes. Throws Error.
Generation answer_once(ChatSession& session, const std::vector<Message>& messages,
                       const GenerateOptions& options, bool show);
Generation complete_once(ChatSession& session, const std::string& prompt,
                         const GenerateOptions& options, bool show);

// One faint line on stderr: tokens and their rates.
void print_timings(const Generation& generation);
// Says so when the answer was cut by the end of the context.
void report_stop(const Generation& generation, const ChatSession& session);

}  // namespace nybble::cli
