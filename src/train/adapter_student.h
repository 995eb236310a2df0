// An adapter that learns beside a model that does not: y = W x + scale * B (A x), of which only A
// and B change. What W was decoded from does not matter, so that a model in 4 bits can stay as it
// is. Sources: Hu et al., LoRA (arXiv 2106.09685); Dettmers et al., QLoRA (arXiv 2305.14314).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/low_rank.h"
#include "train/student.h"

namespace nybble::train {

struct AdapterOptions {
  int rank = 16;
  float alpha = 32;  // the scale is alpha / rank
  // Kinds of linears, as GGUF or PEFT calls them: "attn_q" or "q_proj"; empty: all of the layers.
  std::vector<std::string> targets = {};
  float rate = 2e-4f;
  float decay = 0;                // AdamOptions::decay
  bool moments_in_bytes = false;  // AdamOptions::in_bytes
  std::uint64_t seed = 0;
};

// Names that `targets` takes: in GGUF and in PEFT.
std::vector<std::pair<std::string, std::string>> adapter_targets();

class AdapterStudent : public Student {
 public:
  // A is random, uniform within 1 / sqrt(cols), B is 0: the student begins as the model is. Throws
  // Error(invalid_input) for a target that there is not, or a rank below 1 or above what a linear
  // has.
  AdapterStudent(gradients::Parameters parameters, const AdapterOptions& options, ThreadPool& pool);

  const gradients::Parameters& parameters() const override { return parameters_; }
  bool learns(const gradients::ParameterView& view) const override;
  void learn(gradients::Parameters& gradients, float rate) override;
  void visit_values(const Visit& visit) override;
  void visit_moments(const VisitMoments& visit) override;
  void refresh() override {}  // computes with the values themselves

  // What was learned, in the order of the layers.
  std::vector<models::LowRank> parts() const;

 private:
  gradients::Parameters parameters_;
  AdapterOptions options_;
  ThreadPool& pool_;
  std::map<std::string, Adam> moments_;  // by the names of A and B
};

}  // namespace nybble::train
