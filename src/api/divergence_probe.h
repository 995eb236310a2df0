// How far variants of a model are from it, on a few windows of text: quick enough to ask often.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "api/opened_model.h"
#include "runtime/session.h"

namespace nybble {

struct ProbeOptions {
  int windows = 12;
  std::uint64_t seed = 0;
  int threads = 0;            // 0: one per core
  std::size_t max_bytes = 0;  // of the whole process; 0: what the machine has free
};

class DivergenceProbe {
 public:
  // Texts give windows of the second half of their documents (calibrate/samples.h). The model must
  // outlive it. Throws Error(out_of_memory) when the model does not fit twice.
  DivergenceProbe(const OpenedModel& model, std::span<const std::string> texts,
                  const ProbeOptions& options);
  // Mean divergence of each variant, nats, all on the same tokens. after(n): n are done.
  std::vector<double> measure(std::span<const models::ModelSource> variants,
                              const std::function<void(std::size_t)>& after) const;

 private:
  std::vector<double> measure_together(std::span<const models::ModelSource> variants) const;

  ProbeOptions options_;
  std::shared_ptr<const runtime::LoadedModel> reference_;
  std::vector<std::int32_t> tokens_;
};

}  // namespace nybble
