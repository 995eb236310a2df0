// The state of a running template, and what its expressions and statements do.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "text/jinja_ast.h"
#include "text/jinja_objects.h"
#include "text/jinja_operators.h"
#include "text/jinja_sandbox.h"

namespace nybble::text::jinja {

// Text that grows while a body runs, within the bounds of the sandbox.
class Output {
 public:
  explicit Output(Sandbox& sandbox) : sandbox_(sandbox), charge_(sandbox.charge(0)) {}
  void append(std::string_view text) {
    sandbox_.work_on(bytes_.size() + text.size() > sandbox_.limits().text
                         ? bytes_.size() + text.size()
                         : text.size());
    sandbox_.grow(charge_, text.size());
    bytes_ += text;
  }
  std::string take() { return std::move(bytes_); }

 private:
  Sandbox& sandbox_;
  Charge charge_;
  std::string bytes_;
};

class Evaluator {
 public:
  Evaluator(Sandbox& sandbox, const Dict& context) : sandbox_(sandbox), context_(context) {}
  std::string run(const Template& program);

  // Called by the objects that templates define.
  Value call_macro(const MacroCode& code, const std::shared_ptr<Frame>& definition,
                   const Arguments& arguments);

 private:
  enum class Flow { normal, leave_loop, next_item };

  // Expressions: jinja_evaluate.cpp.
  Value evaluate(const ExpressionPtr& expression);
  Value evaluate(const LiteralNode& node) { return node.value; }
  Value evaluate(const NameNode& node);
  Value evaluate(const SequenceNode& node);
  Value evaluate(const DictNode& node);
  Value evaluate(const UnaryNode& node);
  Value evaluate(const BinaryNode& node);
  Value evaluate(const LogicalNode& node);
  Value evaluate(const ConcatNode& node);
  Value evaluate(const CompareNode& node);
  Value evaluate(const ConditionalNode& node);
  Value evaluate(const AttributeNode& node);
  Value evaluate(const ItemNode& node);
  Value evaluate(const SliceNode& node);
  Value evaluate(const CallNode& node);
  Value evaluate(const FilterNode& node);
  Value evaluate(const TestNode& node);
  Value evaluate_call(const CallNode& node, const Value* caller);
  Arguments evaluate(const CallArguments& arguments);
  Value filter_text(const ExpressionPtr& filter, Value text);

  // Statements: jinja_execute.cpp.
  Flow execute(const Body& body, Output& out);
  Flow execute(const TextNode& node, Output& out);
  Flow execute(const PrintNode& node, Output& out);
  Flow execute(const ForNode& node, Output& out);
  Flow execute(const IfNode& node, Output& out);
  Flow execute(const SetNode& node, Output& out);
  Flow execute(const SetBlockNode& node, Output& out);
  Flow execute(const MacroNode& node, Output& out);
  Flow execute(const CallBlockNode& node, Output& out);
  Flow execute(const GenerationNode& node, Output& out);
  Flow execute(const FilterBlockNode& node, Output& out);
  Flow execute(const WithNode& node, Output& out);
  Flow execute(const BlockNode& node, Output& out);
  Flow execute(const BreakNode&, Output&) { return Flow::leave_loop; }
  Flow execute(const ContinueNode&, Output&) { return Flow::next_item; }
  Flow execute(const LoaderNode& node, Output& out);
  void print(const Value& value, Output& out);

  // Loops and macros: jinja_execute_for.cpp, jinja_macro.cpp.
  Value run_recursive(const ForNode& node, const Value& iterable, int depth,
                      std::shared_ptr<Frame> outside);
  void run_loop(const ForNode& node, const Value& iterable, int depth,
                std::shared_ptr<Frame> outside, Output& out);
  std::shared_ptr<Iterator> filter_items(const ForNode& node, std::shared_ptr<Iterator> items,
                                         const std::shared_ptr<Frame>& outside);
  std::shared_ptr<Object> make_macro(const std::shared_ptr<MacroCode>& code);

  // Variables.
  std::shared_ptr<Frame> make_frame(const FunctionScope& function, std::shared_ptr<Frame> parent);
  Value& variable(Slot slot);
  Value resolve(const std::string& name) const;
  void enter(const Scope& scope);
  void leave(const Scope& scope);
  void assign(const Target& target, const Value& value);
  Value read(const Target& target);
  void export_variables(const Target& target);
  void check_namespaces(const Target& target);

  // Makes a frame the current one while it lives.
  class InFrame {
   public:
    InFrame(Evaluator& self, std::shared_ptr<Frame> frame)
        : self_(self), saved_(std::exchange(self.frame_, std::move(frame))) {}
    InFrame(const InFrame&) = delete;
    InFrame& operator=(const InFrame&) = delete;
    ~InFrame() { self_.frame_ = std::move(saved_); }

   private:
    Evaluator& self_;
    std::shared_ptr<Frame> saved_;
  };

  Sandbox& sandbox_;
  const Dict& context_;
  std::map<std::string, Value> exports_;  // assigned at the top level: what blocks see
  std::shared_ptr<Frame> frame_;
  const Value* filtered_text_ = nullptr;  // the input of a filter that has none written
};

}  // namespace nybble::text::jinja
