#include "api/page_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "api/page_text.h"

namespace nybble::api {
namespace {

constexpr std::size_t colours = 6;  // as many as the style sheet names
constexpr std::array<std::string_view, 4> dashes{"none", "9 4", "2 4", "11 4 2 4"};
// Around (0, 0), of about the same area.
constexpr std::array<std::string_view, 5> shapes{
    "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z", "M-4.5,-4.5h9v9h-9z", "M0,-6L5.5,4.5h-11z",
    "M0,-6.3L6.3,0L0,6.3L-6.3,0z", "M0,6L5.5,-4.5h-11z"};

std::string_view without_slash(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path;
}

// "folder/file" of "some/folder/file".
std::string with_folder(std::string_view path) {
  path = without_slash(path);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return std::string(path);
  const std::size_t before = path.rfind('/', slash - 1);
  return std::string(before == std::string_view::npos ? path : path.substr(before + 1));
}

void name_models(std::vector<PageModel>& models) {
  std::map<std::string, int> uses;
  for (PageModel& each : models) {
    each.name = file_name(each.measured().model);
    ++uses[each.name];
  }
  for (PageModel& each : models) {
    if (uses[each.name] > 1) each.name = with_folder(each.measured().model);
  }
}

bool parts_words(char c) {
  return c == '-' || c == '_' || c == '.' || c == '/' || c == ' ';
}

// The bytes that all names start with, up to a character that parts words.
std::size_t shared_start(const std::vector<std::string>& names) {
  std::size_t shared = names.front().size();
  for (const std::string& name : names) {
    const auto [end, ignored] =
        std::mismatch(name.begin(), name.end(), names.front().begin(), names.front().end());
    shared = std::min(shared, static_cast<std::size_t>(end - name.begin()));
  }
  while (shared > 0 && !parts_words(names.front()[shared - 1])) --shared;
  return shared;
}

void label_models(std::vector<PageModel>& models) {
  std::vector<std::string> names;
  for (const PageModel& each : models) {
    const std::size_t dot = each.name.rfind(".gguf");
    const bool is_gguf = dot != std::string::npos && dot > 0 && dot + 5 == each.name.size();
    names.push_back(is_gguf ? each.name.substr(0, dot) : each.name);
  }
  const std::size_t shared = names.size() > 1 ? shared_start(names) : 0;
  for (std::size_t i = 0; i < models.size(); ++i) {
    const std::string rest = names[i].substr(shared);
    models[i].label = rest.empty() ? names[i] : rest;
  }
}

}  // namespace

double PageModel::mean_divergence() const {
  const auto& divergence = measured().divergence;
  return divergence ? divergence->mean.value : std::numeric_limits<double>::quiet_NaN();
}

std::string file_name(const std::string& path) {
  const std::string_view whole = without_slash(path);
  const std::size_t slash = whole.rfind('/');
  if (slash == std::string_view::npos || whole.size() == 1) return std::string(whole);
  return std::string(whole.substr(slash + 1));
}

std::vector<PageModel> page_models(const CompareReport& report) {
  std::vector<PageModel> models;
  for (const ComparedModel& model : report.models) models.emplace_back().model = &model;
  // Of equal sizes the one named first in the request: places in one vector have an order.
  const auto rank = [](const PageModel& each) {
    return std::pair(each.measured().size.file_bytes, each.model);
  };
  std::sort(models.begin(), models.end(),
            [&](const PageModel& a, const PageModel& b) { return rank(a) < rank(b); });
  name_models(models);
  if (!models.empty()) label_models(models);
  for (std::size_t i = 0; i < models.size(); ++i) models[i].sign = i;
  return models;
}

std::string sign_class(const PageModel& model) {
  return fmt::format("m{}", model.sign % colours);
}

std::string dash_array(const PageModel& model) {
  return std::string(dashes[model.sign % dashes.size()]);
}

std::string marker(const PageModel& model, double x, double y) {
  return fmt::format("<path class=\"marker\" d=\"{}\" transform=\"translate({:.1f},{:.1f})\"/>",
                     shapes[model.sign % shapes.size()], x, y);
}

std::string sign_picture(const PageModel& model) {
  return fmt::format(
      "<svg class=\"sign {}\" viewBox=\"0 0 40 16\" width=\"40\" height=\"16\" "
      "aria-hidden=\"true\"><path class=\"line\" d=\"M1,8H39\" stroke-dasharray=\"{}\"/>{}</svg>",
      sign_class(model), dash_array(model), marker(model, 20, 8));
}

std::string key_of_signs(const std::vector<PageModel>& models) {
  std::string key = "<ul class=\"key\">\n";
  for (const PageModel& each : models) {
    key += fmt::format("<li>{}<bdi>{}</bdi></li>\n", sign_picture(each),
                       escape_html(clip_text(each.label, 40)));
  }
  return key + "</ul>\n";
}

}  // namespace nybble::api
