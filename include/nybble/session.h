// The second walk: a loaded model that answers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nybble/compute.h"

namespace nybble {

// Names and defaults of llama.cpp.
struct SamplingOptions {
  float temperature = 0.8f;  // <= 0: greedy
  int top_k = 40;
  float top_p = 0.95f;
  float min_p = 0.05f;
  float typical_p = 1.0f;
  int repeat_last_n = 64;
  float repeat_penalty = 1.0f;
  float presence_penalty = 0;
  float frequency_penalty = 0;
  int mirostat = 0;
  float mirostat_tau = 5.0f;
  float mirostat_eta = 0.1f;
  std::vector<std::pair<std::int32_t, float>> logit_bias;
  std::uint64_t seed = 0;
};

struct GenerateOptions {
  int max_tokens = -1;  // -1: until the end of the answer or of the context
  SamplingOptions sampling;
  std::vector<std::string> stop;  // the answer ends before the first of these
  bool ignore_eos = false;
};

struct Message {
  std::string role, content;
};

enum class StopReason { end_of_answer, stop_string, max_tokens, context_full, cancelled };

struct Generation {
  std::string text;
  StopReason stop = StopReason::end_of_answer;
  std::uint64_t prompt_tokens = 0, generated_tokens = 0, cached_tokens = 0;
  double prompt_seconds = 0, generate_seconds = 0;
  // With Compute::llm_int8: inputs of linears that stayed floats, of all so far; else 0.
  double outlier_share = 0;
};

struct SessionOptions {
  int context = 0;  // 0: the model's own
  int threads = 0;
  int batch = 512;
  std::filesystem::path lora = {};  // directory of an adapter of PEFT to run with; empty: none
  Compute compute = Compute::run;
  CacheTypes cache_types = {};
  bool repack = true;  // false: compute from the rows of the mapped file
  // "gptq" or "gptq_v2": how zero points stand in a GPTQ checkpoint that does not say; empty: as
  // its weights have it.
  std::string assumed = {};
  std::string chat_template = {};  // Jinja source instead of the model's; empty: the model's
  std::string template_variables_json = {};  // further variables of the template; empty: none
};

// A model and one conversation with it. Not thread-safe, but cancel() may be called from a signal
// handler.
class ChatSession {
 public:
  // Throws Error.
  ChatSession(const std::filesystem::path& model, const SessionOptions& options);
  ~ChatSession();

  bool has_chat_template() const;
  int context() const;
  // Continues `prompt` as it is (BOS by the model's rule). Text arrives in whole UTF-8 characters.
  Generation complete(std::string_view prompt, const GenerateOptions& options,
                      const std::function<void(std::string_view)>& on_text = {});
  // Answers a conversation, rendered with the chat template. What the cache already holds is not
  // computed again.
  Generation answer(const std::vector<Message>& messages, const GenerateOptions& options,
                    const std::function<void(std::string_view)>& on_text = {});
  // Stops the answer that is being generated.
  void cancel() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nybble
