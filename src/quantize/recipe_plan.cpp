// Applies a recipe to the tensors of a model.
#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "quantize/recipe.h"
#include "quantize/recipe_file.h"
#include "quantize/type_override.h"

namespace nybble::quantize {
namespace {

// Number of the layer of "blk.7.attn_q.weight"; -1 for tensors outside the layers.
int layer_of(std::string_view name) {
  constexpr std::string_view prefix = "blk.";
  if (!name.starts_with(prefix)) return -1;
  name.remove_prefix(prefix.size());
  int layer = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), layer);
  const bool whole = error == std::errc() && end != name.data() + name.size() && *end == '.';
  return whole ? layer : -1;
}

class Planner {
 public:
  Planner(const Recipe& recipe, const ModelFacts& model, std::span<const TensorFacts> tensors,
          const Overrides& overrides)
      : recipe_(recipe), model_(model), pure_(overrides.pure), overrides_(overrides) {
    if (!recipe.format.empty()) main_ = format_named(recipe.format, "recipe " + recipe.name());
    for (const TensorFacts& tensor : tensors) {
      if (const Role* role = table_.role_of(tensor.name)) ++counts_[role];
    }
  }

  // Depends on the tensors chosen for before: rules count those of a role.
  TypeChoice choose(const TensorFacts& tensor) {
    if (auto kept = keep(tensor)) return *kept;
    const Role* role = table_.role_of(tensor.name);
    if (auto asked = overrides_.choice(tensor.name, role, model_.tied)) return fit(tensor, *asked);
    if (!main_) return {tensor.stored, "kept: the recipe copies"};
    if (pure_) return fit(tensor, {*main_, "pure"});
    return fit(tensor, by_rule(tensor, role));
  }

 private:
  std::optional<TypeChoice> keep(const TensorFacts& tensor) const {
    const std::string& name = tensor.name;
    const auto is_stored_format = [&](const std::string& format) {
      return formats::info(tensor.stored).name == format;
    };
    if (std::any_of(table_.kept_stored.begin(), table_.kept_stored.end(), is_stored_format)) {
      return TypeChoice{tensor.stored, "kept: integers"};
    }
    std::string reason;
    const auto pattern = std::find_if(table_.kept.begin(), table_.kept.end(),
                                      [&](const auto& p) { return glob_matches(p, name); });
    if (tensor.shape.rows() <= 1) {
      reason = "kept: 1-D";
    } else if (pattern != table_.kept.end()) {
      reason = "kept: " + *pattern;
    } else if (!name.ends_with("weight")) {
      return TypeChoice{tensor.stored, "kept: not a weight"};
    } else {
      return std::nullopt;
    }
    // Converters write these as F32 and llama.cpp computes with them as F32.
    const bool is_float = formats::info(tensor.stored).block_len == 1;
    return TypeChoice{is_float ? format_named(table_.kept_as, "tensors.table") : tensor.stored,
                      reason};
  }

  TypeChoice by_rule(const TensorFacts& tensor, const Role* role) {
    const Place place = place_of(tensor, role);
    std::string_view name = role ? std::string_view(role->name) : "";
    // A tied embedding is the head too, which needs more bits.
    if (name == "embedding" && model_.tied) name = "head";
    for (const RecipeRule& rule : recipe_.rules) {
      if (rule.role != name && rule.role != "any") continue;
      if (!all_hold(rule.conditions, place, table_.definitions)) continue;
      return {format_named(rule.format, "recipe " + recipe_.name()), "recipe: " + rule.text};
    }
    return {*main_, "recipe"};
  }

  Place place_of(const TensorFacts& tensor, const Role* role) {
    Place place;
    place.architecture = model_.architecture;
    place.layers = model_.layers;
    place.gqa = model_.kv_heads > 0 ? model_.heads / model_.kv_heads : 0;
    place.experts = model_.experts;
    place.calibrated = model_.calibrated;
    place.ragged = tensor.shape.cols() % formats::info(*main_).block_len != 0;
    place.stacked = tensor.shape.rank() > 2 && tensor.shape[tensor.shape.rank() - 3] > 1;
    if (!role) return place;
    place.n = role->counts_layers ? model_.layers : counts_[role];
    place.counter = place.index = seen_[role]++;
    const int layer = layer_of(tensor.name);
    if (role->counts_layers && model_.experts > 1 && layer >= 0) place.index = layer;
    place.every_third = (place.index - place.n / 8) % 3 == 2;
    return place;
  }

  // Replaces a format whose block does not divide the rows.
  TypeChoice fit(const TensorFacts& tensor, TypeChoice choice) const {
    const std::int64_t cols = tensor.shape.cols();
    const formats::FormatInfo& wanted = formats::info(choice.format);
    if (cols % wanted.block_len == 0) return choice;
    const auto entry = table_.fallbacks.find(wanted.name);
    FormatId format = id_of<formats::F16>();
    if (entry != table_.fallbacks.end()) {
      const FormatId next = format_named(entry->second, "tensors.table");
      if (cols % formats::info(next).block_len == 0) format = next;
    }
    return {format,
            fmt::format("fallback: rows of {} are not divisible by {} ({})", cols, wanted.block_len,
                        wanted.name),
            true};
  }

  const Recipe& recipe_;
  const ModelFacts& model_;
  const bool pure_;
  const TypeOverrides overrides_;
  const TensorTable& table_ = tensor_table();
  std::optional<FormatId> main_;  // nothing: tensors stay as they are
  std::map<const Role*, int> counts_, seen_;
};

}  // namespace

std::vector<TypeChoice> choose_types(const Recipe& recipe, const ModelFacts& model,
                                     std::span<const TensorFacts> tensors,
                                     const Overrides& overrides) {
  // llama-quantize counts in this order, whatever the order in the file.
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const int layer_a = layer_of(tensors[a].name), layer_b = layer_of(tensors[b].name);
    return layer_a != layer_b ? layer_a < layer_b : tensors[a].name < tensors[b].name;
  });
  Planner planner(recipe, model, tensors, overrides);
  std::vector<TypeChoice> choices(tensors.size());
  for (const std::size_t i : order) choices[i] = planner.choose(tensors[i]);
  return choices;
}

void check_writable(const Recipe& recipe, const Method& method,
                    std::span<const TensorFacts> tensors, std::span<const TypeChoice> choices) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const formats::FormatInfo& info = formats::info(choices[i].format);
    if (writes(method, info.id) || choices[i].format == tensors[i].stored) continue;
    if (info.encode != nullptr) {
      fail(ErrorKind::unsupported,
           "{}: {} would become {}, for which the method {} has no plain scales; choose another "
           "type, or the method kquant",
           recipe.name(), tensors[i].name, info.name, method.name);
    }
    fail(ErrorKind::unsupported,
         "{}: {} would become {}, a format that nybble reads but cannot write yet; choose another "
         "type than {}",
         recipe.name(), tensors[i].name, info.name, recipe.name());
  }
}

}  // namespace nybble::quantize
