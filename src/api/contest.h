// A reference and models that score the same text side by side: what `eval` and `compare` share.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/opened_model.h"
#include "evaluate/bootstrap.h"
#include "evaluate/token_scores.h"
#include "nybble/evaluate.h"

namespace nybble {

struct Entrant {
  OpenedModel model;
  std::vector<evaluate::TokenScore> exact, as_run;  // as_run is empty when compute is exact
  std::optional<double> outlier_share = {};

  const std::vector<evaluate::TokenScore>& scores() const {
    return as_run.empty() ? exact : as_run;
  }
};

struct Contest {
  std::vector<Entrant> entrants;  // the first is the reference of the others
  std::vector<text::TokenId> tokens;
  EvaluatedText text;
  std::unique_ptr<evaluate::Bootstrap> bootstrap;
  DivergenceFloor floor;        // zero tokens when there is one model only
  std::vector<double> running;  // perplexity of the last model after each window
  double seconds = 0;           // of running the models over the text

  // What is reported of an entrant; divergence for all but the reference.
  Measurement measure(std::size_t entrant) const;
};

struct EntrantFiles {
  std::filesystem::path model, lora;  // lora: an adapter to attach; empty: none
};

// Throws Error: text too short, vocabularies that differ, not enough memory for all models at once.
Contest run_contest(const std::vector<EntrantFiles>& models, const MeasureSettings& settings,
                    const ProgressCallback& progress);

}  // namespace nybble
