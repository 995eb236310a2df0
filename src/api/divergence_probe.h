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

class DivergenceProbe {
 public:
  // So many windows of the second half of the documents (calibrate/samples.h). The model must
  // outlive it.
  DivergenceProbe(const OpenedModel& model, std::span<const std::string> texts, int windows,
                  std::uint64_t seed, int threads);
  // Mean divergence of each variant, nats, all on the same tokens. after(n): n are done.
  std::vector<double> measure(std::span<const models::ModelSource> variants,
                              const std::function<void(std::size_t)>& after) const;

 private:
  std::vector<double> measure_together(std::span<const models::ModelSource> variants) const;

  int threads_;
  std::shared_ptr<const runtime::LoadedModel> reference_;
  std::vector<std::int32_t> tokens_;
};

}  // namespace nybble
