#include "runtime/generate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "runtime/stop_strings.h"
#include "text/sampler.h"

namespace nybble::runtime {
namespace {

class Timer {
 public:
  explicit Timer(double& seconds) : seconds_(seconds) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() {
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

text::SamplingParams sampling_for(const GenerateRequest& request,
                                  const text::Tokenizer& tokenizer) {
  text::SamplingParams params = request.sampling;
  if (!request.ignore_eos) return params;
  for (text::TokenId id = 0; id < tokenizer.vocab_size(); ++id) {
    if (tokenizer.ends_generation(id))
      params.logit_bias.emplace_back(id, -std::numeric_limits<float>::infinity());
  }
  return params;
}

// A model whose weights hold NaN would otherwise babble without a word.
void check_logits(std::span<const float> logits) {
  if (std::any_of(logits.begin(), logits.end(), [](float x) { return std::isnan(x); })) {
    fail(ErrorKind::corrupt_file,
         "the model computes NaN instead of logits: its weights hold NaN or infinity");
  }
}

// Hands text on to the caller, up to a stop string.
class Output {
 public:
  Output(const text::Tokenizer& tokenizer, const GenerateRequest& request,
         const std::function<void(std::string_view)>& on_text, std::string& text)
      : decoder_(tokenizer), stops_(request.stop), on_text_(on_text), text_(text) {}

  void push(text::TokenId token) { emit(stops_.push(decoder_.push(token))); }
  bool met_stop() const { return stops_.met(); }
  void finish() {
    emit(stops_.push(decoder_.flush()));
    emit(stops_.flush());
  }

 private:
  void emit(const std::string& piece) {
    if (piece.empty()) return;
    text_ += piece;
    if (on_text_) on_text_(piece);
  }

  text::StreamDecoder decoder_;
  StopStrings stops_;
  const std::function<void(std::string_view)>& on_text_;
  std::string& text_;
};

}  // namespace

Generator::Generator(Session& session, const text::Tokenizer& tokenizer)
    : session_(session), tokenizer_(tokenizer) {}

std::span<const float> Generator::step(std::span<const text::TokenId> tokens) {
  const std::span<const float> logits = session_.step(tokens);
  cached_.insert(cached_.end(), tokens.begin(), tokens.end());
  return logits;
}

std::span<const float> Generator::run_prompt(const std::vector<text::TokenId>& prompt,
                                             const std::atomic<bool>& cancelled,
                                             Generation& result) {
  const Timer timer(result.prompt_seconds);
  result.prompt_tokens = prompt.size();
  if (prompt.empty())
    fail(ErrorKind::invalid_input, "the prompt is empty; expected at least one token");
  if (prompt.size() > static_cast<std::size_t>(session_.context())) {
    fail(
        ErrorKind::invalid_input,
        "the prompt of {} tokens does not fit the context of {}; shorten it or enlarge the context",
        prompt.size(), session_.context());
  }
  // The last token is run again in any case: its logits begin the answer.
  const auto differ =
      std::mismatch(cached_.begin(), cached_.end(), prompt.begin(), prompt.end() - 1);
  cached_.erase(differ.first, cached_.end());
  session_.rewind(static_cast<int>(cached_.size()));
  result.cached_tokens = cached_.size();

  std::span<const float> logits;
  while (cached_.size() < prompt.size()) {
    if (cancelled.load()) return {};
    const std::size_t n =
        std::min(prompt.size() - cached_.size(), static_cast<std::size_t>(session_.batch()));
    logits = step(std::span(prompt).subspan(cached_.size(), n));
  }
  return logits;
}

Generation Generator::run(const GenerateRequest& request,
                          const std::function<void(std::string_view)>& on_text,
                          const std::atomic<bool>& cancelled) {
  Generation result;
  std::span<const float> logits = run_prompt(request.prompt, cancelled, result);
  text::Sampler sampler(sampling_for(request, tokenizer_));
  for (const text::TokenId token : request.prompt) sampler.accept(token);
  Output output(tokenizer_, request, on_text, result.text);

  const Timer timer(result.generate_seconds);
  result.stop = StopReason::max_tokens;
  const auto limit = request.max_tokens < 0 ? std::numeric_limits<std::uint64_t>::max()
                                            : static_cast<std::uint64_t>(request.max_tokens);
  while (result.generated_tokens < limit) {
    if (cancelled.load()) {
      result.stop = StopReason::cancelled;
      break;
    }
    if (logits.empty()) {
      result.stop = StopReason::context_full;
      break;
    }
    check_logits(logits);
    const text::TokenId token = sampler.pick(logits);
    if (tokenizer_.ends_generation(token)) {
      result.stop = StopReason::end_of_answer;
      break;
    }
    ++result.generated_tokens;
    output.push(token);
    if (output.met_stop()) {
      result.stop = StopReason::stop_string;
      break;
    }
    const bool has_room = session_.position() < session_.context();
    const bool is_last = result.generated_tokens == limit;
    logits = has_room && !is_last ? step({&token, 1}) : std::span<const float>();
  }
  output.finish();
  return result;
}

}  // namespace nybble::runtime
