// What the statements of a template do, loops and macros apart.
#include "text/jinja_evaluator.h"
#include "text/jinja_interpreter.h"

namespace nybble::text::jinja {

std::string run_template(const Template& program, Sandbox& sandbox, const Dict& context) {
  return Evaluator(sandbox, context).run(program);
}

std::string Evaluator::run(const Template& program) {
  const InFrame inside(*this, make_frame(program.function, nullptr));
  enter(program.function.scope);
  Output out(sandbox_);
  execute(program.body, out);
  return out.take();
}

std::shared_ptr<Frame> Evaluator::make_frame(const FunctionScope& function,
                                             std::shared_ptr<Frame> parent) {
  const auto n = static_cast<std::size_t>(function.n_slots);
  auto frame = std::make_shared<Frame>();
  frame->charge = sandbox_.charge(n * sizeof(Value));
  sandbox_.work(1 + n);
  frame->slots.resize(n);
  frame->parent = std::move(parent);
  return frame;
}

Value& Evaluator::variable(Slot slot) {
  Frame* frame = frame_.get();
  for (int i = 0; i < slot.up; ++i) frame = frame->parent.get();
  return frame->slots[static_cast<std::size_t>(slot.index)];
}

Value Evaluator::resolve(const std::string& name) const {
  const auto exported = exports_.find(name);
  if (exported != exports_.end()) return exported->second;
  if (const Value* found = context_.find(name)) return *found;
  return find_global(name).value_or(Value());
}

void Evaluator::enter(const Scope& scope) {
  sandbox_.work(scope.loads.size());
  for (const Load& load : scope.loads) {
    Value& place = variable({0, load.index});
    place = load.from == Load::From::context ? resolve(load.name)
            : load.from == Load::From::outer ? variable(load.source)
                                             : Value();
  }
}

void Evaluator::leave(const Scope& scope) {
  for (const int place : scope.all) variable({0, place}) = Value();
}

void Evaluator::assign(const Target& target, const Value& value) {
  sandbox_.line = target.line;
  if (target.tuple) {
    const std::vector<Value> items = list_items(sandbox_, value);
    if (items.size() != target.items.size()) {
      sandbox_.fail("expected {} values to unpack, found {}", target.items.size(), items.size());
    }
    for (std::size_t i = 0; i < items.size(); ++i) assign(target.items[i], items[i]);
  } else if (target.attribute.empty()) {
    variable(target.slot) = value;
  } else {
    variable(target.slot).object_as<Namespace>()->set(sandbox_, target.attribute, value);
  }
}

// What a target holds after an assignment: a tuple for a tuple.
Value Evaluator::read(const Target& target) {
  if (!target.tuple) return variable(target.slot);
  std::vector<Value> items;
  for (const Target& item : target.items) items.push_back(read(item));
  return sandbox_.tuple(std::move(items));
}

void Evaluator::check_namespaces(const Target& target) {
  for (const Target& item : target.items) check_namespaces(item);
  if (!target.attribute.empty() && variable(target.slot).object_as<Namespace>() == nullptr) {
    sandbox_.line = target.line;
    sandbox_.fail("expected a namespace to assign '{}.{}' to, found {}", target.name,
                  target.attribute, type_name(variable(target.slot)));
  }
}

void Evaluator::export_variables(const Target& target) {
  for (const Target& item : target.items) export_variables(item);
  if (!target.tuple && target.attribute.empty()) exports_[target.name] = variable(target.slot);
}

void Evaluator::print(const Value& value, Output& out) {
  if (value.is_text()) {
    out.append(value.text().bytes);
  } else {
    out.append(to_text(sandbox_, value));
  }
}

Evaluator::Flow Evaluator::execute(const Body& body, Output& out) {
  const DepthGuard guard(sandbox_);
  for (const Statement& statement : body) {
    sandbox_.work();
    sandbox_.line = statement.line;
    const Flow flow =
        std::visit([&](const auto& node) { return execute(node, out); }, statement.node);
    if (flow != Flow::normal) return flow;
  }
  return Flow::normal;
}

Evaluator::Flow Evaluator::execute(const TextNode& node, Output& out) {
  out.append(node.text.text().bytes);
  return Flow::normal;
}

Evaluator::Flow Evaluator::execute(const PrintNode& node, Output& out) {
  print(evaluate(node.value), out);
  return Flow::normal;
}

Evaluator::Flow Evaluator::execute(const IfNode& node, Output& out) {
  for (const auto& [test, body] : node.branches) {
    if (truthy(sandbox_, evaluate(test))) return execute(body, out);
  }
  return execute(node.otherwise, out);
}

Evaluator::Flow Evaluator::execute(const SetNode& node, Output&) {
  check_namespaces(node.target);
  assign(node.target, evaluate(node.value));
  if (node.exported) export_variables(node.target);
  return Flow::normal;
}

Evaluator::Flow Evaluator::execute(const SetBlockNode& node, Output&) {
  enter(node.scope);
  Output inside(sandbox_);
  const Flow flow = execute(node.body, inside);
  if (flow == Flow::normal) {
    check_namespaces(node.target);
    assign(node.target, filter_text(node.filter, sandbox_.text(inside.take())));
    if (node.exported) export_variables(node.target);
  }
  leave(node.scope);
  return flow;
}

Evaluator::Flow Evaluator::execute(const FilterBlockNode& node, Output& out) {
  enter(node.scope);
  Output inside(sandbox_);
  const Flow flow = execute(node.body, inside);
  if (flow == Flow::normal) print(filter_text(node.filter, sandbox_.text(inside.take())), out);
  leave(node.scope);
  return flow;
}

Evaluator::Flow Evaluator::execute(const WithNode& node, Output& out) {
  enter(node.scope);
  for (const auto& [target, value] : node.values) assign(target, evaluate(value));
  const Flow flow = execute(node.body, out);
  leave(node.scope);
  return flow;
}

Evaluator::Flow Evaluator::execute(const GenerationNode& node, Output& out) {
  const InFrame inside(*this, make_frame(node.function, frame_));
  enter(node.function.scope);
  return execute(node.body, out);
}

Evaluator::Flow Evaluator::execute(const BlockNode& node, Output& out) {
  const InFrame inside(*this, make_frame(node.function, nullptr));
  enter(node.function.scope);
  return execute(node.body, out);
}

Evaluator::Flow Evaluator::execute(const LoaderNode& node, Output&) {
  sandbox_.fail("'{}' needs another template, and a chat template stands alone", node.tag);
}

}  // namespace nybble::text::jinja
