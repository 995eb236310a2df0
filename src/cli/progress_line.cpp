#include "cli/progress_line.h"

#include <fmt/format.h>

#include "cli/interrupt.h"
#include "cli/quantity.h"
#include "cli/terminal.h"
#include "nybble/error.h"

namespace nybble::cli {
namespace {

constexpr auto redraw_interval = std::chrono::milliseconds(100);

std::string show_amount(std::uint64_t amount, const std::string& unit) {
  return unit == "bytes" ? show_bytes(amount) : fmt::format("{} {}", amount, unit);
}

}  // namespace

ProgressLine::ProgressLine() : on_terminal_(is_terminal(stderr)) {}

ProgressLine::~ProgressLine() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
}

ProgressCallback ProgressLine::callback() {
  return [this](const Progress& progress) { report(progress); };
}

void ProgressLine::report(const Progress& progress) {
  if (is_interrupted()) {
    throw Error(ErrorKind::cancelled, "stopped by Ctrl-C; no unfinished output is left");
  }
  const auto now = Clock::now();
  if (progress.unit != unit_ || progress.total != total_ || progress.done < first_done_) {
    unit_ = progress.unit;
    total_ = progress.total;
    first_done_ = progress.done;
    begin_ = now;
  }
  const bool is_new_step = progress.step != step_;
  step_ = progress.step;
  if (!on_terminal_) {
    if (is_new_step) fmt::print(stderr, "{}\n", step_);
    return;
  }
  const bool is_last = progress.total > 0 && progress.done == progress.total;
  if (drawn_ && !is_last && now - last_drawn_ < redraw_interval) return;
  last_drawn_ = now;
  redraw(progress);
}

void ProgressLine::redraw(const Progress& progress) {
  std::string line = progress.step;
  const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  const double rate = static_cast<double>(progress.done - first_done_) / std::max(seconds, 1e-9);
  if (progress.total > 0) {
    line += fmt::format("  {:.0f} %", 100.0 * static_cast<double>(progress.done) /
                                          static_cast<double>(progress.total));
  }
  if (seconds > 0.5 && rate > 0) {
    line +=
        fmt::format("  {}/s", rate < 100 && progress.unit != "bytes"
                                  ? fmt::format("{:.1f} {}", rate, progress.unit)
                                  : show_amount(static_cast<std::uint64_t>(rate), progress.unit));
    if (progress.total > progress.done) {
      line += fmt::format("  {} left",
                          show_seconds(static_cast<double>(progress.total - progress.done) / rate));
    }
  }
  if (!progress.detail.empty()) line += "  " + progress.detail;
  const auto width = static_cast<std::size_t>(terminal_width() - 1);
  if (line.size() > width) line.resize(width);
  fmt::print(stderr, "\r{}\x1b[K", dim(line, stderr));
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace nybble::cli
