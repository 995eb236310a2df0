// What the expressions of a template mean.
#include "text/jinja_evaluator.h"
#include "text/jinja_filters.h"

namespace nybble::text::jinja {

Value Evaluator::evaluate(const ExpressionPtr& expression) {
  const DepthGuard guard(sandbox_);
  sandbox_.work();
  sandbox_.line = expression->line;
  return std::visit([this](const auto& node) { return evaluate(node); }, expression->node);
}

Value Evaluator::evaluate(const NameNode& node) {
  const Value& value = variable(node.slot);
  if (!value.is(Kind::missing)) return value;
  return sandbox_.undefined(fmt::format("'{}' is undefined", node.name));
}

Value Evaluator::evaluate(const SequenceNode& node) {
  std::vector<Value> items;
  items.reserve(node.items.size());
  for (const ExpressionPtr& item : node.items) items.push_back(evaluate(item));
  return sandbox_.sequence(std::move(items), node.tuple);
}

Value Evaluator::evaluate(const DictNode& node) {
  std::vector<std::pair<Value, Value>> items;
  items.reserve(node.items.size());
  for (const auto& [key, value] : node.items) {
    Value first = evaluate(key);
    items.emplace_back(std::move(first), evaluate(value));
  }
  return sandbox_.dict(std::move(items));
}

Value Evaluator::evaluate(const UnaryNode& node) {
  const Value value = evaluate(node.operand);
  if (node.op == Unary::logical_not) return Value::boolean(!truthy(sandbox_, value));
  const Value negative = negate(sandbox_, value);
  return node.op == Unary::negative ? negative
         : value.is_integral()      ? Value::integer(value.as_integer())
                                    : value;
}

Value Evaluator::evaluate(const BinaryNode& node) {
  const Value left = evaluate(node.left);
  const Value right = evaluate(node.right);
  return operate(sandbox_, node.op, left, right);
}

Value Evaluator::evaluate(const LogicalNode& node) {
  Value left = evaluate(node.left);
  return truthy(sandbox_, left) == node.is_and ? evaluate(node.right) : left;
}

Value Evaluator::evaluate(const ConcatNode& node) {
  Output out(sandbox_);
  std::vector<Value> parts;
  parts.reserve(node.parts.size());
  for (const ExpressionPtr& part : node.parts) parts.push_back(evaluate(part));
  for (const Value& part : parts) print(part, out);
  return sandbox_.text(out.take());
}

Value Evaluator::evaluate(const CompareNode& node) {
  Value left = evaluate(node.first);
  for (const auto& [op, operand] : node.rest) {
    Value right = evaluate(operand);
    if (!compare(sandbox_, op, left, right)) return Value::boolean(false);
    left = std::move(right);
  }
  return Value::boolean(true);
}

Value Evaluator::evaluate(const ConditionalNode& node) {
  const int line = sandbox_.line;
  if (truthy(sandbox_, evaluate(node.test))) return evaluate(node.then);
  if (node.otherwise) return evaluate(node.otherwise);
  return sandbox_.undefined(fmt::format(
      "the inline if-expression on line {} evaluated to false and no else section was defined.",
      line));
}

Value Evaluator::evaluate(const AttributeNode& node) {
  return get_attribute(sandbox_, evaluate(node.object), node.name);
}

Value Evaluator::evaluate(const ItemNode& node) {
  const Value object = evaluate(node.object);
  return get_item(sandbox_, object, evaluate(node.key));
}

Value Evaluator::evaluate(const SliceNode& node) {
  const Value object = evaluate(node.object);
  const auto part = [this](const ExpressionPtr& p) { return p ? evaluate(p) : Value::none(); };
  const Value start = part(node.start);
  const Value stop = part(node.stop);
  const Value step = part(node.step);
  return get_slice(sandbox_, object, &start, &stop, &step);
}

Value Evaluator::evaluate(const CallNode& node) {
  return evaluate_call(node, nullptr);
}

// caller: what a call block passes under that name.
Value Evaluator::evaluate_call(const CallNode& node, const Value* caller) {
  const int line = sandbox_.line;
  const Value callee = evaluate(node.callee);
  Arguments arguments = evaluate(node.arguments);
  if (caller != nullptr) arguments.keyword.emplace_back("caller", *caller);
  sandbox_.line = line;
  return call_value(sandbox_, callee, arguments);
}

Arguments Evaluator::evaluate(const CallArguments& arguments) {
  Arguments result;
  for (const ExpressionPtr& argument : arguments.positional)
    result.positional.push_back(evaluate(argument));
  if (arguments.star) {
    for (Value& item : list_items(sandbox_, evaluate(arguments.star)))
      result.positional.push_back(std::move(item));
  }
  for (const auto& [name, argument] : arguments.keyword)
    result.keyword.emplace_back(name, evaluate(argument));
  if (!arguments.double_star) return result;
  const Value more = evaluate(arguments.double_star);
  if (!more.is_dict()) sandbox_.fail("expected a dict after '**', found {}", type_name(more));
  for (const auto& [key, value] : more.dict().items) {
    if (!key.is_text())
      sandbox_.fail("expected names as keys after '**', found {}", type_name(key));
    for (const auto& [name, known] : result.keyword) {
      if (name == key.text().bytes) sandbox_.fail("the argument '{}' is given twice", name);
    }
    result.keyword.emplace_back(key.text().bytes, value);
  }
  return result;
}

Value Evaluator::evaluate(const FilterNode& node) {
  const int line = sandbox_.line;
  if (node.function == nullptr)
    sandbox_.fail("expected the name of a filter, found '{}'", node.name);
  const Value input = node.input ? evaluate(node.input) : *filtered_text_;
  const Arguments arguments = evaluate(node.arguments);
  sandbox_.line = line;
  return node.function->apply(sandbox_, input, arguments);
}

Value Evaluator::evaluate(const TestNode& node) {
  const int line = sandbox_.line;
  if (node.function == nullptr) sandbox_.fail("expected the name of a test, found '{}'", node.name);
  const Value input = evaluate(node.input);
  const Arguments arguments = evaluate(node.arguments);
  sandbox_.line = line;
  return Value::boolean(node.function->check(sandbox_, input, arguments));
}

// Applies the filters of a block to its text.
Value Evaluator::filter_text(const ExpressionPtr& filter, Value text) {
  if (!filter) return text;
  const Value* saved = std::exchange(filtered_text_, &text);
  Value result = evaluate(filter);
  filtered_text_ = saved;
  return result;
}

}  // namespace nybble::text::jinja
