// The variable `loop` of a for statement.
#include "text/jinja_loop.h"

#include <algorithm>
#include <array>

#include "text/jinja_filters.h"
#include "text/jinja_operators.h"

namespace nybble::text::jinja {
namespace {

class ItemsIterator : public Iterator {
 public:
  explicit ItemsIterator(std::vector<Value> items) : items_(std::move(items)) {}
  std::optional<Value> next(Sandbox&) override {
    if (place_ >= items_.size()) return std::nullopt;
    return items_[place_++];
  }

 private:
  std::vector<Value> items_;
  std::size_t place_ = 0;
};

}  // namespace

std::shared_ptr<Loop> make_loop(Sandbox& sandbox, Value source, std::shared_ptr<Iterator> items,
                                std::optional<std::size_t> length, int depth0,
                                Loop::Recurse recurse) {
  const int nesting = sandbox.depth_around(depth_of(source));
  auto loop = sandbox.object<Loop>(std::move(source), std::move(items), length, depth0,
                                   std::move(recurse), nesting);
  loop->self_ = loop;
  return loop;
}

std::optional<Value> Loop::advance(Sandbox& sandbox) {
  std::optional<Value> item = peek(sandbox);
  peeked_ = false;
  if (!item) return item;
  ++index_;
  before_ = std::exchange(current_, *item);
  return item;
}

const std::optional<Value>& Loop::peek(Sandbox& sandbox) {
  if (!peeked_) after_ = items_->next(sandbox);
  peeked_ = true;
  return after_;
}

std::optional<std::size_t> Loop::length(Sandbox& sandbox) {
  if (!length_) {  // made on demand: make them all
    std::vector<Value> rest;
    while (auto item = items_->next(sandbox)) rest.push_back(*std::move(item));
    length_ = rest.size() + index_ + (peeked_ && after_ ? 1 : 0);
    items_ = std::make_shared<ItemsIterator>(std::move(rest));
  }
  return length_;
}

std::optional<Value> Loop::attribute(Sandbox& sandbox, std::string_view name) {
  const auto integer = [](std::size_t value) { return Value::integer(static_cast<Int>(value)); };
  if (name == "index") return integer(index_);
  if (name == "index0") return Value::integer(static_cast<Int>(index_) - 1);
  if (name == "first") return Value::boolean(index_ == 1);
  if (name == "last") return Value::boolean(!peek(sandbox));
  if (name == "length") return integer(*length(sandbox));
  if (name == "revindex")
    return Value::integer(static_cast<Int>(*length(sandbox)) - static_cast<Int>(index_) + 1);
  if (name == "revindex0")
    return Value::integer(static_cast<Int>(*length(sandbox)) - static_cast<Int>(index_));
  if (name == "depth") return Value::integer(depth0_ + 1);
  if (name == "depth0") return Value::integer(depth0_);
  if (name == "previtem")
    return index_ == 1 ? sandbox.undefined("there is no previous item") : before_;
  if (name == "nextitem") {
    const std::optional<Value>& next = peek(sandbox);
    return next ? *next : sandbox.undefined("there is no next item");
  }
  if (name != "cycle" && name != "changed") return std::nullopt;
  Function::Body body = [self = self_, is_cycle = name == "cycle"](Sandbox& box,
                                                                   const Arguments& arguments) {
    const std::shared_ptr<Loop> loop = self.lock();
    if (loop == nullptr) box.fail("the loop of a method is over");
    return is_cycle ? loop->cycle(box, arguments) : loop->changed(box, arguments);
  };
  return Value(
      std::shared_ptr<Object>(sandbox.object<Function>(std::string(name), std::move(body))));
}

Value Loop::cycle(Sandbox& sandbox, const Arguments& arguments) const {
  if (!arguments.keyword.empty()) sandbox.fail("loop.cycle() takes no keyword arguments");
  if (arguments.positional.empty()) sandbox.fail("loop.cycle() expects at least one item");
  return arguments.positional[(index_ - 1) % arguments.positional.size()];
}

Value Loop::changed(Sandbox& sandbox, const Arguments& arguments) {
  if (!arguments.keyword.empty()) sandbox.fail("loop.changed() takes no keyword arguments");
  const Value now = sandbox.tuple(arguments.positional);
  sandbox.depth_around(depth_of(now));
  if (last_changed_ && equal(sandbox, *last_changed_, now)) return Value::boolean(false);
  last_changed_ = now;
  return Value::boolean(true);
}

Value Loop::call(Sandbox& sandbox, const Arguments& arguments) {
  const Bound bound(sandbox, "loop", arguments, {"iterable"}, 1);
  if (!recurse_) sandbox.fail("expected a loop with 'recursive' to be called, found one without");
  return recurse_(bound.get(0), depth0_ + 1);
}

std::string Loop::repr(Sandbox&) const {
  return fmt::format("<LoopContext {}/{}>", index_, length_.value_or(0));
}

}  // namespace nybble::text::jinja
