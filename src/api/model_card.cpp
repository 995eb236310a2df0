#include "api/model_card.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/utf8.h"
#include "nybble/version.h"

namespace nybble {
namespace {

// What the tensors of one passage ("BF16 to INT4-G128") have in common.
struct Group {
  std::size_t tensors = 0;
  std::uint64_t bytes = 0;
  double sum = 0, largest = 0;  // of the relative errors
};

std::map<std::string, Group> groups_of(const QuantizeReport& report) {
  std::map<std::string, Group> groups;
  for (std::size_t i = 0; i < report.plan.tensors.size(); ++i) {
    const PlannedTensor& tensor = report.plan.tensors[i];
    const double error = i < report.relative_errors.size() ? report.relative_errors[i] : 0;
    Group& group = groups[tensor.to];
    ++group.tensors;
    group.bytes += tensor.bytes_after;
    group.sum += error;
    group.largest = std::max(group.largest, error);
  }
  return groups;
}

std::string table_of(const QuantizeReport& report) {
  std::string table =
      "| type | tensors | bytes | relative error, mean | largest |\n|---|---|---|---|---|\n";
  for (const auto& [type, group] : groups_of(report)) {
    table += fmt::format("| {} | {} | {} | {:.2e} | {:.2e} |\n", type, group.tensors, group.bytes,
                         group.sum / static_cast<double>(group.tensors), group.largest);
  }
  return table;
}

}  // namespace

std::string model_card(const OpenedModel& model, const QuantizeReport& report) {
  const std::string name =
      printable(std::filesystem::weakly_canonical(model.checkpoint->path).filename().string());
  const std::string layout = report.plan.recipe;
  const std::string merged =
      model.lora.empty()
          ? ""
          : fmt::format(
                " with the adapter `{}` merged into it",
                printable(std::filesystem::weakly_canonical(model.lora).filename().string()));
  return fmt::format(
      "---\nlibrary_name: transformers\npipeline_tag: text-generation\ntags:\n- {}\n- "
      "nybble\n---\n\n"
      "# {}, quantized to {}\n\n"
      "Made from `{}`{} by nybble {} with the method `{}`: {:.2f} bits per weight, embedding and "
      "head included.\n\n"
      "{}\n"
      "The relative error of a weight is the sum of squared differences to the original over the "
      "sum of its squares. The receipt "
      "with the error of every tensor and the digests of the source stands in the safetensors "
      "files; `nybble receipt DIRECTORY` "
      "prints it, `nybble compare ORIGINAL DIRECTORY -f TEXT` measures what the model lost.\n\n"
      "Licence and intended use are those of the original.\n",
      layout.substr(0, layout.find(':')), name, layout, name, merged, version(), report.method,
      report.plan.bits_per_weight, table_of(report));
}

}  // namespace nybble
