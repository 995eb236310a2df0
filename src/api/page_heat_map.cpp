#include "api/page_heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "api/page_heat_scale.h"
#include "api/page_text.h"

namespace nybble::api {
namespace {

// In the order in which a layer computes; others follow by name.
constexpr std::array<std::string_view, 8> known_roles{
    "attn_qkv", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"};

// More than a page can show; what is left out is said.
constexpr std::size_t most_columns = 24, most_rows_below = 12;

constexpr double cell_width = 25, left = 34;
constexpr std::size_t role_characters = 15;
// Of text of 14 units; and of the same text when it leans by 60 degrees.
constexpr double character_width = 8, leaning_height = 7, leaning_width = 4.2;

struct Place {
  int layer = -1;
  std::string role;
  bool operator<(const Place& other) const {
    return std::tie(layer, role) < std::tie(other.layer, other.role);
  }
};

using Cells = std::map<Place, const TensorError*>;

// Where two tensors share a place (a weight and its bias), the worse one shows.
Cells cells_of(const ComparedModel& model) {
  Cells cells;
  for (const TensorError& tensor : model.tensors) {
    const TensorError*& cell = cells[{std::max(tensor.layer, -1), tensor.role}];
    if (cell == nullptr || tensor.relative_error > cell->relative_error) cell = &tensor;
  }
  return cells;
}

// What all maps have in common.
struct Layout {
  std::vector<int> layers;
  std::vector<std::string> columns;  // roles in the layers
  std::vector<std::string> below;    // roles outside
  std::set<std::string> exact;       // stored without error in all models, and not shown
  std::size_t left_out = 0;          // roles

  double cell_height() const { return layers.size() > 40 ? 12 : 17; }
  double header() const { return 14 + leaning_height * static_cast<double>(longest(columns)); }
  double grid_bottom() const { return header() + cell_height() * rows(); }
  double height() const { return grid_bottom() + 10 + 22 * static_cast<double>(below.size()); }
  double width() const {
    const double grid = left + cell_width * static_cast<double>(columns.size());
    return std::max(grid + leaning_width * static_cast<double>(longest(columns)),
                    left + 32 + character_width * static_cast<double>(longest(below)));
  }

 private:
  double rows() const { return static_cast<double>(layers.size()); }
  static std::size_t longest(const std::vector<std::string>& roles) {
    std::size_t length = 0;
    for (const std::string& role : roles) length = std::max(length, count_characters(role));
    return std::min(length, role_characters);
  }
};

void limit(std::vector<std::string>& roles, std::size_t most, std::size_t& left_out) {
  if (roles.size() <= most) return;
  left_out += roles.size() - most;
  roles.resize(most);
}

std::vector<std::string> in_order(const std::set<std::string>& roles) {
  std::vector<std::string> ordered(roles.begin(), roles.end());
  const auto rank = [](const std::string& role) {
    const auto place = std::find(known_roles.begin(), known_roles.end(), role);
    return std::pair(place - known_roles.begin(), role);
  };
  std::sort(ordered.begin(), ordered.end(),
            [&](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
  return ordered;
}

// Norms are kept as they are by nearly every quantizer: columns of nothing but zeros.
Layout lay_out(const std::vector<Cells>& maps) {
  Layout layout;
  std::set<std::string> columns, below, wrong;
  for (const Cells& map : maps) {
    for (const auto& [place, tensor] : map) {
      if (tensor->relative_error != 0) wrong.insert(place.role);
    }
  }
  std::set<int> layers;
  for (const Cells& map : maps) {
    for (const auto& [place, tensor] : map) {
      if (place.layer >= 0) layers.insert(place.layer);
      if (!wrong.empty() && !wrong.contains(place.role)) {
        layout.exact.insert(place.role);
      } else {
        (place.layer >= 0 ? columns : below).insert(place.role);
      }
    }
  }
  layout.layers.assign(layers.begin(), layers.end());
  layout.columns = in_order(columns);
  layout.below = in_order(below);
  limit(layout.columns, most_columns, layout.left_out);
  limit(layout.below, most_rows_below, layout.left_out);
  return layout;
}

std::string draw_cell(const TensorError& tensor, const HeatScale& scale, double x, double y,
                      double height) {
  const double error = tensor.relative_error;
  const std::string look = error > 0    ? fmt::format("fill=\"{}\"", scale.colour(error))
                           : error == 0 ? "class=\"exact\""
                                        : "class=\"unknown\"";
  return fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.0f}\" height=\"{:.0f}\" {}><title>{}: {}, "
      "relative error {}</title></rect>\n",
      x, y, cell_width - 1, height, look, escape_html(tensor.name), escape_html(tensor.type),
      significant(error, 3));
}

std::string draw_header(const Layout& layout) {
  std::string drawing;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    drawing += fmt::format("<text transform=\"translate({:.1f},{:.1f}) rotate(-60)\">{}</text>\n",
                           left + cell_width * (static_cast<double>(i) + 0.65), layout.header() - 6,
                           escape_html(clip_text(layout.columns[i], role_characters)));
  }
  return drawing;
}

std::string draw_layers(const Layout& layout, const Cells& cells, const HeatScale& scale) {
  std::string drawing;
  // A label needs 17 units of height; beyond that, round numbers are easiest to count from.
  const std::size_t every = layout.layers.size() > 40 ? 8 : layout.layers.size() > 20 ? 4 : 2;
  for (std::size_t row = 0; row < layout.layers.size(); ++row) {
    const double y = layout.header() + layout.cell_height() * static_cast<double>(row);
    if (row % every == 0) {
      drawing += fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
                             left - 6, y + layout.cell_height() / 2 + 5, layout.layers[row]);
    }
    for (std::size_t i = 0; i < layout.columns.size(); ++i) {
      const auto cell = cells.find({layout.layers[row], layout.columns[i]});
      if (cell == cells.end()) continue;
      drawing += draw_cell(*cell->second, scale, left + cell_width * static_cast<double>(i), y,
                           layout.cell_height() - 1);
    }
  }
  return drawing;
}

std::string draw_below(const Layout& layout, const Cells& cells, const HeatScale& scale) {
  std::string drawing;
  double y = layout.grid_bottom() + 8;
  for (const std::string& role : layout.below) {
    const auto cell = cells.find({-1, role});
    if (cell != cells.end()) {
      drawing += draw_cell(*cell->second, scale, left, y, 16);
      drawing += fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n", left + 32, y + 13,
                             escape_html(clip_text(role, role_characters)));
    }
    y += 22;
  }
  return drawing;
}

std::string draw_map(const PageModel& model, const Cells& cells, const Layout& layout,
                     const HeatScale& scale) {
  return fmt::format(
      "<figure>\n<figcaption><bdi>{}</bdi><small>{} MB</small></figcaption>\n"
      "<div class=\"scroll\"><svg class=\"map\" viewBox=\"0 0 {:.0f} {:.0f}\" width=\"{:.0f}\" "
      "height=\"{:.0f}\" role=\"img\" aria-label=\"Errors of the tensors of {}\">\n{}{}{}</svg>"
      "</div>\n</figure>\n",
      escape_html(clip_text(model.label, 26)), megabytes_text(model.measured().size.file_bytes),
      layout.width(), layout.height(), layout.width(), layout.height(), escape_html(model.name),
      draw_header(layout), draw_layers(layout, cells, scale), draw_below(layout, cells, scale));
}

std::string notes(const Layout& layout) {
  std::string text;
  if (!layout.exact.empty()) {
    std::string names;
    for (const std::string& role : layout.exact) {
      if (names.size() > 200) break;  // a few say what kind of tensors they are
      names += (names.empty() ? "" : ", ") + escape_html(clip_text(role, 40));
    }
    text += fmt::format("Stored exactly in every model, and not shown: {}. ", names);
  }
  if (layout.left_out > 0) text += fmt::format("{} more roles are not shown.", layout.left_out);
  return text.empty() ? text : "<p class=\"note\">" + text + "</p>\n";
}

}  // namespace

std::string heat_maps(const std::vector<PageModel>& models) {
  std::vector<Cells> maps;
  std::vector<double> errors;
  for (const PageModel& each : models) {
    maps.push_back(cells_of(*each.model));
    for (const auto& [place, tensor] : maps.back()) errors.push_back(tensor->relative_error);
  }
  if (errors.empty()) return {};
  const HeatScale scale(errors);
  const Layout layout = lay_out(maps);
  std::string html =
      "<div class=\"scales\">" + scale.draw() +
      "<span><svg class=\"map\" viewBox=\"0 0 24 16\" width=\"24\" height=\"16\" "
      "aria-hidden=\"true\"><rect class=\"exact\" x=\"1\" y=\"1\" width=\"22\" height=\"14\"/>"
      "</svg> exact</span></div>\n<div class=\"maps\">\n";
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (!maps[i].empty()) html += draw_map(models[i], maps[i], layout, scale);
  }
  return html + "</div>\n" + notes(layout);
}

}  // namespace nybble::api
