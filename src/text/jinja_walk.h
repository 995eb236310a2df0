// Visits the direct children of an expression, in the order in which they are evaluated.
#pragma once

#include <type_traits>
#include <variant>

#include "text/jinja_ast.h"

namespace nybble::text::jinja {

template <class Arguments, class Act>
void each_argument(Arguments& arguments, const Act& act) {
  for (auto& argument : arguments.positional) act(argument);
  for (auto& [name, argument] : arguments.keyword) act(argument);
  act(arguments.star);
  act(arguments.double_star);
}

// Calls act(child) with each ExpressionPtr, which may be null. Node: any node of an Expression,
// const or not.
template <class Node, class Act>
void each_child(Node& node, const Act& act) {
  using Plain = std::remove_const_t<Node>;
  if constexpr (std::is_same_v<Plain, SequenceNode>) {
    for (auto& item : node.items) act(item);
  } else if constexpr (std::is_same_v<Plain, DictNode>) {
    for (auto& [key, value] : node.items) {
      act(key);
      act(value);
    }
  } else if constexpr (std::is_same_v<Plain, UnaryNode>) {
    act(node.operand);
  } else if constexpr (std::is_same_v<Plain, BinaryNode> || std::is_same_v<Plain, LogicalNode>) {
    act(node.left);
    act(node.right);
  } else if constexpr (std::is_same_v<Plain, ConcatNode>) {
    for (auto& part : node.parts) act(part);
  } else if constexpr (std::is_same_v<Plain, CompareNode>) {
    act(node.first);
    for (auto& [op, operand] : node.rest) act(operand);
  } else if constexpr (std::is_same_v<Plain, ConditionalNode>) {
    act(node.test);
    act(node.then);
    act(node.otherwise);
  } else if constexpr (std::is_same_v<Plain, AttributeNode>) {
    act(node.object);
  } else if constexpr (std::is_same_v<Plain, ItemNode>) {
    act(node.object);
    act(node.key);
  } else if constexpr (std::is_same_v<Plain, SliceNode>) {
    act(node.object);
    act(node.start);
    act(node.stop);
    act(node.step);
  } else if constexpr (std::is_same_v<Plain, CallNode>) {
    act(node.callee);
    each_argument(node.arguments, act);
  } else if constexpr (std::is_same_v<Plain, FilterNode> || std::is_same_v<Plain, TestNode>) {
    act(node.input);
    each_argument(node.arguments, act);
  }
}

template <class Act>
void each_child(Expression& expression, const Act& act) {
  std::visit([&](auto& node) { each_child(node, act); }, expression.node);
}

}  // namespace nybble::text::jinja
