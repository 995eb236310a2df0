#include "api/page_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <type_traits>

#include "api/page_text.h"

namespace nybble::api {
namespace {

// Empty where the model has no such number.
using Number = std::optional<Estimate> (*)(const Measurement&);
using Format = std::string (*)(double);

struct Column {
  std::string_view group, head, meaning;
  Number number;
  Format format;
  bool prints_interval = false;  // otherwise it is the tooltip
};

template <auto member>
std::optional<Estimate> of_size(const Measurement& measured) {
  const double value = measured.size.*member;
  // A model whose head is the embedding has no bits of its own there.
  if (value == 0) return std::nullopt;
  return Estimate{value, NAN, NAN};
}

template <auto member>
std::optional<Estimate> of_divergence(const Measurement& measured) {
  if (!measured.divergence) return std::nullopt;
  if constexpr (std::is_same_v<decltype(member), double Divergence::*>) {
    return Estimate{(*measured.divergence).*member, NAN, NAN};
  } else {
    return (*measured.divergence).*member;
  }
}

std::optional<Estimate> perplexity_of(const Measurement& measured) {
  return measured.perplexity;
}

std::optional<Estimate> activations_of(const Measurement& measured) {
  return measured.activations;
}

std::string three_digits(double value) {
  return significant(value, 3);
}

std::string four_digits(double value) {
  return significant(value, 4);
}

std::string two_decimals(double value) {
  return decimals(value, 2);
}

std::string four_decimals(double value) {
  return decimals(value, 4);
}

std::string percent(double share) {
  return decimals(100 * share, 2);
}

constexpr std::string_view bits = "bits per weight", nats = "KL divergence, nats per token";

const Column columns[] = {
    {bits, "file", "All files over all weights", of_size<&ModelSize::bpw_file>, two_decimals},
    {bits, "decoder", "Tensors of the layers", of_size<&ModelSize::bpw_decoder>, two_decimals},
    {bits, "embed.", "Token embedding", of_size<&ModelSize::bpw_embedding>, two_decimals},
    {bits, "head", "Output head; none where it is the embedding", of_size<&ModelSize::bpw_head>,
     two_decimals},
    {nats, "mean", "Mean over the scored tokens", of_divergence<&Divergence::mean>, three_digits,
     true},
    {nats, "median", "Half of the tokens diverge less", of_divergence<&Divergence::median>,
     three_digits},
    {nats, "p90", "90 % of the tokens diverge less", of_divergence<&Divergence::p90>, three_digits},
    {nats, "p99", "99 % of the tokens diverge less", of_divergence<&Divergence::p99>, three_digits},
    {nats, "p99.9", "99.9 % of the tokens diverge less", of_divergence<&Divergence::p999>,
     three_digits},
    {nats, "max", "The worst token", of_divergence<&Divergence::max>, three_digits},
    {nats, "added by activations", "What rounding activations adds to the mean", activations_of,
     three_digits, true},
    {"tokens, %", "same top-1", "Both find the same token most likely",
     of_divergence<&Divergence::top1>, percent},
    {"tokens, %", "RMS \u0394p", "Root mean square change of the probability of the actual token",
     of_divergence<&Divergence::rms_dp>, percent},
    {"perplexity", "value", "Perplexity on the text", perplexity_of, four_digits, true},
    {"perplexity", "ratio", "To the reference, paired by token",
     of_divergence<&Divergence::perplexity_ratio>, four_decimals},
};

// Without the columns that no model has a number for.
std::vector<const Column*> used_columns(const std::vector<PageModel>& models,
                                        const Measurement& reference) {
  std::vector<const Column*> used;
  for (const Column& column : columns) {
    const bool any = column.number(reference) ||
                     std::any_of(models.begin(), models.end(), [&](const PageModel& each) {
                       return column.number(each.measured()).has_value();
                     });
    if (any) used.push_back(&column);
  }
  return used;
}

std::string head_rows(const std::vector<const Column*>& used) {
  std::string groups, heads;
  for (std::size_t i = 0; i < used.size();) {
    const std::string_view group = used[i]->group;
    std::size_t width = 0;
    for (; i < used.size() && used[i]->group == group; ++i, ++width) {
      heads += fmt::format("<th scope=\"col\"{} title=\"{}\">{}</th>",
                           width == 0 ? " class=\"first\"" : "", used[i]->meaning, used[i]->head);
    }
    groups +=
        fmt::format("<th scope=\"colgroup\" class=\"first\" colspan=\"{}\">{}</th>", width, group);
  }
  return fmt::format(
      "<thead>\n<tr><th rowspan=\"2\" scope=\"col\" class=\"name\">model</th>"
      "<th rowspan=\"2\" scope=\"col\">MB</th>{}</tr>\n<tr>{}</tr>\n</thead>\n",
      groups, heads);
}

std::string cell(const Column& column, const Measurement& measured, bool first) {
  const std::string start = first ? "<td class=\"first\"" : "<td";
  const std::optional<Estimate> number = column.number(measured);
  if (!number) return fmt::format("{}>{}</td>", start, no_number);
  const std::string value = column.format(number->value);
  if (!has_interval(*number)) return fmt::format("{}>{}</td>", start, value);
  const std::string low = column.format(number->low), high = column.format(number->high);
  if (column.prints_interval) {
    return fmt::format("{}>{}<small>{}\u2013{}</small></td>", start, value, low, high);
  }
  return fmt::format("{} title=\"95 % interval: {} to {}\">{}</td>", start, low, high, value);
}

std::string row(const std::vector<const Column*>& used, const Measurement& measured,
                const std::string& picture, const std::string& name) {
  std::string html = fmt::format(
      "<tr><th scope=\"row\" class=\"name\" title=\"{}\">{}<bdi>{}</bdi></th><td>{}</td>",
      escape_html(measured.model), picture, breakable_html(clip_text(name, 64)),
      megabytes_text(measured.size.file_bytes));
  for (std::size_t i = 0; i < used.size(); ++i) {
    html += cell(*used[i], measured, i == 0 || used[i]->group != used[i - 1]->group);
  }
  return html + "</tr>\n";
}

}  // namespace

std::string summary_table(const std::vector<PageModel>& models, const Measurement& reference) {
  const std::vector<const Column*> used = used_columns(models, reference);
  std::string html = "<div class=\"scroll\">\n<table>\n" + head_rows(used) + "<tbody>\n";
  for (const PageModel& each : models) {
    html += row(used, each.measured(), sign_picture(each), each.name);
  }
  return html + "</tbody>\n<tfoot>\n" +
         row(used, reference, "<span class=\"tag\">reference</span>", file_name(reference.model)) +
         "</tfoot>\n</table>\n</div>\n";
}

}  // namespace nybble::api
