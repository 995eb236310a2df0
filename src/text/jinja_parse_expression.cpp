// The expressions of Jinja, one function for each level of precedence.
#include <algorithm>
#include <array>

#include "base/error.h"
#include "text/jinja_parser.h"
#include "text/jinja_walk.h"
#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

// Real templates stay below 30. The tree is walked by recursion, so its height is bounded.
constexpr int max_height = 400;
constexpr int max_depth = 600;

template <class Node>
ExpressionPtr make(int line, Node node) {
  auto expression = std::make_unique<Expression>();
  expression->line = line;
  each_child(node, [&](const ExpressionPtr& child) {
    if (child) expression->height = std::max(expression->height, child->height + 1);
  });
  expression->node = std::move(node);
  if (expression->height > max_height) {
    fail(ErrorKind::unsupported,
         "chat template, line {}: an expression nests deeper than {} levels", line, max_height);
  }
  return expression;
}

}  // namespace

Value literal_text(std::string text) {
  auto value = std::make_shared<Text>();
  value->length = python::count_code_points(text).value_or(text.size());
  value->bytes = std::move(text);
  return Value(std::shared_ptr<const Text>(std::move(value)));
}

ParseDepth::ParseDepth(int& depth, int line) : depth_(depth) {
  if (++depth_ > max_depth) {
    --depth_;
    fail(ErrorKind::unsupported, "chat template, line {}: it nests deeper than {} levels", line,
         max_depth);
  }
}

ExpressionPtr ExpressionParser::expression() {
  const ParseDepth guard(depth_, tokens_.line());
  int line = tokens_.line();
  ExpressionPtr result = parse_or();
  while (tokens_.skip_name("if")) {
    ConditionalNode node{.test = parse_or(), .then = std::move(result), .otherwise = nullptr};
    if (tokens_.skip_name("else")) node.otherwise = expression();
    result = make(line, std::move(node));
    line = tokens_.line();
  }
  return result;
}

ExpressionPtr ExpressionParser::parse_or() {
  const int line = tokens_.line();
  ExpressionPtr left = parse_and();
  while (tokens_.skip_name("or"))
    left = make(line, LogicalNode{false, std::move(left), parse_and()});
  return left;
}

ExpressionPtr ExpressionParser::parse_and() {
  const int line = tokens_.line();
  ExpressionPtr left = parse_not();
  while (tokens_.skip_name("and"))
    left = make(line, LogicalNode{true, std::move(left), parse_not()});
  return left;
}

ExpressionPtr ExpressionParser::parse_not() {
  const ParseDepth guard(depth_, tokens_.line());
  const int line = tokens_.line();
  if (!tokens_.skip_name("not")) return parse_compare();
  return make(line, UnaryNode{Unary::logical_not, parse_not()});
}

ExpressionPtr ExpressionParser::parse_compare() {
  static constexpr std::array<std::pair<std::string_view, Comparison>, 6> symbols = {
      {{"==", Comparison::equal},
       {"!=", Comparison::not_equal},
       {"<", Comparison::less},
       {"<=", Comparison::less_equal},
       {">", Comparison::greater},
       {">=", Comparison::greater_equal}}};
  const int line = tokens_.line();
  CompareNode node{.first = parse_sum(), .rest = {}};
  while (true) {
    const auto symbol = std::find_if(symbols.begin(), symbols.end(),
                                     [&](const auto& s) { return tokens_.is_symbol(s.first); });
    if (symbol != symbols.end()) {
      tokens_.take();
      node.rest.emplace_back(symbol->second, parse_sum());
    } else if (tokens_.skip_name("in")) {
      node.rest.emplace_back(Comparison::in, parse_sum());
    } else if (tokens_.is_name("not") && tokens_.ahead().kind == TokenKind::name &&
               tokens_.ahead().text == "in") {
      tokens_.take();
      tokens_.take();
      node.rest.emplace_back(Comparison::not_in, parse_sum());
    } else {
      break;
    }
  }
  if (node.rest.empty()) return std::move(node.first);
  return make(line, std::move(node));
}

ExpressionPtr ExpressionParser::parse_sum() {
  const int line = tokens_.line();
  ExpressionPtr left = parse_concat();
  while (tokens_.is_symbol("+") || tokens_.is_symbol("-")) {
    const Binary op = tokens_.take().text == "+" ? Binary::add : Binary::subtract;
    left = make(line, BinaryNode{op, std::move(left), parse_concat()});
  }
  return left;
}

ExpressionPtr ExpressionParser::parse_concat() {
  const int line = tokens_.line();
  ConcatNode node;
  node.parts.push_back(parse_product());
  while (tokens_.skip_symbol("~")) node.parts.push_back(parse_product());
  if (node.parts.size() == 1) return std::move(node.parts[0]);
  return make(line, std::move(node));
}

ExpressionPtr ExpressionParser::parse_product() {
  static constexpr std::array<std::pair<std::string_view, Binary>, 4> symbols = {
      {{"*", Binary::multiply},
       {"/", Binary::divide},
       {"//", Binary::floor_divide},
       {"%", Binary::modulo}}};
  const int line = tokens_.line();
  ExpressionPtr left = parse_power();
  while (true) {
    const auto symbol = std::find_if(symbols.begin(), symbols.end(),
                                     [&](const auto& s) { return tokens_.is_symbol(s.first); });
    if (symbol == symbols.end()) return left;
    tokens_.take();
    left = make(line, BinaryNode{symbol->second, std::move(left), parse_power()});
  }
}

ExpressionPtr ExpressionParser::parse_power() {
  const int line = tokens_.line();
  ExpressionPtr left = parse_unary();
  while (tokens_.skip_symbol("**")) {
    left = make(line, BinaryNode{Binary::power, std::move(left), parse_unary()});
  }
  return left;
}

ExpressionPtr ExpressionParser::parse_unary(bool with_filters) {
  const ParseDepth guard(depth_, tokens_.line());
  const int line = tokens_.line();
  ExpressionPtr node;
  if (tokens_.is_symbol("-") || tokens_.is_symbol("+")) {
    const Unary op = tokens_.take().text == "-" ? Unary::negative : Unary::positive;
    node = make(line, UnaryNode{op, parse_unary(false)});
  } else {
    node = parse_primary();
  }
  node = parse_postfix(std::move(node));
  return with_filters ? parse_filters_and_tests(std::move(node)) : std::move(node);
}

ExpressionPtr ExpressionParser::parse_name() {
  const Token token = tokens_.take();
  const std::string& name = token.text;
  if (name == "true" || name == "True") return make(token.line, LiteralNode{Value::boolean(true)});
  if (name == "false" || name == "False")
    return make(token.line, LiteralNode{Value::boolean(false)});
  if (name == "none" || name == "None") return make(token.line, LiteralNode{Value::none()});
  return make(token.line, NameNode{name, {}});
}

ExpressionPtr ExpressionParser::parse_primary() {
  const int line = tokens_.line();
  if (tokens_.is(TokenKind::name)) return parse_name();
  if (tokens_.is(TokenKind::text)) {
    std::string text;
    while (tokens_.is(TokenKind::text)) text += tokens_.take().text;
    return make(line, LiteralNode{literal_text(std::move(text))});
  }
  if (tokens_.is(TokenKind::integer))
    return make(line, LiteralNode{Value::integer(tokens_.take().integer)});
  if (tokens_.is(TokenKind::real)) return make(line, LiteralNode{Value::real(tokens_.take().real)});
  if (tokens_.skip_symbol("(")) {
    ExpressionPtr inside = tuple(true, {}, true);
    tokens_.expect_symbol(")");
    return inside;
  }
  if (tokens_.is_symbol("[")) return parse_list();
  if (tokens_.is_symbol("{")) return parse_dict();
  tokens_.fail_expected("an expression");
}

ExpressionPtr ExpressionParser::tuple(bool with_condition, std::string_view end,
                                      bool parenthesized) {
  const int line = tokens_.line();
  SequenceNode node{.items = {}, .tuple = true};
  bool has_comma = false;
  while (true) {
    if (has_comma && (tokens_.is(TokenKind::variable_end) || tokens_.is(TokenKind::block_end) ||
                      tokens_.is_symbol(")") || (!end.empty() && tokens_.is_name(end)))) {
      break;
    }
    if (node.items.empty() && parenthesized && tokens_.is_symbol(")"))
      return make(line, std::move(node));
    node.items.push_back(with_condition ? expression() : expression_without_condition());
    if (!tokens_.skip_symbol(",")) break;
    has_comma = true;
  }
  if (!has_comma) return std::move(node.items[0]);
  return make(line, std::move(node));
}

ExpressionPtr ExpressionParser::parse_list() {
  const int line = tokens_.take().line;
  SequenceNode node;
  while (!tokens_.is_symbol("]")) {
    if (!node.items.empty()) tokens_.expect_symbol(",");
    if (tokens_.is_symbol("]")) break;
    node.items.push_back(expression());
  }
  tokens_.expect_symbol("]");
  return make(line, std::move(node));
}

ExpressionPtr ExpressionParser::parse_dict() {
  const int line = tokens_.take().line;
  DictNode node;
  while (!tokens_.is_symbol("}")) {
    if (!node.items.empty()) tokens_.expect_symbol(",");
    if (tokens_.is_symbol("}")) break;
    ExpressionPtr key = expression();
    tokens_.expect_symbol(":");
    node.items.emplace_back(std::move(key), expression());
  }
  tokens_.expect_symbol("}");
  return make(line, std::move(node));
}

ExpressionPtr ExpressionParser::parse_postfix(ExpressionPtr node) {
  while (true) {
    if (tokens_.is_symbol(".")) {
      node = parse_attribute(std::move(node));
    } else if (tokens_.is_symbol("[")) {
      node = parse_subscript(std::move(node));
    } else if (tokens_.is_symbol("(")) {
      node = parse_call(std::move(node));
    } else {
      return node;
    }
  }
}

ExpressionPtr ExpressionParser::parse_filters_and_tests(ExpressionPtr node) {
  while (true) {
    if (tokens_.is_symbol("|")) {
      node = filters(std::move(node));
    } else if (tokens_.is_name("is")) {
      node = parse_test(std::move(node));
    } else if (tokens_.is_symbol("(")) {
      node = parse_call(std::move(node));
    } else {
      return node;
    }
  }
}

ExpressionPtr ExpressionParser::parse_attribute(ExpressionPtr node) {
  const int line = tokens_.take().line;
  if (tokens_.is(TokenKind::name))
    return make(line, AttributeNode{std::move(node), tokens_.take().text});
  if (!tokens_.is(TokenKind::integer)) tokens_.fail_expected("a name or a number after '.'");
  ExpressionPtr key = make(line, LiteralNode{Value::integer(tokens_.take().integer)});
  return make(line, ItemNode{std::move(node), std::move(key)});
}

ExpressionPtr ExpressionParser::parse_subscript(ExpressionPtr node) {
  const int line = tokens_.take().line;
  if (tokens_.skip_symbol(":")) return parse_slice(std::move(node), nullptr, line);
  SequenceNode keys{.items = {}, .tuple = true};
  while (!tokens_.is_symbol("]")) {
    if (!keys.items.empty()) tokens_.expect_symbol(",");
    keys.items.push_back(expression());
    if (keys.items.size() == 1 && tokens_.skip_symbol(":")) {
      return parse_slice(std::move(node), std::move(keys.items[0]), line);
    }
  }
  tokens_.expect_symbol("]");
  ExpressionPtr key =
      keys.items.size() == 1 ? std::move(keys.items[0]) : make(line, std::move(keys));
  return make(line, ItemNode{std::move(node), std::move(key)});
}

// The rest of [start:stop:step], behind the first colon.
ExpressionPtr ExpressionParser::parse_slice(ExpressionPtr object, ExpressionPtr start, int line) {
  SliceNode node{
      .object = std::move(object), .start = std::move(start), .stop = nullptr, .step = nullptr};
  if (!tokens_.is_symbol(":") && !tokens_.is_symbol("]")) node.stop = expression();
  if (tokens_.skip_symbol(":") && !tokens_.is_symbol("]")) node.step = expression();
  tokens_.expect_symbol("]");
  return make(line, std::move(node));
}

ExpressionPtr ExpressionParser::parse_call(ExpressionPtr node) {
  const int line = tokens_.line();
  CallArguments arguments = parse_arguments();
  return make(line, CallNode{std::move(node), std::move(arguments)});
}

CallArguments ExpressionParser::parse_arguments() {
  CallArguments result;
  tokens_.expect_symbol("(");
  bool first = true;
  while (!tokens_.is_symbol(")")) {
    if (!first) tokens_.expect_symbol(",");
    if (!first && tokens_.is_symbol(")")) break;
    first = false;
    const bool dynamic = result.star || result.double_star;
    if (tokens_.is_symbol("*")) {
      if (dynamic) tokens_.fail_expected("at most one '*' argument, before '**'");
      tokens_.take();
      result.star = expression();
    } else if (tokens_.is_symbol("**")) {
      if (result.double_star) tokens_.fail_expected("at most one '**' argument");
      tokens_.take();
      result.double_star = expression();
    } else if (tokens_.is(TokenKind::name) && tokens_.ahead().kind == TokenKind::symbol &&
               tokens_.ahead().text == "=") {
      if (result.double_star) tokens_.fail_expected("keyword arguments before '**'");
      std::string name = tokens_.take().text;
      for (const auto& [known, value] : result.keyword) {
        if (known == name) tokens_.fail_expected("each keyword argument once");
      }
      tokens_.take();
      result.keyword.emplace_back(std::move(name), expression());
    } else {
      if (dynamic || !result.keyword.empty()) tokens_.fail_expected("positional arguments first");
      result.positional.push_back(expression());
    }
  }
  tokens_.expect_symbol(")");
  return result;
}

std::string ExpressionParser::dotted_name() {
  std::string name = tokens_.expect_name();
  while (tokens_.skip_symbol(".")) name += "." + tokens_.expect_name();
  return name;
}

ExpressionPtr ExpressionParser::filters(ExpressionPtr input, bool first_inline) {
  while (first_inline || tokens_.is_symbol("|")) {
    if (!first_inline) tokens_.take();
    first_inline = false;
    const int line = tokens_.line();
    FilterNode node{
        .input = std::move(input), .name = dotted_name(), .function = nullptr, .arguments = {}};
    node.function = find_filter(node.name);
    if (tokens_.is_symbol("(")) node.arguments = parse_arguments();
    input = make(line, std::move(node));
  }
  return input;
}

ExpressionPtr ExpressionParser::parse_test(ExpressionPtr node) {
  const int line = tokens_.take().line;
  const bool negated = tokens_.skip_name("not");
  TestNode test{
      .input = std::move(node), .name = dotted_name(), .function = nullptr, .arguments = {}};
  test.function = find_test(test.name);
  test.arguments = parse_test_arguments();
  ExpressionPtr result = make(line, std::move(test));
  return negated ? make(line, UnaryNode{Unary::logical_not, std::move(result)}) : std::move(result);
}

// In brackets, or one argument without them: "is divisibleby 3".
CallArguments ExpressionParser::parse_test_arguments() {
  if (tokens_.is_symbol("(")) return parse_arguments();
  CallArguments result;
  const bool starts_value = tokens_.is(TokenKind::name) || tokens_.is(TokenKind::text) ||
                            tokens_.is(TokenKind::integer) || tokens_.is(TokenKind::real) ||
                            tokens_.is_symbol("[") || tokens_.is_symbol("{");
  // jinja2 takes "in" and "if" here for a name, so "x is none in y" has its meaning.
  if (!starts_value || tokens_.is_name("else") || tokens_.is_name("or") || tokens_.is_name("and"))
    return result;
  if (tokens_.is_name("is")) tokens_.fail_expected("one test ('is' cannot be chained)");
  result.positional.push_back(parse_postfix(parse_primary()));
  return result;
}

}  // namespace nybble::text::jinja
