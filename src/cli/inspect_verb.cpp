// nybble inspect: what a model is.
#include <fmt/format.h>

#include <map>
#include <memory>
#include <optional>

#include "cli/json_report.h"
#include "cli/model_argument.h"
#include "cli/quantity.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "nybble/model.h"

namespace nybble::cli {
namespace {

struct InspectOptions {
  ModelArgument model;
  bool json = false;
  bool all_tensors = false;
  bool chat_template = false;
};

Json to_json(const ModelSummary& model) {
  Json types = Json::object();
  for (const auto& [type, bytes] : model.bytes_by_type) types[type] = bytes;
  Json metadata = Json::object();
  for (const auto& [key, value] : model.metadata) metadata[key] = value;
  Json tensors = Json::array();
  for (const TensorSummary& tensor : model.tensors) {
    tensors.push_back({{"name", tensor.name},
                       {"type", tensor.type},
                       {"shape", tensor.shape},
                       {"bytes", tensor.bytes},
                       {"file", tensor.file}});
  }
  return {{"path", model.path},
          {"container", model.container},
          {"architecture", model.architecture},
          {"problem", model.problem},
          {"packing", model.packing},
          {"notes", model.notes},
          {"name", model.name},
          {"layers", model.layers},
          {"dim", model.dim},
          {"heads", model.heads},
          {"kv_heads", model.kv_heads},
          {"head_dim", model.head_dim},
          {"hidden", model.hidden},
          {"vocab", model.vocab},
          {"context", model.context},
          {"tied", model.tied},
          {"parameters", model.parameters},
          {"file_bytes", model.file_bytes},
          {"files", model.n_files},
          {"bpw", {{"file", model.bits_per_weight}}},
          {"bytes_by_type", types},
          {"tokenizer", model.tokenizer},
          {"chat_template", model.chat_template},
          {"metadata", metadata},
          {"tensors", tensors}};
}

// "blk.12.attn_q.weight" -> "blk.*.attn_q.weight" and 12; names without a number between dots stay.
std::pair<std::string, std::optional<long>> without_layer(const std::string& name) {
  for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    const std::size_t end = name.find_first_not_of("0123456789", dot + 1);
    const std::size_t digits = (end == std::string::npos ? name.size() : end) - dot - 1;
    const bool is_number = digits > 0 && digits < 7 && end != std::string::npos && name[end] == '.';
    if (is_number)
      return {name.substr(0, dot + 1) + "*" + name.substr(end),
              std::stol(name.substr(dot + 1, digits))};
  }
  return {name, std::nullopt};
}

// Tensors that differ only in their layer share a row.
struct TensorGroup {
  std::string name;
  const TensorSummary* first = nullptr;
  std::size_t count = 0;
  std::uint64_t bytes = 0;
};

std::vector<TensorGroup> group_tensors(const std::vector<TensorSummary>& tensors, bool separate) {
  std::vector<TensorGroup> groups;
  std::map<std::string, std::size_t> places;
  for (const TensorSummary& tensor : tensors) {
    const std::string name = separate ? tensor.name : without_layer(tensor.name).first;
    const std::string key = fmt::format("{} {} {}", name, tensor.type, show_shape(tensor.shape));
    const auto [place, is_new] = places.try_emplace(key, groups.size());
    if (is_new) groups.push_back({name, &tensor, 0, 0});
    ++groups[place->second].count;
    groups[place->second].bytes += tensor.bytes;
  }
  for (TensorGroup& group : groups) {
    if (group.count == 1) group.name = group.first->name;
  }
  return groups;
}

void print_tensors(const ModelSummary& model, bool separate) {
  fmt::print("\n{}\n", bold(fmt::format("Tensors ({})", model.tensors.size()), stdout));
  Table table({"name", ">count", "type", "shape", ">MiB"});
  for (const TensorGroup& group : group_tensors(model.tensors, separate)) {
    table.add({group.name, std::to_string(group.count), group.first->type,
               show_shape(group.first->shape), show_mebibytes(group.bytes)});
  }
  table.print(stdout, 2);
}

void print_row(std::string_view title, const std::string& text) {
  if (!text.empty()) fmt::print("  {:<14}{}\n", title, text);
}

std::string describe_shape(const ModelSummary& model) {
  if (model.layers == 0) return "";
  return fmt::format(
      "{} layers, dim {}, {} heads ({} KV) of {}, hidden {}, vocabulary {}, context {}{}",
      model.layers, model.dim, model.heads, model.kv_heads, model.head_dim, model.hidden,
      model.vocab, model.context, model.tied ? ", tied embedding" : "");
}

std::string describe_types(const ModelSummary& model) {
  std::vector<std::string> parts;
  std::uint64_t total = 0;
  for (const auto& [type, bytes] : model.bytes_by_type) total += bytes;
  for (const auto& [type, bytes] : model.bytes_by_type) {
    parts.push_back(fmt::format("{} {} ({:.1f} %)", type, show_bytes(bytes),
                                100.0 * static_cast<double>(bytes) /
                                    static_cast<double>(std::max<std::uint64_t>(total, 1))));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

void print_page(const ModelSummary& model, bool all_tensors) {
  fmt::print("{}\n", bold(model.name.empty() ? model.path : model.name, stdout));
  print_row("file", fmt::format("{}: {}, {} file{}, {}", model.path, model.container, model.n_files,
                                model.n_files == 1 ? "" : "s", show_bytes(model.file_bytes)));
  print_row("architecture", model.architecture.empty() ? "unknown" : model.architecture);
  print_row("problem", model.problem);
  print_row("packing", model.packing);
  for (const std::string& note : model.notes) print_row("note", note);
  print_row("parameters", fmt::format("{}, {:.2f} bits per weight", show_count(model.parameters),
                                      model.bits_per_weight));
  print_row("shape", describe_shape(model));
  print_row("types", describe_types(model));
  print_row("tokenizer", model.tokenizer.empty() ? "none" : model.tokenizer);
  print_row("chat template", model.chat_template.empty()
                                 ? "none"
                                 : fmt::format("{} characters (--chat-template prints it)",
                                               model.chat_template.size()));
  if (!model.metadata.empty()) {
    fmt::print("\n{}\n", bold(fmt::format("Metadata ({})", model.metadata.size()), stdout));
    std::size_t width = 0;
    for (const auto& entry : model.metadata) width = std::max(width, entry.first.size());
    for (const auto& [key, value] : model.metadata) fmt::print("  {:<{}}  {}\n", key, width, value);
  }
  print_tensors(model, all_tensors);
}

void execute(const InspectOptions& options) {
  const ModelSummary model = inspect_model(find_model(options.model));
  if (options.chat_template) {
    fmt::print("{}", model.chat_template);
  } else if (options.json) {
    print_json(to_json(model));
  } else {
    print_page(model, options.all_tensors);
  }
}

}  // namespace

void add_inspect(CLI::App& program) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* verb = program.add_subcommand(
      "inspect",
      "What a model is: architecture, tensors, types, bytes, tokenizer, template, metadata");
  add_model_argument(*verb, options->model);
  verb->add_flag("--tensors", options->all_tensors,
                 "Every tensor on its own line, layers not folded together");
  verb->add_flag("--chat-template", options->chat_template, "Print only the chat template");
  add_json_flag(*verb, options->json);
  verb->footer(
      "Examples:\n"
      "  nybble inspect models/tale-6m\n"
      "  nybble inspect model.gguf --tensors\n"
      "  nybble inspect model.gguf --json | jq .bytes_by_type");
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
