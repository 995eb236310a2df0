// Progress on stderr: one line that is rewritten on a terminal (share, rate, time left), one line
// per step otherwise.
#pragma once

#include <chrono>
#include <string>

#include "nybble/progress.h"

namespace nybble::cli {

class ProgressLine {
 public:
  ProgressLine();
  // Takes its line away.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // For the library. Throws Error(cancelled) after Ctrl-C. Valid as long as this object.
  ProgressCallback callback();

 private:
  void report(const Progress& progress);
  void redraw(const Progress& progress);

  using Clock = std::chrono::steady_clock;
  bool on_terminal_;
  bool drawn_ = false;
  std::string step_;
  std::string unit_;  // a change of unit or total begins a new count
  std::uint64_t total_ = 0;
  std::uint64_t first_done_ = 0;  // where the count began: a resumed download is not fast
  Clock::time_point begin_;
  Clock::time_point last_drawn_;
};

}  // namespace nybble::cli
