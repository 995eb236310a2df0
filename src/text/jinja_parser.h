// Builds the syntax tree of a chat template.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "text/jinja_ast.h"
#include "text/jinja_lexer.h"

namespace nybble::text::jinja {

// Throws Error(corrupt_file) with the line and what was expected, Error(unsupported) on what nybble
// leaves out.
Template parse_template(std::string_view source);

// A text of the template itself, which counts for no sandbox.
Value literal_text(std::string text);

// The tokens that are left. Shared by the parsers of statements and of expressions.
class TokenStream {
 public:
  explicit TokenStream(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}
  const Token& current() const { return tokens_[place_]; }
  const Token& ahead() const { return tokens_[std::min(place_ + 1, tokens_.size() - 1)]; }
  int line() const { return current().line; }
  Token take();
  bool is(TokenKind kind) const { return current().kind == kind; }
  bool is_symbol(std::string_view symbol) const;
  bool is_name(std::string_view name) const;
  bool skip_symbol(std::string_view symbol);
  bool skip_name(std::string_view name);
  // Takes the token or fails with what was expected and what stands there.
  std::string expect_name();
  void expect_name(std::string_view name);
  void expect_symbol(std::string_view symbol);
  void expect(TokenKind kind);
  [[noreturn]] void fail_expected(std::string_view what) const;

 private:
  std::vector<Token> tokens_;
  std::size_t place_ = 0;
};

// Counts nested calls of the parsers.
class ParseDepth {
 public:
  ParseDepth(int& depth, int line);
  ParseDepth(const ParseDepth&) = delete;
  ParseDepth& operator=(const ParseDepth&) = delete;
  ~ParseDepth() { --depth_; }

 private:
  int& depth_;
};

class ExpressionParser {
 public:
  ExpressionParser(TokenStream& tokens, int& depth) : tokens_(tokens), depth_(depth) {}

  ExpressionPtr expression();
  // Without the inline `if`, which a `for` keeps for itself.
  ExpressionPtr expression_without_condition() { return parse_or(); }
  // One expression or several with commas, which make a tuple. end: a name that ends it.
  ExpressionPtr tuple(bool with_condition = true, std::string_view end = {},
                      bool parenthesized = false);
  // "| filter | filter(...)"; input may be null for the filter of a block. first_inline: the first
  // has no "|".
  ExpressionPtr filters(ExpressionPtr input, bool first_inline = false);

 private:
  ExpressionPtr parse_or();
  ExpressionPtr parse_and();
  ExpressionPtr parse_not();
  ExpressionPtr parse_compare();
  ExpressionPtr parse_sum();
  ExpressionPtr parse_concat();
  ExpressionPtr parse_product();
  ExpressionPtr parse_power();
  ExpressionPtr parse_unary(bool with_filters = true);
  ExpressionPtr parse_primary();
  ExpressionPtr parse_name();
  ExpressionPtr parse_list();
  ExpressionPtr parse_dict();
  ExpressionPtr parse_postfix(ExpressionPtr node);
  ExpressionPtr parse_filters_and_tests(ExpressionPtr node);
  ExpressionPtr parse_attribute(ExpressionPtr node);
  ExpressionPtr parse_subscript(ExpressionPtr node);
  ExpressionPtr parse_slice(ExpressionPtr object, ExpressionPtr start, int line);
  ExpressionPtr parse_call(ExpressionPtr node);
  ExpressionPtr parse_test(ExpressionPtr node);
  CallArguments parse_arguments();
  CallArguments parse_test_arguments();
  std::string dotted_name();

  TokenStream& tokens_;
  int& depth_;
};

}  // namespace nybble::text::jinja
