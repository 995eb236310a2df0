#include "api/page_worst_tokens.h"

#include <fmt/format.h>

#include "api/page_text.h"

namespace nybble::api {
namespace {

std::string chip(const std::string& token) {
  if (token.empty()) return std::string(no_number);
  return fmt::format("<code dir=\"auto\">{}</code>", token_html(token));
}

std::string list_item(const WorstToken& worst) {
  return fmt::format(
      "<li>\n<p class=\"passage\" dir=\"auto\"><bdi>{}</bdi><mark>{}</mark><bdi>{}</bdi></p>\n"
      "<p class=\"facts\"><span>KLD <b>{}</b></span> <span>probability {} \u2192 <b>{}</b></span> "
      "<span>reference expects {}</span> <span>model expects {}</span></p>\n</li>\n",
      passage_html(worst.before), token_html(worst.token), passage_html(worst.after),
      significant(worst.divergence, 3), significant(worst.reference_probability, 2),
      significant(worst.model_probability, 2), chip(worst.reference_guess),
      chip(worst.model_guess));
}

}  // namespace

std::string worst_tokens(const std::vector<PageModel>& models) {
  std::string html;
  for (const PageModel& each : models) {
    if (each.model->worst.empty()) continue;
    html += fmt::format("<details{}>\n<summary>{}<bdi>{}</bdi></summary>\n<ol>\n",
                        html.empty() ? " open=\"open\"" : "", sign_picture(each),
                        escape_html(each.name));
    for (const WorstToken& worst : each.model->worst) html += list_item(worst);
    html += "</ol>\n</details>\n";
  }
  return html;
}

}  // namespace nybble::api
