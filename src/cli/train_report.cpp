#include "cli/train_report.h"

#include <fmt/format.h>

#include "cli/loss_curve.h"
#include "cli/quantity.h"
#include "cli/quantize_report.h"
#include "cli/terminal.h"

namespace nybble::cli {

Json to_json(const TrainReport& report, const std::string& output) {
  return {{"output", output},
          {"parameters", report.parameters},
          {"linears", report.linears},
          {"lessons", report.lessons},
          {"held_out", report.held_out},
          {"cut", report.cut},
          {"left_out", report.left_out},
          {"context", report.context},
          {"steps", report.steps},
          {"resumed_step", report.resumed_step},
          {"discarded", report.discarded},
          {"before", report.first},
          {"after", report.best},
          {"best_step", report.best_step},
          {"tokens", report.tokens},
          {"seconds", report.seconds},
          {"points", to_json(report.points)}};
}

void print_curve(const std::vector<TuningPoint>& points) {
  std::vector<double> losses;
  for (const TuningPoint& point : points)
    if (point.step > 0) losses.push_back(point.loss);
  if (losses.empty()) return;
  const int width = std::max(10, std::min(60, terminal_width() - 30));
  fmt::print("loss {} {:.4f} -> {:.4f}\n", loss_curve(losses, static_cast<std::size_t>(width)),
             losses.front(), losses.back());
}

void print(const TrainReport& report, const std::string& output) {
  fmt::print("{} lessons of {} tokens, {} held out\n", report.lessons, report.context,
             report.held_out);
  if (report.cut > 0) fmt::print("  {} conversations were cut to the context (-c)\n", report.cut);
  if (report.left_out > 0)
    fmt::print("  {} conversations have no answer within the context\n", report.left_out);
  if (report.discarded)
    fmt::print("what was there to resume belonged to other work and was discarded\n");
  if (report.resumed_step > 0)
    fmt::print("resumed: {} of {} steps were done before\n", report.resumed_step, report.steps);
  print_curve(report.points);
  if (report.held_out > 0) {
    fmt::print("held out: {:.4f} -> {:.4f}, best after step {} of {}\n", report.first, report.best,
               report.best_step, report.steps);
  }
  fmt::print("wrote {}: {} parameters beside {} linears; {} tokens in {}, {:.0f} a second\n",
             output, show_count(report.parameters), report.linears, show_count(report.tokens),
             show_seconds(report.seconds), static_cast<double>(report.tokens) / report.seconds);
}

TrainingPage page_of(const TrainReport& report, const std::string& base,
                     const std::string& output) {
  return {.title = "Adapter " + output,
          .facts = {{"Base", base},
                    {"Lessons", fmt::format("{} of {} tokens, {} held out", report.lessons,
                                            report.context, report.held_out)},
                    {"Parameters", fmt::format("{} beside {} linears",
                                               show_count(report.parameters), report.linears)},
                    {"Learned from", show_count(report.tokens) + " tokens"},
                    {"Kept",
                     fmt::format("the state after step {} of {}", report.best_step, report.steps)},
                    {"Time", show_seconds(report.seconds)}},
          .loss = "mean -log p of the labels, nats a token",
          .points = report.points};
}

TrainingPage page_of(const QuantizeReport& report, const std::string& type,
                     const std::string& base) {
  const TuningReport tuning = report.tuning.value_or(TuningReport{});
  return {.title = report.output,
          .facts = {{"Made from", base},
                    {"Type", type},
                    {"Size", fmt::format("{}, {:.2f} bits a weight", show_bytes(report.file_bytes),
                                         report.file_bits_per_weight)},
                    {"Learned from", show_count(tuning.tokens) + " tokens"},
                    {"Divergence on held-out windows",
                     fmt::format("{:.4f} before, {:.4f} after", tuning.before, tuning.after)},
                    {"Kept", fmt::format("the state after step {}", tuning.best_step)},
                    {"Time", show_seconds(report.seconds)}},
          .loss = "mean KL divergence from the model before, nats",
          .points = tuning.points};
}

}  // namespace nybble::cli
