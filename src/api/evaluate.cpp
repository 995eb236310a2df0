// The walk of `eval`: model and text to perplexity.
#include "nybble/evaluate.h"

#include <chrono>

#include "api/opened_model.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "evaluate/perplexity.h"

namespace nybble {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

EvaluateReport evaluate_model(const EvaluateRequest& request, const ProgressCallback& progress) {
  if (request.context < 8) {
    fail(ErrorKind::invalid_input, "a window of {} tokens is too short, expected 8 or more",
         request.context);
  }
  const std::string text = read_text_file(request.text);
  const OpenedModel model = open_for_reading(request.model);
  const auto tokens = model.tokenizer->encode(text);
  const auto loaded = std::make_shared<const runtime::LoadedModel>(
      model.source, runtime::LoadOptions{.threads = request.threads});
  runtime::Session session(loaded, request.context);

  EvaluateReport report;
  const auto start = std::chrono::steady_clock::now();
  const evaluate::PerplexityWindows windows{
      .context = request.context,
      .max_windows = request.chunks,
      .first = model.tokenizer->adds_bos() ? model.tokenizer->bos() : std::nullopt};
  const auto window_tokens = static_cast<std::uint64_t>(request.context);
  const evaluate::LossSum loss = evaluate::perplexity(
      session, tokens, windows, [&](int done, int all, const evaluate::LossSum& sum) {
        report.chunks = done;
        report.running.push_back(sum.perplexity());
        if (progress) {
          progress({.step = "evaluate",
                    .done = static_cast<std::uint64_t>(done) * window_tokens,
                    .total = static_cast<std::uint64_t>(all) * window_tokens,
                    .unit = "tokens",
                    .detail = fmt::format("perplexity {:.4f}", sum.perplexity())});
        }
      });
  report.seconds = seconds_since(start);
  report.perplexity = loss.perplexity();
  report.standard_error = loss.standard_error();
  report.scored_tokens = loss.tokens;
  report.tokens_per_second = static_cast<double>(report.chunks) * request.context / report.seconds;
  report.file_bytes = model.checkpoint->file_bytes;
  report.bits_per_weight = 8.0 * static_cast<double>(report.file_bytes) /
                           static_cast<double>(count_parameters(model.source));
  return report;
}

}  // namespace nybble
