// How measurements are shown: as JSON, and in words.
#pragma once

#include <string>

#include "cli/json_report.h"
#include "nybble/evaluate.h"

namespace nybble::cli {

// {"value", "low", "high"}; bounds that are unknown become null.
Json to_json(const Estimate& estimate);
// The keys that `eval` and `compare` share (docs/json.md).
Json to_json(const Measurement& measurement);
Json to_json(const EvaluatedText& text);
Json to_json(const DivergenceFloor& floor);

// "0.01234 [0.01190, 0.01280]"
std::string show(const Estimate& estimate, int decimals);
// The same as a percentage.
std::string show_percent(const Estimate& estimate);
// "wiki.txt: 51,200 tokens, 25,000 scored in 100 windows; intervals: 95 %, 62 documents"
std::string show(const EvaluatedText& text);
std::string show(const DivergenceFloor& floor, Compute compute);

// --mode, --compute, -c, --chunks, --limit, --seed, -t of `eval` and `compare`.
struct MeasureFlags {
  std::string mode = "full", compute = "exact";
  int context = 512, chunks = 0, threads = 0;
  std::uint64_t seed = 1;

  Compute compute_mode() const;
  MeasureSettings settings(const std::string& text) const;
};
void add_measure_flags(CLI::App& verb, MeasureFlags& flags);

}  // namespace nybble::cli
