#include "cli/measurement_report.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>

namespace nybble::cli {
namespace {

Json number_or_null(double value) {
  return std::isnan(value) ? Json() : Json(value);
}

std::string show_bounds(const Estimate& estimate, int decimals, double factor) {
  if (std::isnan(estimate.low)) return "";
  return fmt::format(" [{:.{}f}, {:.{}f}]", estimate.low * factor, decimals, estimate.high * factor,
                     decimals);
}

Json divergence_json(const Divergence& divergence) {
  return {{"mean", divergence.mean.value},
          {"low", number_or_null(divergence.mean.low)},
          {"high", number_or_null(divergence.mean.high)},
          {"median", divergence.median.value},
          {"p90", divergence.p90.value},
          {"p99", divergence.p99.value},
          {"p99.9", divergence.p999.value},
          {"max", divergence.max},
          {"intervals",
           {{"median", to_json(divergence.median)},
            {"p90", to_json(divergence.p90)},
            {"p99", to_json(divergence.p99)},
            {"p99.9", to_json(divergence.p999)}}}};
}

}  // namespace

Json to_json(const Estimate& estimate) {
  return {{"value", estimate.value},
          {"low", number_or_null(estimate.low)},
          {"high", number_or_null(estimate.high)}};
}

Json to_json(const Measurement& m) {
  Json json = {{"model", m.model},
               {"file_bytes", m.size.file_bytes},
               {"bpw",
                {{"file", m.size.bpw_file},
                 {"decoder", m.size.bpw_decoder},
                 {"embedding", m.size.bpw_embedding},
                 {"head", m.size.bpw_head}}},
               {"perplexity", m.perplexity.value},
               {"perplexity_interval", to_json(m.perplexity)},
               {"standard_error", m.standard_error}};
  if (m.divergence) {
    json["kld"] = divergence_json(*m.divergence);
    json["top1"] = m.divergence->top1.value;
    json["top1_interval"] = to_json(m.divergence->top1);
    json["rms_dp"] = to_json(m.divergence->rms_dp);
    json["perplexity_ratio"] = to_json(m.divergence->perplexity_ratio);
  }
  if (m.activations) json["kld_of_activations"] = to_json(*m.activations);
  if (m.outlier_share) json["outlier_share"] = *m.outlier_share;
  return json;
}

Json to_json(const EvaluatedText& text) {
  return {{"text", text.path},          {"text_sha256", text.sha256},
          {"text_tokens", text.tokens}, {"tokens", text.scored_tokens},
          {"windows", text.windows},    {"units", {{"kind", text.unit}, {"count", text.units}}}};
}

Json to_json(const DivergenceFloor& floor) {
  return {
      {"same_kernels", floor.same_kernels}, {"compute", floor.compute}, {"tokens", floor.tokens}};
}

std::string show(const Estimate& estimate, int decimals) {
  return fmt::format("{:.{}f}", estimate.value, decimals) + show_bounds(estimate, decimals, 1);
}

std::string show_percent(const Estimate& estimate) {
  return fmt::format("{:.2f} %", 100 * estimate.value) + show_bounds(estimate, 2, 100);
}

std::string show(const EvaluatedText& text) {
  const std::string intervals = text.units < 2
                                    ? "too short for intervals"
                                    : fmt::format("intervals: 95 %, {} {}", text.units, text.unit);
  return fmt::format("{}: {} tokens, {} scored in {} windows; {}", text.path, text.tokens,
                     text.scored_tokens, text.windows, intervals);
}

std::string show(const DivergenceFloor& floor, Compute compute) {
  std::string line =
      fmt::format("{:.2g} (the reference twice, {} tokens)", floor.same_kernels, floor.tokens);
  if (compute != Compute::exact)
    line += fmt::format(", {:.2g} (its kernels against exact)", floor.compute);
  return line;
}

Compute MeasureFlags::compute_mode() const {
  return *find_compute(compute);
}

MeasureSettings MeasureFlags::settings(const std::string& text) const {
  return {.text = text,
          .mode = mode == "full" ? WindowMode::full : WindowMode::llama_cpp,
          .compute = compute_mode(),
          .context = context,
          .chunks = chunks,
          .threads = threads,
          .seed = seed};
}

void add_measure_flags(CLI::App& verb, MeasureFlags& flags) {
  verb.add_option("--mode", flags.mode,
                  "full: each token once, after at least half a window; llama.cpp: windows side by "
                  "side, second halves")
      ->type_name("MODE")
      ->check(CLI::IsMember({"full", "llama.cpp"}))
      ->capture_default_str();
  verb.add_option("--compute", flags.compute,
                  "exact: float32 activations; run: as `nybble run` computes; int8: activations "
                  "of small integers rounded in blocks of 32; llm-int8: 8-bit weights and "
                  "activations but outliers")
      ->type_name("HOW")
      ->check(
          CLI::IsMember(std::vector<std::string>(compute_names().begin(), compute_names().end())))
      ->capture_default_str();
  verb.add_option("-c,--ctx-size", flags.context, "Tokens of a window")
      ->type_name("N")
      ->capture_default_str()
      ->envname("LLAMA_ARG_CTX_SIZE");
  verb.add_option("--chunks,--limit", flags.chunks, "Only the first N windows (tasks); 0: all")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  verb.add_option("--seed", flags.seed, "Of the resampling behind the intervals")
      ->type_name("N")
      ->capture_default_str();
  verb.add_option("-t,--threads", flags.threads, "Threads; 0: one per core")
      ->type_name("N")
      ->envname("LLAMA_ARG_THREADS");
}

}  // namespace nybble::cli
