#include "api/contest_text.h"

#include <algorithm>

#include "base/error.h"

namespace nybble {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  fail(ErrorKind::invalid_input, "{}; only models with the same tokenizer can be compared", what);
}

void check_same_vocabulary(const OpenedModel& reference, const OpenedModel& model) {
  const std::string a = reference.checkpoint->path.string(), b = model.checkpoint->path.string();
  const int rows = reference.source.config.vocab, own = model.source.config.vocab;
  if (rows != own)
    refuse(fmt::format("{} has {} tokens in its vocabulary, the reference {} has {}", b, own, a,
                       rows));
  const text::Tokenizer& theirs = *reference.tokenizer;
  const text::Tokenizer& ours = *model.tokenizer;
  for (int id = 0; id < std::min(theirs.vocab_size(), ours.vocab_size()); ++id) {
    if (theirs.spelling(id) == ours.spelling(id)) continue;
    refuse(fmt::format("token {} is '{}' in {} and '{}' in the reference {}", id, ours.spelling(id),
                       b, theirs.spelling(id), a));
  }
}

}  // namespace

TextPlan plan_text(const MeasureSettings& settings, const std::string& content,
                   const text::Tokenizer& tokenizer) {
  const evaluate::WindowOptions options{settings.context, settings.chunks};
  TextPlan plan;
  if (tokenizer.adds_bos()) plan.start = tokenizer.bos();
  if (settings.mode == WindowMode::llama_cpp) {
    plan.tokens = tokenizer.encode(content);
    plan.windows = evaluate::halved_windows(plan.tokens.size(), options);
  } else {
    plan.tokens = tokenizer.encode(content, {.add_special = false, .parse_special = true});
    plan.windows = evaluate::full_windows(plan.tokens.size(), options, plan.start.has_value());
    plan.start_stands_before = true;
  }
  return plan;
}

void check_same_tokens(const OpenedModel& reference, const OpenedModel& model,
                       const MeasureSettings& settings, const std::string& content,
                       const TextPlan& plan) {
  check_same_vocabulary(reference, model);
  const TextPlan own = plan_text(settings, content, *model.tokenizer);
  if (own.tokens == plan.tokens && own.start == plan.start) return;
  refuse(fmt::format("{} cuts the text into other tokens than the reference {}",
                     model.checkpoint->path.string(), reference.checkpoint->path.string()));
}

}  // namespace nybble
