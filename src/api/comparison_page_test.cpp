#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "nybble/compare.h"

namespace nybble {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Estimate about(double value) {
  return {value, value * 0.9, value * 1.1};
}

ComparedModel model(const std::string& path, std::uint64_t bytes, double mean) {
  ComparedModel model;
  model.measurement.model = path;
  model.measurement.size = {bytes, 4.5, 4.25, 6.5, 0};
  model.measurement.perplexity = about(35);
  model.measurement.divergence = Divergence{.mean = about(mean),
                                            .median = about(mean / 2),
                                            .p90 = about(mean * 2),
                                            .p99 = about(mean * 5),
                                            .p999 = about(mean * 9),
                                            .max = mean * 20,
                                            .top1 = about(0.88),
                                            .rms_dp = about(0.03),
                                            .perplexity_ratio = about(1.02)};
  for (int layer = 0; layer < 3; ++layer) {
    const std::string block = "blk." + std::to_string(layer) + ".";
    model.tensors.push_back({block + "attn_q.weight", "Q4_K", layer, "attn_q", mean / 9});
    model.tensors.push_back({block + "attn_norm.weight", "F32", layer, "attn_norm", 0});
  }
  model.tensors.push_back({"token_embd.weight", "Q6_K", -1, "token_embd", mean / 50});
  model.by_position = {{0, 31, mean * 2, 100}, {32, 63, mean, 100}, {64, 95, 0, 0}};
  model.histogram = {0, 0, 5, 20, 7, 1, 0};
  model.worst = {{.before = "the ",
                  .token = " cat",
                  .after = " sat",
                  .divergence = 9,
                  .reference_probability = 0.8,
                  .model_probability = 0.001,
                  .reference_guess = " cat",
                  .model_guess = " dog"}};
  return model;
}

CompareReport report_of(std::vector<ComparedModel> models) {
  CompareReport report;
  report.reference.model = "models/full-precision";
  report.reference.size = {400'000'000, 32, 32, 32, 0};
  report.reference.perplexity = about(34);
  report.models = std::move(models);
  report.floor = {1e-12, 2e-4, 500};
  report.text = {"data/test.txt", "0123456789abcdef0123456789abcdef", 12345, 6000, 20, 7,
                 "documents"};
  report.settings.context = 512;
  report.settings.seed = 42;
  report.version = "0.4.0";
  report.date = "2026-11-25";
  return report;
}

CompareReport ordinary() {
  return report_of({model("a/tiny-Q8_0.gguf", 86'500'000, 0.002),
                    model("a/tiny-Q2_K.gguf", 42'500'000, 0.5),
                    model("a/tiny-Q4_K_M.gguf", 55'300'000, 0.04)});
}

std::string page_with(const WorstToken& worst) {
  CompareReport report = ordinary();
  report.models[0].worst = {worst};
  return comparison_page(report);
}

std::string page_of_empty_models() {
  ComparedModel bare;
  bare.measurement.model = "bare.gguf";
  return comparison_page(report_of({bare}));
}

// Reads tags as XML has them: each opened one is closed in order, attributes are in quotes. Returns
// what is wrong, or nothing. The style sheet has no '<'.
std::string broken_markup(std::string_view page) {
  std::vector<std::string> open;
  page.remove_prefix(page.find("<html"));
  for (std::size_t at = page.find('<'); at != page.npos; at = page.find('<', at)) {
    std::size_t end = at + 1;
    bool quoted = false;
    for (; end < page.size() && (quoted || page[end] != '>'); ++end) {
      if (page[end] == '"') quoted = !quoted;
      if (!quoted && page[end] == '<') return "'<' within a tag";
    }
    if (end >= page.size()) return "a tag without end";
    const std::string tag(page.substr(at + 1, end - at - 1));
    const std::string name = tag.substr(0, tag.find_first_of(" />", 1));
    at = end;
    if (tag.back() == '/') continue;
    if (tag[0] != '/') {
      open.push_back(name);
    } else if (open.empty() || "/" + open.back() != name) {
      return "<" + name + "> closes <" + (open.empty() ? "" : open.back()) + ">";
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> stays open";
}

std::size_t count_of(std::string_view page, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = page.find(part); at != page.npos; at = page.find(part, at + 1)) ++count;
  return count;
}

// As a word: texts of their own do not hold "nan" or "inf" in these tests.
void expect_presentable(const std::string& page) {
  EXPECT_EQ(broken_markup(page), "");
  EXPECT_TRUE(is_utf8(page));
  for (const char* number : {"nan", "NaN", ">inf", "-inf", " inf", ",inf"}) {
    EXPECT_THAT(page, Not(HasSubstr(number)));
  }
}

TEST(ComparisonPage, is_well_formed_and_names_every_model_with_its_path) {
  const std::string page = comparison_page(ordinary());

  expect_presentable(page);
  for (const char* name : {"tiny-Q8_0.gguf", "tiny-Q2_K.gguf", "tiny-Q4_K_M.gguf"}) {
    EXPECT_THAT(page, HasSubstr("title=\"a/" + std::string(name) + "\""));
    EXPECT_THAT(page, HasSubstr("<title>" + std::string(name)));
  }
}

TEST(ComparisonPage, says_what_was_compared) {
  const std::string page = comparison_page(ordinary());

  for (const char* fact :
       {"3 models against full-precision", "models/full-precision", "data/test.txt",
        "12,345, of which 6,000 are scored", "20 of 512 tokens", "7 documents, seed 42",
        "nybble 0.4.0, 2026-11-25", "01234567\u2026", "1.0e-12", "0.00020"}) {
    EXPECT_THAT(page, HasSubstr(fact));
  }
}

TEST(ComparisonPage, needs_no_network_and_no_script) {
  const std::string page = comparison_page(ordinary());

  for (const char* outside :
       {"http", "src=", "href=", "url(", "@import", "<script", "<link", "<iframe", " onload"}) {
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  }
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(page, HasSubstr("width=device-width"));
}

TEST(ComparisonPage, sorts_models_by_size) {
  const std::string page = comparison_page(ordinary());

  const std::size_t small = page.find("title=\"a/tiny-Q2_K.gguf");
  const std::size_t middle = page.find("title=\"a/tiny-Q4_K_M.gguf");
  EXPECT_LT(small, middle);
  EXPECT_LT(middle, page.find("title=\"a/tiny-Q8_0.gguf"));
}

TEST(ComparisonPage, shortens_labels_by_what_all_names_share) {
  const std::string page = comparison_page(ordinary());

  EXPECT_THAT(page, HasSubstr(">Q4_K_M</text>"));
}

TEST(ComparisonPage, prints_means_with_intervals) {
  const std::string page = comparison_page(ordinary());

  EXPECT_THAT(page, HasSubstr("0.0400<small>0.0360\u20130.0440</small>"));
  EXPECT_THAT(page, HasSubstr("title=\"95 % interval: 79.20 to 96.80\">88.00</td>"));
}

TEST(ComparisonPage, shows_added_by_activations_only_when_measured) {
  CompareReport report = ordinary();
  EXPECT_THAT(comparison_page(report), Not(HasSubstr("added by activations")));

  report.models[1].measurement.activations = about(0.0077);

  EXPECT_THAT(comparison_page(report), HasSubstr("added by activations"));
  EXPECT_THAT(comparison_page(report), HasSubstr("0.00770<small>"));
}

TEST(ComparisonPage, tells_the_format_and_error_of_each_tensor) {
  const std::string page = comparison_page(ordinary());

  EXPECT_THAT(page, HasSubstr("<title>blk.2.attn_q.weight: Q4_K, relative error 0.0556</title>"));
  EXPECT_THAT(page, HasSubstr("not shown: attn_norm."));
  EXPECT_THAT(page, Not(HasSubstr("attn_norm.weight")));
}

TEST(ComparisonPage, escapes_markup_in_tokens) {
  const std::string page = page_with({.before = "<script>alert(1)</script>",
                                      .token = "\"'&",
                                      .after = "</details><img src=x>",
                                      .reference_guess = "<b>",
                                      .model_guess = "</code>"});

  expect_presentable(page);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(page, HasSubstr("<mark>&quot;&#39;&amp;</mark>"));
  EXPECT_THAT(page, HasSubstr("&lt;/code&gt;</code>"));
}

TEST(ComparisonPage, shows_broken_utf8_and_control_characters_in_tokens) {
  const std::string page = page_with({.before = std::string("nul\0 esc\x1b del\x7f", 14),
                                      .token = "\xff\xe2\x96",
                                      .after = "\xc2\x9b late",
                                      .reference_guess = "",
                                      .model_guess = ""});

  expect_presentable(page);
  EXPECT_THAT(page, HasSubstr("nul\u2400 esc\u241b del\u2421"));
  EXPECT_THAT(page, HasSubstr("<mark>\ufffd\ufffd\ufffd</mark>"));
  EXPECT_THAT(page, HasSubstr("<bdi>\ufffd late</bdi>"));
}

TEST(ComparisonPage, shows_newlines_and_the_spaces_of_a_token) {
  const std::string page = page_with({.before = "end\n",
                                      .token = " a",
                                      .after = "",
                                      .reference_guess = "\n",
                                      .model_guess = "\t"});

  EXPECT_THAT(page, HasSubstr("end<span class=\"ws\">\u21b5</span>"));
  EXPECT_THAT(page, HasSubstr("<mark><span class=\"ws\">\u00b7</span>a</mark>"));
  EXPECT_THAT(page, HasSubstr("<span class=\"ws\">\u21e5</span></code>"));
}

TEST(ComparisonPage, escapes_names_of_files_and_tensors) {
  const std::string hostile = "x\"><script>\n\xff.gguf";
  CompareReport report = report_of({model(hostile, 1000, 0.1), model("b.gguf", 2000, 0.05)});
  report.reference.model = report.text.path = report.text.unit = report.version = hostile;
  report.text.sha256 = report.date = hostile;
  report.models[0].tensors = {{hostile, hostile, 0, hostile, 0.1},
                              {hostile, hostile, -1, hostile, 0.1},
                              {hostile, hostile, -1, hostile + "2", 0}};

  const std::string page = comparison_page(report);

  expect_presentable(page);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("x&quot;&gt;&lt;script&gt;\u240a\ufffd"));
}

TEST(ComparisonPage, never_prints_nan) {
  CompareReport report = ordinary();
  const Estimate nothing{nan, nan, nan};
  Measurement& measured = report.models[0].measurement;
  measured.divergence = Divergence{.mean = nothing,
                                   .median = nothing,
                                   .p90 = nothing,
                                   .p99 = nothing,
                                   .p999 = nothing,
                                   .max = nan,
                                   .top1 = nothing,
                                   .rms_dp = nothing,
                                   .perplexity_ratio = nothing};
  measured.perplexity = nothing;
  measured.activations = nothing;
  report.models[0].by_position[0].mean = nan;
  report.models[0].tensors[0].relative_error = nan;
  report.models[0].worst[0].divergence = nan;
  report.models[1].measurement.divergence->mean.low = nan;
  report.models[2].measurement.divergence->mean.value = std::numeric_limits<double>::infinity();
  report.floor = {nan, nan, 10};

  const std::string page = comparison_page(report);

  expect_presentable(page);
  EXPECT_THAT(page, HasSubstr("for want of a finite divergence: tiny-Q4_K_M.gguf, tiny-Q8_0.gguf"));
  EXPECT_THAT(page, HasSubstr("\u221e"));
}

TEST(ComparisonPage, draws_no_divergence_at_the_foot_of_the_logarithmic_axis) {
  CompareReport report = ordinary();
  report.models[0] = model("a/same.gguf", 99'000'000, 0);

  const std::string page = comparison_page(report);

  expect_presentable(page);
  EXPECT_THAT(page, HasSubstr(">0</text>"));
  EXPECT_THAT(page, HasSubstr("same.gguf: 99.0 MB, mean KLD 0 (0 to 0)"));
}

TEST(ComparisonPage, draws_when_nothing_diverges) {
  CompareReport report = report_of({model("same.gguf", 1000, 0)});
  report.floor = {0, 0, 10};

  const std::string page = comparison_page(report);

  expect_presentable(page);
  EXPECT_THAT(page, HasSubstr("same.gguf against full-precision"));
  // Where all is exact, the map is not empty but shows that.
  EXPECT_THAT(page, HasSubstr("class=\"exact\"><title>blk.0.attn_q.weight"));
}

TEST(ComparisonPage, draws_models_of_one_size) {
  expect_presentable(comparison_page(report_of(
      {model("a.gguf", 1000, 0.1), model("b.gguf", 1000, 0.1), model("c.gguf", 0, 0.2)})));
}

TEST(ComparisonPage, leaves_out_sections_without_numbers) {
  const std::string page = page_of_empty_models();

  expect_presentable(page);
  EXPECT_THAT(page, HasSubstr("bare.gguf"));
  for (const char* title : {"Error of each tensor", "By position", "Worst tokens"}) {
    EXPECT_THAT(page, Not(HasSubstr(title)));
  }
  expect_presentable(comparison_page(report_of({})));
  expect_presentable(comparison_page({}));
}

TEST(ComparisonPage, gives_twelve_models_twelve_signs) {
  CompareReport report = ordinary();
  report.models.clear();
  for (int i = 0; i < 12; ++i) {
    const double size = 40 + 3 * i;
    report.models.push_back(model("q" + std::to_string(i) + ".gguf",
                                  static_cast<std::uint64_t>(size * 1e6), std::exp(-i)));
  }

  const std::string page = comparison_page(report);

  expect_presentable(page);
  std::vector<std::string> signs;
  for (std::size_t at = page.find("class=\"sign "); at < page.find("</table>");
       at = page.find("class=\"sign ", at + 1)) {
    const std::size_t dash = page.find("dasharray=", at);
    const std::string sign = page.substr(at, 16) + page.substr(dash, page.find("/>", dash) - dash);
    EXPECT_THAT(signs, Not(::testing::Contains(sign)));
    signs.push_back(sign);
  }
  EXPECT_EQ(signs.size(), 12u);
}

TEST(ComparisonPage, tells_files_of_one_name_apart_by_folder) {
  const std::string page = comparison_page(
      report_of({model("x/a/model.gguf", 1000, 0.1), model("x/b/model.gguf", 2000, 0.05)}));

  EXPECT_THAT(page, HasSubstr("<title>a/model.gguf: "));
  EXPECT_THAT(page, HasSubstr("<title>b/model.gguf: "));
}

TEST(ComparisonPage, clips_long_names_and_keeps_their_end) {
  const std::string name = std::string(3000, 'w') + "-Q4_K.gguf";
  const std::string page = comparison_page(report_of({model(name, 1000, 0.1)}));

  expect_presentable(page);
  EXPECT_THAT(page, HasSubstr("w\u2026w-Q4_K</text>"));
}

TEST(ComparisonPage, shows_layers_that_exist_however_they_are_numbered) {
  CompareReport report = ordinary();
  report.models[0].tensors = {{"t", "Q4_0", 2'000'000'000, "attn_q", 0.1},
                              {"u", "Q4_0", -5, "output", 0.1}};
  for (int i = 0; i < 500; ++i) {
    report.models[0].tensors.push_back({"v", "Q4_0", 0, "role" + std::to_string(i), 0.1});
  }

  const std::string page = comparison_page(report);

  expect_presentable(page);
  EXPECT_THAT(page, HasSubstr(" more roles are not shown"));
  EXPECT_LT(count_of(page, "<rect"), 200u);
}

}  // namespace
}  // namespace nybble
