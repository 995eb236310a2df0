// The syntax tree of a chat template, as jinja_parser builds it and jinja_scopes completes it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "text/jinja_filters.h"
#include "text/jinja_value.h"

namespace nybble::text::jinja {

struct Expression;
struct Statement;
using ExpressionPtr = std::unique_ptr<Expression>;
using Body = std::vector<Statement>;

// Where a variable lives: function frames outwards, and the place in that frame.
struct Slot {
  int up = 0;
  int index = -1;
};

enum class Unary { negative, positive, logical_not };
enum class Binary { add, subtract, multiply, divide, floor_divide, modulo, power };
enum class Comparison { equal, not_equal, less, less_equal, greater, greater_equal, in, not_in };

struct CallArguments {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> keyword;
  ExpressionPtr star, double_star;  // f(*a, **b); may be null
};

struct LiteralNode {
  Value value;
};
struct NameNode {
  std::string name;
  Slot slot;
};
struct SequenceNode {
  std::vector<ExpressionPtr> items;
  bool tuple = false;
};
struct DictNode {
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> items;
};
struct UnaryNode {
  Unary op;
  ExpressionPtr operand;
};
struct BinaryNode {
  Binary op;
  ExpressionPtr left, right;
};
struct LogicalNode {
  bool is_and;
  ExpressionPtr left, right;
};
struct ConcatNode {
  std::vector<ExpressionPtr> parts;
};
struct CompareNode {
  ExpressionPtr first;
  std::vector<std::pair<Comparison, ExpressionPtr>> rest;
};
struct ConditionalNode {
  ExpressionPtr test, then, otherwise;
};  // otherwise may be null
struct AttributeNode {
  ExpressionPtr object;
  std::string name;
};
struct ItemNode {
  ExpressionPtr object, key;
};
struct SliceNode {
  ExpressionPtr object, start, stop, step;
};  // the last three may be null
struct CallNode {
  ExpressionPtr callee;
  CallArguments arguments;
};
// function: null when no filter or test has the name, which is an error where it runs.
struct FilterNode {
  ExpressionPtr input;  // null: the text of the block around it
  std::string name;
  const Filter* function = nullptr;
  CallArguments arguments;
};
struct TestNode {
  ExpressionPtr input;
  std::string name;
  const Test* function = nullptr;
  CallArguments arguments;
};

struct Expression {
  int line = 1;
  int height = 1;  // of the tree below, for the limit on nesting
  std::variant<LiteralNode, NameNode, SequenceNode, DictNode, UnaryNode, BinaryNode, LogicalNode,
               ConcatNode, CompareNode, ConditionalNode, AttributeNode, ItemNode, SliceNode,
               CallNode, FilterNode, TestNode>
      node;
};

// What an assignment writes to: a variable, an attribute of a namespace, or a tuple of targets.
struct Target {
  std::string name;
  Slot slot;
  std::string attribute;  // not empty: name.attribute
  std::vector<Target> items;
  bool tuple = false;
  int line = 1;
};

// What has to be done to the variables of a scope when it is entered.
struct Load {
  enum class From { context, outer, nothing };
  int index = -1;  // in the frame of the function
  From from = From::nothing;
  std::string name;  // context
  Slot source;       // outer
};
struct Scope {
  std::vector<Load> loads;
  std::vector<int> all;  // every place that belongs to the scope: forgotten at its end
};
// A scope that is a Python function of its own in jinja2: it has a frame.
struct FunctionScope {
  Scope scope;
  int n_slots = 0;
};

struct Parameter {
  std::string name;
  Slot slot;
  ExpressionPtr otherwise;  // may be null
};
// The callable part of a macro or of a call block.
struct MacroCode {
  std::string name;
  std::vector<Parameter> parameters;
  Body body;
  FunctionScope function;
  int caller = -1, kwargs = -1, varargs = -1;  // places of the special variables; -1: not used
  bool explicit_caller = false;
};

struct TextNode {
  Value text;
};
struct PrintNode {
  ExpressionPtr value;
};
struct ForNode {
  Target target;
  ExpressionPtr iterable;
  ExpressionPtr filter;  // may be null
  Target filter_target;  // the target again, in the frame of the filter
  FunctionScope filter_function;
  Body body, otherwise;
  bool recursive = false;
  int loop = -1;  // place of the variable `loop`; -1: not used
  Scope scope, else_scope;
  FunctionScope function;  // only of a recursive loop
};
struct IfNode {
  std::vector<std::pair<ExpressionPtr, Body>> branches;
  Body otherwise;
};
struct SetNode {
  Target target;
  ExpressionPtr value;
  bool exported = false;  // at the top level, where blocks see it
};
struct SetBlockNode {
  Target target;
  ExpressionPtr filter;  // may be null
  Body body;
  Scope scope;
  bool exported = false;
};
struct MacroNode {
  std::shared_ptr<MacroCode> code;
  Slot slot;
  bool exported = false;
};
struct CallBlockNode {
  std::shared_ptr<MacroCode> code;
  ExpressionPtr call;
};
// {% generation %}: rendered as it is, in a scope of its own.
struct GenerationNode {
  Body body;
  FunctionScope function;
};
struct FilterBlockNode {
  ExpressionPtr filter;
  Body body;
  Scope scope;
};
struct WithNode {
  std::vector<std::pair<Target, ExpressionPtr>> values;
  Body body;
  Scope scope;
};
struct BlockNode {
  std::string name;
  Body body;
  FunctionScope function;
};
struct BreakNode {};
struct ContinueNode {};
// include, import, from, extends: there are no other templates.
struct LoaderNode {
  std::string tag;
};

struct Statement {
  int line = 1;
  std::variant<TextNode, PrintNode, ForNode, IfNode, SetNode, SetBlockNode, MacroNode,
               CallBlockNode, GenerationNode, FilterBlockNode, WithNode, BlockNode, BreakNode,
               ContinueNode, LoaderNode>
      node;
};

struct Template {
  Body body;
  FunctionScope function;
};

}  // namespace nybble::text::jinja
