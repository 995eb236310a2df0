// The walk of `eval`: model, text and perhaps a reference, to perplexity and divergence.
#include "nybble/evaluate.h"

#include "api/contest.h"

namespace nybble {

EvaluateReport evaluate_model(const EvaluateRequest& request, const ProgressCallback& progress) {
  ContestRequest contest_request{.models = {},
                                 .text = request.text,
                                 .mode = request.mode,
                                 .compute = request.compute,
                                 .context = request.context,
                                 .chunks = request.chunks,
                                 .threads = request.threads,
                                 .seed = request.seed};
  if (!request.reference.empty()) contest_request.models.push_back(request.reference);
  contest_request.models.push_back(request.model);
  Contest contest = run_contest(contest_request, progress);

  EvaluateReport report;
  report.result = contest.measure(contest.entrants.size() - 1);
  if (!request.reference.empty()) {
    report.reference = contest.measure(0);
    report.floor = contest.floor;
  }
  report.text = contest.text;
  report.seconds = contest.seconds;
  report.tokens_per_second =
      static_cast<double>(contest.text.windows) * request.context / contest.seconds;
  report.running = std::move(contest.running);
  return report;
}

}  // namespace nybble
