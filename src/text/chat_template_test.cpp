// Chat templates: recorded outputs of jinja2, real templates, hostile templates, and where a
// template is found.
#include "text/chat_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/mapped_file.h"
#include "nybble/error.h"

namespace nybble::text {
namespace {

using testing::HasSubstr;

constexpr std::int64_t now = 1721984461;  // 26 July 2024, 09:01:01 UTC

OrderedJson hello() {
  return {{"messages", {{{"role", "user"}, {"content", "Hi"}}}}};
}

std::string render(const std::string& source, const OrderedJson& context = hello()) {
  return ChatTemplate(source).render(context, now);
}

Error error_of(const std::string& source, const OrderedJson& context = hello()) {
  try {
    render(source, context);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error: " << source.substr(0, 200);
  return {ErrorKind::io, ""};
}

// tests/golden/templates/make.py records what jinja2 renders, "error" where it raises.
TEST(ChatTemplate, renders_what_jinja2_renders) {
  const OrderedJson golden =
      parse_ordered_json(read_text_file("tests/golden/templates/features.json"), "features.json");
  for (const OrderedJson& one : golden.at("cases")) {
    const std::string source = one.at("template").get<std::string>();
    if (one.contains("error")) {
      EXPECT_THROW(render(source, golden.at("context")), Error) << source;
    } else {
      EXPECT_EQ(render(source, golden.at("context")), one.at("text").get<std::string>()) << source;
    }
  }
  EXPECT_GT(golden.at("cases").size(), 100u);
}

TEST(ChatTemplate, parses_the_templates_of_real_models) {
  const std::filesystem::path folder = "../shared/data/templates";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "SKIPPED: no folder ../shared/data/templates";
  int parsed = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".jinja") continue;
    EXPECT_NO_THROW(ChatTemplate(read_text_file(file.path()))) << file.path();
    ++parsed;
  }
  EXPECT_GT(parsed, 0);
}

TEST(ChatTemplate, hands_over_what_transformers_hands_over) {
  // Keys without a value are left out, and reasoning goes under both of its names.
  const OrderedJson context = {
      {"messages", {{{"role", "assistant"}, {"content", nullptr}, {"reasoning", "hm"}}}}};
  EXPECT_EQ(
      render("{{ messages[0] }} {{ tools }} {{ documents }} {{ add_generation_prompt }}", context),
      "{'thinking': 'hm', 'role': 'assistant', 'reasoning': 'hm', 'reasoning_content': 'hm'} None "
      "None False");
  EXPECT_EQ(error_of("x", {{"messages", OrderedJson::array()}}).kind(), ErrorKind::invalid_input);
}

TEST(ChatTemplate, says_what_the_template_says_when_it_raises) {
  const Error error = error_of("\n{{ raise_exception('Only user and ' ~ 'assistant') }}");
  EXPECT_EQ(error.kind(), ErrorKind::invalid_input);
  EXPECT_THAT(error.what(), HasSubstr("Only user and assistant"));
  EXPECT_THAT(error.what(), HasSubstr("line 2"));
}

TEST(ChatTemplate, names_line_and_expectation_of_bad_syntax) {
  const Error error = error_of("a\nb {% if x %}\nc");
  EXPECT_EQ(error.kind(), ErrorKind::corrupt_file);
  EXPECT_THAT(error.what(), HasSubstr("line 3"));
  EXPECT_THAT(error.what(), HasSubstr("endif"));
  EXPECT_THAT(error_of("{{ x | nosuch }}").what(), HasSubstr("nosuch"));
  EXPECT_THAT(error_of("{{ 'a' + 1 }}").what(), HasSubstr("str and int"));
  EXPECT_THAT(error_of("{{ x.y }}").what(), HasSubstr("'x' is undefined"));
  EXPECT_EQ(error_of("\xff\xfe").kind(), ErrorKind::corrupt_file);
}

TEST(ChatTemplate, can_be_rendered_again_with_the_same_result) {
  const ChatTemplate chat(
      "{% set ns = namespace(n=0) %}{% for x in range(3) %}{% set ns.n = ns.n + x %}{% endfor %}{{ "
      "ns.n }}");
  EXPECT_EQ(chat.render(hello(), now), "3");
  EXPECT_EQ(chat.render(hello(), now), "3");
}

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// Every hostile template ends in an error, soon, whatever its shape. The sandbox bounds steps,
// memory and depth.
TEST(ChatTemplate, hostile_templates_end_in_an_error) {
  const std::string ns = "{% set ns = namespace(s='aaaaaaaaaaaaaaaa', l=[1], g=[1], f=none) %}";
  const auto loop = [](const std::string& body) {
    return "{% for i in range(100000) %}{% for j in range(100000) %}" + body +
           "{% endfor %}{% endfor %}";
  };
  const std::vector<std::string> sources = {
      // Without end, or nearly.
      loop(""),
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% macro a() %}{% for x in [1] %}{{ b() }}{% endfor %}{% endmacro %}{% macro b() %}{{ a() "
      "}}{% endmacro %}{{ b() }}",
      "{% macro m(c) %}{% call m(1) %}x{% endcall %}{% endmacro %}{{ m(1) }}",
      "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
      "{{ range(10 ** 12) }}",
      "{{ range(0, 10 ** 30, 10 ** 29) }}",
      // Much memory.
      "{{ 'a' * 10 ** 9 }}",
      "{{ [1] * 10 ** 9 }}",
      "{{ 'a' * 10 ** 30 }}",
      ns + loop("{% set ns.s = ns.s + ns.s %}"),
      ns + loop("{% set ns.s = ns.s ~ ns.s %}"),
      ns + loop("{% set ns.l = ns.l + ns.l %}"),
      ns + loop("{% set ns.l = [ns.l, ns.l] %}"),
      ns + "{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
      ns + "{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | tojson }}",
      ns + "{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.g = [ns.g, ns.g] %}{% "
           "endfor %}{{ ns.l == ns.g }}",
      ns + "{% for i in range(60) %}{% set ns.l = (ns.l, ns.l) %}{% endfor %}{{ {ns.l: 1} }}",
      ns + "{% for i in range(60) %}{% set ns.s = ns.s.replace('a', ns.s) %}{% endfor %}",
      ns + "{% for i in range(60) %}{% set ns.s = ns.s | replace('', ns.s) %}{% endfor %}",
      ns + "{% for i in range(60) %}{% set ns.s = ns.s.join(ns.s) %}{% endfor %}",
      ns + "{% for i in range(60) %}{% set ns.s = ns.s | indent(1000000, true) %}{% endfor %}" +
          loop(""),
      ns + loop("{% set ns.s %}{{ ns.s }}{{ ns.s }}{% endset %}"),
      ns + loop("{{ ns.s * 1000000 }}"),
      "{{ '%1000000000d' % 1 }}",
      "{{ '%.1000000000f' % 1 }}",
      "{{ '{:1000000000}'.format(1) }}",
      "{{ '{:.1000000000f}'.format(1.5) }}",
      "{{ '{:{}}'.format(1, 10 ** 9) }}",
      "{{ 'a'.center(10 ** 10) }}",
      "{{ 'a'.zfill(10 ** 10) }}",
      "{{ 'a\\tb'.expandtabs(10 ** 10) }}",
      "{{ 'a' | indent(10 ** 10, true) }}",
      "{{ [1] | tojson(indent=10 ** 10) }}",
      "{{ [1] | batch(10 ** 10, 'x') | list }}",
      "{{ [1] | slice(10 ** 10) | list }}",
      "{{ 2 ** (10 ** 9) }}",
      // Deep.
      ns + loop("{% set ns.g = ns.g | map('string') %}"),
      ns + loop("{% set ns.l = {'a': ns.l} %}"),
      "{% macro k(f) %}{% macro g() %}{{ f() }}{% endmacro %}{% set ns.f = g %}{% endmacro %}" +
          ns + "{% for i in range(100000) %}{% set x = k(ns.f) %}{% endfor %}{{ ns.f() }}",
      "{{ " + repeat("(", 100000) + "1" + repeat(")", 100000) + " }}",
      "{{ " + repeat("[", 100000),
      "{{ " + repeat("not ", 100000) + "1 }}",
      "{{ " + repeat("-", 100000) + "1 }}",
      "{{ 1" + repeat(" + 1", 100000) + " }}",
      "{{ x" + repeat(".a", 100000) + " }}",
      "{{ x" + repeat("|e", 100000) + " }}",
      "{{ 1" + repeat(" if 1 else 1", 100000) + " }}",
      repeat("{% if 1 %}", 50000),
      repeat("{% for x in y %}", 50000),
      repeat("{% macro m() %}", 50000),
      "{% set " + repeat("(", 100000) + " %}",
      // Forbidden.
      "{{ ''.__class__.__mro__ }}",
      "{{ ''.__class__() }}",
      "{{ messages.append(1) }}",
      "{{ messages[0].update({'a': 1}) }}",
      "{{ messages[0].pop('role') }}",
      "{{ '{0.__class__.__init__}'.format(messages) + 1 }}",
      "{{ m.__globals__ }}",
      "{% set ns = namespace() %}{% set ns.__class__ = 1 %}",
      "{% include '/etc/passwd' %}",
      "{% import 'os' as os %}",
      "{{ " + std::string(2 << 20, ' ') + " }}",
  };
  for (const std::string& source : sources) {
    const auto start = std::chrono::steady_clock::now();
    error_of(source);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    // A generous bound for sanitized builds on busy machines: without limits most of these would
    // never end.
    EXPECT_LT(seconds.count(), 120) << source.substr(0, 200);
  }
}

TEST(ChatTemplate, dangerous_names_print_nothing) {
  EXPECT_EQ(render("[{{ ''.__class__ }}{{ messages.append }}{{ '{0.__class__}'.format(1) }}{{ "
                   "m.__class__ if m }}]"),
            "[]");
}

TEST(ChatTemplate, references_in_a_circle_are_let_go) {
  // The leak checker of sanitized builds proves it.
  EXPECT_EQ(render("{% set ns = namespace() %}{% set ns.a = ns %}{% macro m() %}{{ ns }}{% "
                   "endmacro %}{% set ns.m = m %}x"),
            "x");
}

files::Checkpoint directory_with(std::string name, std::string text) {
  files::Checkpoint checkpoint;
  checkpoint.container = "safetensors";
  checkpoint.texts[std::move(name)] = std::move(text);
  return checkpoint;
}

TEST(FindChatTemplate, looks_where_models_keep_it) {
  files::Checkpoint gguf;
  gguf.container = "gguf";
  EXPECT_EQ(find_chat_template(gguf), "");
  gguf.metadata.set("tokenizer.chat_template", std::string("G"));
  EXPECT_EQ(find_chat_template(gguf), "G");

  EXPECT_EQ(find_chat_template(directory_with("chat_template.jinja", "J")), "J");
  EXPECT_EQ(find_chat_template(directory_with("chat_template.json", R"({"chat_template": "S"})")),
            "S");
  EXPECT_EQ(
      find_chat_template(directory_with("tokenizer_config.json", R"({"chat_template": "T"})")),
      "T");
  EXPECT_EQ(find_chat_template(directory_with("tokenizer_config.json", R"({"chat_template": [
      {"name": "tool_use", "template": "U"}, {"name": "default", "template": "D"}]})")),
            "D");
  EXPECT_EQ(find_chat_template(directory_with("tokenizer_config.json", "{}")), "");
  EXPECT_THROW(
      find_chat_template(directory_with("tokenizer_config.json", R"({"chat_template": 1})")),
      Error);

  files::Checkpoint both = directory_with("chat_template.jinja", "J");
  both.texts["tokenizer_config.json"] = R"({"chat_template": "T"})";
  EXPECT_EQ(find_chat_template(both), "J");
}

}  // namespace
}  // namespace nybble::text
