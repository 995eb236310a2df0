// The statements of Jinja.
#include "text/jinja_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>

#include "base/error.h"
#include "text/jinja_scopes.h"
#include "text/python_text.h"

namespace nybble::text::jinja {

Token TokenStream::take() {
  Token token = current();
  if (place_ + 1 < tokens_.size()) ++place_;
  return token;
}

bool TokenStream::is_symbol(std::string_view symbol) const {
  return is(TokenKind::symbol) && current().text == symbol;
}

bool TokenStream::is_name(std::string_view name) const {
  return is(TokenKind::name) && current().text == name;
}

bool TokenStream::skip_symbol(std::string_view symbol) {
  const bool found = is_symbol(symbol);
  if (found) take();
  return found;
}

bool TokenStream::skip_name(std::string_view name) {
  const bool found = is_name(name);
  if (found) take();
  return found;
}

std::string TokenStream::expect_name() {
  if (!is(TokenKind::name)) fail_expected("a name");
  return take().text;
}

void TokenStream::expect_name(std::string_view name) {
  if (!skip_name(name)) fail_expected(fmt::format("'{}'", name));
}

void TokenStream::expect_symbol(std::string_view symbol) {
  if (!skip_symbol(symbol)) fail_expected(fmt::format("'{}'", symbol));
}

void TokenStream::expect(TokenKind kind) {
  if (!is(kind)) fail_expected(kind == TokenKind::block_end ? "the end '%}' of the tag" : "'}}'");
  take();
}

void TokenStream::fail_expected(std::string_view what) const {
  static constexpr std::array<std::string_view, 11> kinds = {"text",
                                                             "'{{'",
                                                             "'}}'",
                                                             "'{%'",
                                                             "'%}'",
                                                             "",
                                                             "a string",
                                                             "a number",
                                                             "a number",
                                                             "",
                                                             "the end of the template"};
  const Token& token = current();
  const bool shown = token.kind == TokenKind::name || token.kind == TokenKind::symbol;
  const std::string found = shown ? fmt::format("'{}'", token.text)
                                  : std::string(kinds[static_cast<std::size_t>(token.kind)]);
  fail_syntax(token.line, fmt::format("expected {}, found {}", what, found));
}

namespace {

using Names = std::initializer_list<std::string_view>;

class Parser {
 public:
  explicit Parser(std::string_view source)
      : tokens_(tokenize_template(source)), expressions_(tokens_, depth_) {}

  Template run() {
    Template result{.body = parse_body({}), .function = {}};
    resolve_scopes(result);
    return result;
  }

 private:
  // Statements up to one of the ends, whose name is then the current token; all when there is none.
  Body parse_body(Names ends) {
    const ParseDepth guard(depth_, tokens_.line());
    Body body;
    while (!tokens_.is(TokenKind::end)) {
      const int line = tokens_.line();
      if (tokens_.is(TokenKind::data)) {
        body.push_back({line, TextNode{literal_text(tokens_.take().text)}});
      } else if (tokens_.is(TokenKind::variable_begin)) {
        tokens_.take();
        body.push_back({line, PrintNode{expressions_.tuple()}});
        tokens_.expect(TokenKind::variable_end);
      } else {
        tokens_.take();
        if (at_one_of(ends)) return body;
        parse_statement(body, ends);
        tokens_.expect(TokenKind::block_end);
      }
    }
    if (ends.size() != 0) tokens_.fail_expected(fmt::format("'{{% {} %}}'", *(ends.end() - 1)));
    return body;
  }

  bool at_one_of(Names names) const {
    return std::any_of(names.begin(), names.end(),
                       [this](auto name) { return tokens_.is_name(name); });
  }

  // The body of a tag: from the end of the tag to the name of one that closes it.
  Body parse_block(Names ends) {
    tokens_.skip_symbol(":");
    tokens_.expect(TokenKind::block_end);
    return parse_body(ends);
  }
  Body parse_whole_block(std::string_view end) {
    Body body = parse_block({end});
    tokens_.take();
    return body;
  }
  // As parse_whole_block, for a body that is a function in jinja2: loops around it cannot be left
  // from inside.
  Body parse_function_block(std::string_view end) {
    const int loops = std::exchange(loops_, 0);
    Body body = parse_whole_block(end);
    loops_ = loops;
    return body;
  }

  void parse_statement(Body& body, Names ends) {
    struct Tag {
      std::string_view name;
      decltype(Statement::node) (Parser::*parse)();
    };
    static constexpr std::array<Tag, 17> tags = {{{"for", &Parser::parse_for},
                                                  {"if", &Parser::parse_if},
                                                  {"set", &Parser::parse_set},
                                                  {"macro", &Parser::parse_macro},
                                                  {"call", &Parser::parse_call},
                                                  {"filter", &Parser::parse_filter},
                                                  {"generation", &Parser::parse_generation},
                                                  {"with", &Parser::parse_with},
                                                  {"block", &Parser::parse_named_block},
                                                  {"break", &Parser::parse_jump<BreakNode>},
                                                  {"continue", &Parser::parse_jump<ContinueNode>},
                                                  {"include", &Parser::parse_loader},
                                                  {"import", &Parser::parse_loader},
                                                  {"from", &Parser::parse_loader},
                                                  {"extends", &Parser::parse_loader},
                                                  {"autoescape", &Parser::parse_autoescape},
                                                  {"print", nullptr}}};
    const int line = tokens_.line();
    const auto tag = std::find_if(tags.begin(), tags.end(),
                                  [this](const Tag& t) { return tokens_.is_name(t.name); });
    if (tag == tags.end()) {
      tokens_.fail_expected(ends.size() == 0
                                ? std::string("the name of a statement")
                                : fmt::format("a statement or '{}'", *(ends.end() - 1)));
    }
    tag_ = tokens_.take().text;
    if (tag->parse == nullptr) return parse_print(body, line);
    body.push_back({line, (this->*tag->parse)()});
  }

  void parse_print(Body& body, int line) {
    for (bool first = true; !tokens_.is(TokenKind::block_end); first = false) {
      if (!first) tokens_.expect_symbol(",");
      body.push_back({line, PrintNode{expressions_.expression()}});
    }
  }

  Target parse_name_target(std::string name, int line) {
    static constexpr std::array<std::string_view, 6> constants = {"true", "false", "none",
                                                                  "True", "False", "None"};
    if (std::find(constants.begin(), constants.end(), name) != constants.end()) {
      fail_syntax(line, fmt::format("expected a variable to assign to, found '{}'", name));
    }
    return {.name = std::move(name), .slot = {}, .attribute = {}, .items = {}, .line = line};
  }

  Target parse_primary_target(bool with_namespace) {
    const int line = tokens_.line();
    if (tokens_.skip_symbol("(")) {
      const ParseDepth guard(depth_, line);
      Target target = parse_target(false, {});
      tokens_.expect_symbol(")");
      return target;
    }
    if (!tokens_.is(TokenKind::name)) tokens_.fail_expected("a variable to assign to");
    std::string name = tokens_.take().text;
    if (with_namespace && tokens_.skip_symbol(".")) {
      Target target{.name = std::move(name),
                    .slot = {},
                    .attribute = tokens_.expect_name(),
                    .items = {},
                    .line = line};
      return target;
    }
    if (name == "loop" && fors_ > 0)
      fail_syntax(line, "'loop' cannot be assigned to inside of a loop");
    return parse_name_target(std::move(name), line);
  }

  Target parse_target(bool with_namespace, std::string_view end) {
    Target tuple{.name = {},
                 .slot = {},
                 .attribute = {},
                 .items = {},
                 .tuple = true,
                 .line = tokens_.line()};
    bool has_comma = false;
    while (true) {
      if (has_comma && (tokens_.is(TokenKind::block_end) || tokens_.is_symbol(")") ||
                        (!end.empty() && tokens_.is_name(end)))) {
        break;
      }
      tuple.items.push_back(parse_primary_target(with_namespace));
      if (!tokens_.skip_symbol(",")) break;
      has_comma = true;
    }
    return has_comma ? tuple : std::move(tuple.items[0]);
  }

  decltype(Statement::node) parse_for() {
    ForNode node;
    ++fors_;
    node.target = parse_target(false, "in");
    tokens_.expect_name("in");
    node.iterable = expressions_.tuple(false, "recursive");
    if (tokens_.skip_name("if")) {
      node.filter = expressions_.expression();
      node.filter_target = node.target;
    }
    node.recursive = tokens_.skip_name("recursive");
    ++loops_;
    node.body = parse_block({"else", "endfor"});
    --loops_;
    if (tokens_.take().text == "else") node.otherwise = parse_whole_block("endfor");
    --fors_;
    return node;
  }

  decltype(Statement::node) parse_if() {
    IfNode node;
    std::string next = "elif";
    while (next == "elif") {
      ExpressionPtr test = expressions_.tuple(false);
      Body body = parse_block({"elif", "else", "endif"});
      node.branches.emplace_back(std::move(test), std::move(body));
      next = tokens_.take().text;
    }
    if (next == "else") node.otherwise = parse_whole_block("endif");
    return node;
  }

  decltype(Statement::node) parse_set() {
    Target target = parse_target(true, {});
    if (tokens_.skip_symbol("=")) return SetNode{std::move(target), expressions_.tuple()};
    ExpressionPtr filter = expressions_.filters(nullptr);
    Body body = parse_whole_block("endset");
    return SetBlockNode{std::move(target), std::move(filter), std::move(body), {}, false};
  }

  void parse_signature(MacroCode& code) {
    tokens_.expect_symbol("(");
    std::set<std::string, std::less<>> seen;
    for (bool first = true; !tokens_.is_symbol(")"); first = false) {
      if (!first) tokens_.expect_symbol(",");
      const int line = tokens_.line();
      Target target = parse_name_target(tokens_.expect_name(), line);
      Parameter parameter{.name = std::move(target.name), .slot = {}, .otherwise = nullptr};
      if (!seen.insert(parameter.name).second) {
        fail_syntax(line, fmt::format("the parameter '{}' is named twice", parameter.name));
      }
      if (tokens_.skip_symbol("=")) {
        parameter.otherwise = expressions_.expression();
      } else if (!code.parameters.empty() && code.parameters.back().otherwise) {
        fail_syntax(line, fmt::format("expected a default for the parameter '{}'", parameter.name));
      }
      code.parameters.push_back(std::move(parameter));
    }
    tokens_.expect_symbol(")");
  }

  decltype(Statement::node) parse_macro() {
    auto code = std::make_shared<MacroCode>();
    const int line = tokens_.line();
    code->name = parse_name_target(tokens_.expect_name(), line).name;
    parse_signature(*code);
    code->body = parse_function_block("endmacro");
    return MacroNode{std::move(code), {}, false};
  }

  decltype(Statement::node) parse_call() {
    auto code = std::make_shared<MacroCode>();
    if (tokens_.is_symbol("(")) parse_signature(*code);
    ExpressionPtr call = expressions_.expression();
    if (!std::holds_alternative<CallNode>(call->node))
      tokens_.fail_expected("a call of a macro before this");
    code->body = parse_function_block("endcall");
    return CallBlockNode{std::move(code), std::move(call)};
  }

  decltype(Statement::node) parse_filter() {
    ExpressionPtr filter = expressions_.filters(nullptr, true);
    Body body = parse_whole_block("endfilter");
    return FilterBlockNode{std::move(filter), std::move(body), {}};
  }

  decltype(Statement::node) parse_generation() {
    return GenerationNode{parse_function_block("endgeneration"), {}};
  }

  decltype(Statement::node) parse_with() {
    WithNode node;
    while (!tokens_.is(TokenKind::block_end)) {
      if (!node.values.empty()) tokens_.expect_symbol(",");
      Target target = parse_target(false, {});
      tokens_.expect_symbol("=");
      node.values.emplace_back(std::move(target), expressions_.expression());
    }
    node.body = parse_whole_block("endwith");
    return node;
  }

  decltype(Statement::node) parse_named_block() {
    BlockNode node{.name = tokens_.expect_name(), .body = {}, .function = {}};
    if (!blocks_.insert(node.name).second) {
      fail_syntax(tokens_.line(), fmt::format("the block '{}' is defined twice", node.name));
    }
    if (!tokens_.is(TokenKind::block_end)) {
      fail(ErrorKind::unsupported,
           "chat template, line {}: blocks are supported without 'scoped' and 'required'",
           tokens_.line());
    }
    node.body = parse_function_block("endblock");
    tokens_.skip_name(node.name);
    return node;
  }

  template <class Node>
  decltype(Statement::node) parse_jump() {
    if (loops_ == 0)
      fail_syntax(tokens_.line(), fmt::format("'{}' stands outside of a loop", tag_));
    return Node{};
  }

  // There is nothing to load from: an error where it runs, as in jinja2.
  decltype(Statement::node) parse_loader() {
    while (!tokens_.is(TokenKind::block_end) && !tokens_.is(TokenKind::end)) tokens_.take();
    return LoaderNode{tag_};
  }

  decltype(Statement::node) parse_autoescape() {
    fail(ErrorKind::unsupported,
         "chat template, line {}: 'autoescape' is not supported; use the filter 'escape'",
         tokens_.line());
  }

  TokenStream tokens_;
  int depth_ = 0;
  ExpressionParser expressions_;
  std::string tag_;
  int fors_ = 0;   // loops around, also across macros
  int loops_ = 0;  // loops around that `break` can leave
  std::set<std::string, std::less<>> blocks_;
};

}  // namespace

Template parse_template(std::string_view source) {
  return Parser(source).run();
}

}  // namespace nybble::text::jinja
