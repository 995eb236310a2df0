#include "api/pick_files.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"
#include "files/shard_name.h"

namespace nybble::api {
namespace {

constexpr std::string_view default_quant = "Q4_K_M";

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

// Of shards only the first stands for the model; mmproj files are the eyes of another one.
bool is_gguf_model(const std::string& name) {
  const std::string file = name.substr(name.rfind('/') + 1);
  const auto shard = files::parse_shard_name(file);
  return upper(name).ends_with(".GGUF") && upper(file).find("MMPROJ") == std::string::npos &&
         (!shard || shard->number == 1);
}

// "Q4_K" is not in "x-Q4_K_M.gguf": the word must begin and end at a sign that names do not use
// within a quant.
bool names_quant(std::string_view name, std::string_view quant) {
  const std::string text = upper(name);
  const std::string word = upper(quant);
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const char before = at == 0 ? '/' : text[at - 1];
    const std::size_t end = at + word.size();
    const char behind = end == text.size() ? '.' : text[end];
    const bool begins = std::isalnum(static_cast<unsigned char>(before)) == 0;
    if (begins && (behind == '.' || behind == '-' || behind == '/')) return true;
  }
  return false;
}

std::vector<std::string> with_shards(const std::string& first,
                                     const std::vector<std::string>& names) {
  const std::size_t slash = first.rfind('/') + 1;  // npos + 1 = 0
  const auto shard = files::parse_shard_name(first.substr(slash));
  if (!shard) return {first};
  std::vector<std::string> shards;
  for (int n = 1; n <= shard->count; ++n) {
    shards.push_back(first.substr(0, slash) + shard->with_number(n));
    if (!std::ranges::binary_search(names, shards.back())) {
      fail(ErrorKind::corrupt_file, "the repository lacks '{}', one of {} parts of '{}'",
           shards.back(), shard->count, first);
    }
  }
  return shards;
}

PickedFiles picked_gguf(const std::string& name, const std::vector<std::string>& names,
                        std::string_view why) {
  PickedFiles picked{.files = with_shards(name, names), .main = name, .reason = {}};
  const std::string parts =
      picked.files.size() > 1 ? fmt::format(" in {} parts", picked.files.size()) : "";
  picked.reason = fmt::format("{}{} ({})", name, parts, why);
  return picked;
}

PickedFiles pick_quant(const HubReference& reference, const std::vector<std::string>& names,
                       const std::vector<std::string>& models) {
  for (const std::string& name : models) {
    if (names_quant(name, reference.quant))
      return picked_gguf(name, names, "as asked: " + reference.quant);
  }
  fail(ErrorKind::invalid_input, "{} has no GGUF of {}; it has: {}", reference.repo,
       reference.quant,
       models.empty() ? "no GGUF at all; leave :" + reference.quant + " out and quantize it"
                      : fmt::format("{}", fmt::join(models, ", ")));
}

PickedFiles pick_default(const HubReference& reference, const std::vector<std::string>& names,
                         const std::vector<std::string>& models, bool has_safetensors) {
  std::string others;
  if (models.size() > 1) {
    others =
        fmt::format("; {} other GGUF file{}", models.size() - 1, models.size() == 2 ? "" : "s");
  }
  if (has_safetensors) others += fmt::format("; also {}:safetensors", reference.repo);
  for (const std::string& name : models) {
    if (names_quant(name, default_quant)) {
      return picked_gguf(name, names, fmt::format("{}, the default{}", default_quant, others));
    }
  }
  return picked_gguf(models[0], names,
                     fmt::format("the first, since there is no {}{}", default_quant, others));
}

bool is_part_of_checkpoint(const std::string& name, bool has_standard_names) {
  const bool is_duplicate = has_standard_names && name.starts_with("consolidated");
  const bool is_pickle_index = name.ends_with(".bin.index.json");
  const bool is_known = name.ends_with(".json") || name.ends_with(".safetensors") ||
                        name.ends_with(".jinja") || name == "tokenizer.model" ||
                        name == "merges.txt" || name == "vocab.txt";
  // Folders hold other forms of the model (onnx, original), but for named chat templates.
  const bool is_here =
      name.find('/') == std::string::npos || name.starts_with("additional_chat_templates/");
  return is_known && is_here && !is_duplicate && !is_pickle_index;
}

PickedFiles pick_checkpoint(const HubReference& reference, const std::vector<std::string>& names) {
  const bool has_standard_names = std::ranges::any_of(names, [](const std::string& n) {
    return n.starts_with("model") && n.ends_with(".safetensors");
  });
  PickedFiles picked;
  std::size_t weights = 0;
  for (const std::string& name : names) {
    if (!is_part_of_checkpoint(name, has_standard_names)) continue;
    picked.files.push_back(name);
    weights += name.ends_with(".safetensors") ? 1 : 0;
  }
  if (weights == 0) {
    const bool has_pickle = std::ranges::any_of(names, [](const std::string& n) {
      return n.ends_with(".bin") || n.ends_with(".pt") || n.ends_with(".pth");
    });
    fail(ErrorKind::unsupported, "{} holds neither a GGUF nor safetensors{}", reference.repo,
         has_pickle
             ? ", only pickled weights, which can run code; ask for a conversion to safetensors"
             : "");
  }
  picked.reason = fmt::format("the safetensors checkpoint, {} files", picked.files.size());
  return picked;
}

}  // namespace

PickedFiles pick_files(const HubReference& reference, std::vector<std::string> names) {
  std::ranges::sort(names);
  if (!reference.file.empty()) {
    if (!std::ranges::binary_search(names, reference.file)) {
      fail(ErrorKind::invalid_input, "{} has no file '{}'; it has: {}", reference.repo,
           reference.file, fmt::join(names, ", "));
    }
    return picked_gguf(reference.file, names, "as asked");
  }
  std::vector<std::string> models;
  std::ranges::copy_if(names, std::back_inserter(models), is_gguf_model);
  const bool has_safetensors =
      std::ranges::any_of(names, [](const std::string& n) { return n.ends_with(".safetensors"); });
  if (upper(reference.quant) == "SAFETENSORS") return pick_checkpoint(reference, names);
  if (!reference.quant.empty()) return pick_quant(reference, names, models);
  if (!models.empty()) return pick_default(reference, names, models, has_safetensors);
  return pick_checkpoint(reference, names);
}

}  // namespace nybble::api
