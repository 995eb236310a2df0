// A receipt in words. What stands in a file may be anything, so that nothing is taken for granted.
#include <algorithm>
#include <cmath>

#include "api/receipt.h"
#include "base/error.h"
#include "base/utf8.h"
#include "nybble/receipt.h"

namespace nybble {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

// The value at a path such as "/source/name" in words; "?" when it is missing or something else.
std::string text_at(const OrderedJson& json, const char* path) {
  const OrderedJson::json_pointer pointer(path);
  if (!json.contains(pointer)) return "?";
  const OrderedJson& value = json.at(pointer);
  if (value.is_string()) return printable(value.get<std::string>());
  return value.is_number() ? value.dump() : "?";
}

double number_at(const OrderedJson& json, const char* path) {
  const OrderedJson::json_pointer pointer(path);
  return json.contains(pointer) && json.at(pointer).is_number() ? json.at(pointer).get<double>()
                                                                : std::nan("");
}

std::string estimate_at(const OrderedJson& json, const std::string& path, int decimals) {
  const auto number = [&](const char* part) { return number_at(json, (path + part).c_str()); };
  const double low = number("/interval_95/0");
  std::string text = fmt::format("{:.{}f}", number("/value"), decimals);
  if (!std::isnan(low))
    text += fmt::format(" [{:.{}f}, {:.{}f}]", low, decimals, number("/interval_95/1"), decimals);
  return text;
}

// "source" or its adapter: what it is called, and its files.
void add_files(const OrderedJson& made, const char* path, Lines& lines) {
  const OrderedJson::json_pointer files(path);
  if (!made.contains(files) || !made.at(files).is_array()) return;
  for (const OrderedJson& file : made.at(files)) {
    lines.emplace_back(
        "", fmt::format("{}, sha256 {}", text_at(file, "/name"), text_at(file, "/sha256")));
  }
}

void add_made(const OrderedJson& made, Lines& lines) {
  if (!made.is_object()) return;
  lines.emplace_back("made by", fmt::format("{}: {}, method {}", text_at(made, "/program"),
                                            text_at(made, "/recipe"), text_at(made, "/method")));
  lines.emplace_back("from", fmt::format("{} ({})", text_at(made, "/source/name"),
                                         text_at(made, "/source/container")));
  add_files(made, "/source/files", lines);
  if (made.contains(OrderedJson::json_pointer("/source/adapter"))) {
    lines.emplace_back("merged", text_at(made, "/source/adapter/name"));
    add_files(made, "/source/adapter/files", lines);
  }
  const OrderedJson::json_pointer calibration("/calibration");
  if (!made.contains(calibration)) return;
  if (made.at(calibration).is_null()) {
    lines.emplace_back("calibration", "none");
    return;
  }
  const auto count = [&](const char* path) { return number_at(made, path); };
  std::string texts;
  const OrderedJson::json_pointer names("/calibration/texts");
  if (made.contains(names) && made.at(names).is_array()) {
    for (const OrderedJson& name : made.at(names))
      if (name.is_string())
        texts += (texts.empty() ? " " : ", ") + printable(name.get<std::string>());
  }
  lines.emplace_back("calibration", fmt::format("{:.0f} windows of {:.0f} tokens of{}",
                                                count("/calibration/windows"),
                                                count("/calibration/context"), texts));
}

void add_tensors(const OrderedJson& tensors, Lines& lines) {
  if (!tensors.is_array() || tensors.empty()) return;
  const auto error = [](const OrderedJson& tensor) {
    const double value = number_at(tensor, "/relative_error");
    return std::isnan(value) ? 0 : value;
  };
  const auto worst = std::ranges::max_element(tensors, {}, error);
  lines.emplace_back(
      "tensors", fmt::format("{}; largest relative error {:.3g} in {} ({})", tensors.size(),
                             error(*worst), text_at(*worst, "/name"), text_at(*worst, "/type")));
}

void add_measured(const OrderedJson& measured, Lines& lines) {
  if (!measured.is_array()) return;
  for (const OrderedJson& m : measured) {
    lines.emplace_back("measured",
                       fmt::format("divergence {} from {}, same top {}, perplexity {}",
                                   estimate_at(m, "/kld", 5), text_at(m, "/reference"),
                                   estimate_at(m, "/top1", 4), estimate_at(m, "/perplexity", 4)));
    lines.emplace_back(
        "", fmt::format("on {}, sha256 {}, {} tokens; mode {}, compute {}, windows "
                        "of {}; {}",
                        text_at(m, "/text/name"), text_at(m, "/text/sha256"),
                        text_at(m, "/text/scored_tokens"), text_at(m, "/mode"),
                        text_at(m, "/compute"), text_at(m, "/context"), text_at(m, "/program")));
  }
}

}  // namespace

Receipt read_receipt(const std::filesystem::path& model) {
  const files::Checkpoint checkpoint = files::open_checkpoint(model);
  OrderedJson all = OrderedJson::object();
  for (const std::string_view key : {receipt_made, receipt_tensors, receipt_measured}) {
    const std::string text = checkpoint.metadata.get_string(key, "");
    if (text.empty()) continue;
    const std::string name(key.substr(key.rfind('.') + 1));
    all[name] = parse_ordered_json(text, fmt::format("{}: {}", checkpoint.path.string(), key));
  }
  if (all.empty()) {
    fail(ErrorKind::invalid_input,
         "{}: carries no receipt; `nybble quantize` writes one, and `nybble compare REF MODEL -f "
         "TEXT --stamp` adds what was measured",
         checkpoint.path.string());
  }
  Receipt receipt;
  add_made(all.value("made", OrderedJson()), receipt.lines);
  add_tensors(all.value("tensors", OrderedJson()), receipt.lines);
  add_measured(all.value("measured", OrderedJson()), receipt.lines);
  receipt.json = all.dump(2);
  return receipt;
}

}  // namespace nybble
