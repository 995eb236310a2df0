// How a for statement runs.
#include "text/jinja_evaluator.h"
#include "text/jinja_loop.h"

namespace nybble::text::jinja {

Evaluator::Flow Evaluator::execute(const ForNode& node, Output& out) {
  const Value iterable = evaluate(node.iterable);
  if (node.recursive) {
    print(run_recursive(node, iterable, 0, frame_), out);
  } else {
    run_loop(node, iterable, 0, frame_, out);
  }
  return Flow::normal;
}

// A recursive loop is a function in jinja2: `loop(items)` renders it for other items. outside: the
// frame around it, as a copy, since frame_ changes below.
Value Evaluator::run_recursive(const ForNode& node, const Value& iterable, int depth,
                               std::shared_ptr<Frame> outside) {
  const InFrame inside(*this, make_frame(node.function, outside));
  Output out(sandbox_);
  run_loop(node, iterable, depth, outside, out);
  return sandbox_.text(out.take());
}

void Evaluator::run_loop(const ForNode& node, const Value& iterable, int depth,
                         std::shared_ptr<Frame> outside, Output& out) {
  std::shared_ptr<Iterator> items = iterate(sandbox_, iterable);
  if (node.filter) items = filter_items(node, std::move(items), outside);
  std::shared_ptr<Loop> loop;
  if (node.loop >= 0) {
    Loop::Recurse recurse;
    if (node.recursive) {
      recurse = [this, &node, outside](const Value& inner, int at) {
        return run_recursive(node, inner, at, outside);
      };
    }
    const auto length = node.filter ? std::nullopt : length_of(sandbox_, iterable);
    loop = make_loop(sandbox_, iterable, items, length, depth, std::move(recurse));
  }
  // As in jinja2, `else` runs unless the body has come to its end once.
  bool completed = false;
  while (const auto item = loop ? loop->advance(sandbox_) : items->next(sandbox_)) {
    sandbox_.work();
    assign(node.target, *item);
    if (loop) variable({0, node.loop}) = Value(std::shared_ptr<Object>(loop));
    enter(node.scope);
    const Flow flow = execute(node.body, out);
    if (flow == Flow::leave_loop) break;
    if (flow == Flow::normal) completed = true;
  }
  leave(node.scope);
  if (completed || node.otherwise.empty()) return;
  enter(node.else_scope);
  execute(node.otherwise, out);
  leave(node.else_scope);
}

namespace {

class FilteredItems : public Iterator {
 public:
  using Test = std::function<std::optional<Value>(const Value&)>;
  FilteredItems(std::shared_ptr<Iterator> items, Test test)
      : items_(std::move(items)), test_(std::move(test)) {}
  std::optional<Value> next(Sandbox& sandbox) override {
    while (const auto item = items_->next(sandbox)) {
      sandbox.work();
      if (auto kept = test_(*item)) return kept;
    }
    return std::nullopt;
  }

 private:
  std::shared_ptr<Iterator> items_;
  Test test_;
};

}  // namespace

// The items for which `if` holds, tested one by one while the loop runs.
std::shared_ptr<Iterator> Evaluator::filter_items(const ForNode& node,
                                                  std::shared_ptr<Iterator> items,
                                                  const std::shared_ptr<Frame>& outside) {
  auto frame = make_frame(node.filter_function, outside);
  auto test = [this, &node, frame,
               entered = false](const Value& item) mutable -> std::optional<Value> {
    const InFrame inside(*this, frame);
    if (!std::exchange(entered, true)) enter(node.filter_function.scope);
    assign(node.filter_target, item);
    if (!truthy(sandbox_, evaluate(node.filter))) return std::nullopt;
    return read(node.filter_target);
  };
  return std::make_shared<FilteredItems>(std::move(items), std::move(test));
}

}  // namespace nybble::text::jinja
