// The walk of `eval`: model, text and perhaps a reference, to perplexity and divergence.
#include "nybble/evaluate.h"

#include "api/contest.h"

namespace nybble {

EvaluateReport evaluate_model(const EvaluateRequest& request, const ProgressCallback& progress) {
  std::vector<EntrantFiles> models;
  if (!request.reference.empty()) models.push_back({request.reference, request.reference_lora});
  models.push_back({request.model, request.lora});
  Contest contest = run_contest(models, request.settings, progress);

  EvaluateReport report;
  report.result = contest.measure(contest.entrants.size() - 1);
  if (!request.reference.empty()) {
    report.reference = contest.measure(0);
    report.floor = contest.floor;
  }
  report.text = contest.text;
  report.seconds = contest.seconds;
  report.tokens_per_second =
      static_cast<double>(contest.text.windows) * request.settings.context / contest.seconds;
  report.running = std::move(contest.running);
  return report;
}

}  // namespace nybble
