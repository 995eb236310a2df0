// The generation loop: tokens in, text out, until the answer ends.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "nybble/session.h"
#include "runtime/session.h"
#include "text/sampling.h"
#include "text/tokenizer.h"

namespace nybble::runtime {

struct GenerateRequest {
  std::vector<text::TokenId> prompt;  // the whole timeline, from BOS on; at least one token
  int max_tokens = -1;                // -1: until the end of the answer or of the context
  text::SamplingParams sampling;
  std::vector<std::string> stop;  // the text ends before the first of these
  bool ignore_eos = false;        // tokens that end an answer are never picked
};

// Continues token sequences on one session. Borrows both; keeps account of what the cache holds, so
// that a prompt that begins like the last one is only computed from where it differs.
class Generator {
 public:
  Generator(Session& session, const text::Tokenizer& tokenizer);

  // on_text gets whole UTF-8 characters. `cancelled` is looked at before each token and between
  // pieces of the prompt. The context is never shifted: when it is full the answer ends with
  // context_full. Throws Error.
  Generation run(const GenerateRequest& request,
                 const std::function<void(std::string_view)>& on_text,
                 const std::atomic<bool>& cancelled);

 private:
  // Runs tokens and notes that the cache holds them.
  std::span<const float> step(std::span<const text::TokenId> tokens);
  // Runs what the cache lacks of the prompt; no logits when cancelled.
  std::span<const float> run_prompt(const std::vector<text::TokenId>& prompt,
                                    const std::atomic<bool>& cancelled, Generation& result);

  Session& session_;
  const text::Tokenizer& tokenizer_;
  std::vector<text::TokenId> cached_;
};

}  // namespace nybble::runtime
