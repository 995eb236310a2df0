// Ranges, views of dicts, generators, namespaces, cyclers and joiners.
#include "text/jinja_objects.h"

#include <algorithm>

#include "text/jinja_operators.h"

namespace nybble::text::jinja {
namespace {

// An iterator made of a function that gives the next item.
class FunctionIterator : public Iterator {
 public:
  explicit FunctionIterator(Generator::Next next) : next_(std::move(next)) {}
  std::optional<Value> next(Sandbox& sandbox) override { return next_(sandbox); }

 private:
  Generator::Next next_;
};

Value integer_value(std::size_t value) {
  return Value::integer(static_cast<Int>(value));
}

}  // namespace

std::optional<Value> Range::attribute(Sandbox&, std::string_view name) {
  if (name == "start") return Value::integer(start_);
  if (name == "stop") return Value::integer(stop());
  if (name == "step") return Value::integer(step_);
  return std::nullopt;
}

std::optional<Value> Range::item(Sandbox&, const Value& key) {
  if (!key.is_integral()) return std::nullopt;
  const Int place = key.as_integer() < 0 ? key.as_integer() + length_ : key.as_integer();
  if (place < 0 || place >= length_) return std::nullopt;
  return Value::integer(at(place));
}

std::shared_ptr<Iterator> Range::iterate() {
  return std::make_shared<FunctionIterator>(
      [next = start_, step = step_, left = length_](Sandbox&) mutable -> std::optional<Value> {
        if (left <= 0) return std::nullopt;
        --left;
        return Value::integer(std::exchange(next, next + step));
      });
}

bool Range::equals(Sandbox&, const Object& other) const {
  const auto* range = dynamic_cast<const Range*>(&other);
  if (range == nullptr || range->length_ != length_) return false;
  return length_ == 0 || (start_ == range->start_ && (length_ == 1 || step_ == range->step_));
}

std::string Range::repr(Sandbox&) const {
  const std::string ends = fmt::format("range({}, {}", start_, stop());
  return step_ == 1 ? ends + ")" : ends + fmt::format(", {})", step_);
}

std::string_view DictView::type_name() const {
  return part_ == Part::keys ? "dict_keys" : part_ == Part::values ? "dict_values" : "dict_items";
}

std::shared_ptr<Iterator> DictView::iterate() {
  return std::make_shared<FunctionIterator>([dict = dict_, part = part_, place = std::size_t{0}](
                                                Sandbox& sandbox) mutable -> std::optional<Value> {
    const auto& items = dict.dict().items;
    if (place >= items.size()) return std::nullopt;
    const auto& [key, value] = items[place++];
    if (part == Part::items) return sandbox.tuple({key, value});
    return part == Part::keys ? key : value;
  });
}

std::string DictView::repr(Sandbox& sandbox) const {
  std::vector<Value> items;
  for (const auto& [key, value] : dict_.dict().items) {
    items.push_back(part_ == Part::items  ? sandbox.tuple({key, value})
                    : part_ == Part::keys ? key
                                          : value);
  }
  return fmt::format("{}({})", type_name(), to_repr(sandbox, sandbox.list(std::move(items))));
}

// Shares the state of the generator, which can be run through only once.
struct Generator::Items : Iterator {
  explicit Items(std::shared_ptr<Generator> generator) : owner(std::move(generator)) {}
  std::optional<Value> next(Sandbox& sandbox) override {
    if (!owner->next_) return std::nullopt;
    if (owner->running_) sandbox.fail("a generator is already running");
    sandbox.work();
    const DepthGuard guard(sandbox);
    owner->running_ = true;
    std::optional<Value> item = owner->next_(sandbox);
    owner->running_ = false;
    if (!item) owner->next_ = nullptr;
    return item;
  }
  std::shared_ptr<Generator> owner;
};

std::shared_ptr<Iterator> Generator::iterate() {
  return std::make_shared<Items>(self_.lock());
}

Value make_generator(Sandbox& sandbox, Generator::Next next, const Value& source,
                     std::string_view name) {
  auto generator =
      sandbox.object<Generator>(std::move(next), sandbox.depth_around(depth_of(source)), name);
  generator->self_ = generator;
  return Value(std::shared_ptr<Object>(std::move(generator)));
}

std::optional<Value> Namespace::attribute(Sandbox&, std::string_view name) {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [name](const auto& a) { return a.first == name; });
  if (found == attributes.end()) return std::nullopt;
  return found->second;
}

void Namespace::set(Sandbox& sandbox, const std::string& name, Value value) {
  if (name.starts_with('_')) {
    sandbox.fail("expected an attribute of a namespace without '_' in front, found '{}'", name);
  }
  sandbox.work(1 + attributes.size());
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const auto& a) { return a.first == name; });
  if (found != attributes.end()) {
    found->second = std::move(value);
    return;
  }
  charges_.push_back(sandbox.charge(name.size() + sizeof(Value)));
  attributes.emplace_back(name, std::move(value));
}

std::string Namespace::repr(Sandbox& sandbox) const {
  std::vector<std::pair<Value, Value>> items;
  for (const auto& [name, value] : attributes) items.emplace_back(sandbox.text(name), value);
  return fmt::format("<Namespace {}>", to_repr(sandbox, sandbox.dict(std::move(items))));
}

std::optional<Value> Cycler::attribute(Sandbox& sandbox, std::string_view name) {
  if (name == "current") return items_[*place_];
  if (name == "pos") return integer_value(*place_);
  if (name == "items") return sandbox.tuple(items_);
  if (name != "next" && name != "reset") return std::nullopt;
  const bool is_next = name == "next";
  Function::Body body = [items = items_, place = place_, is_next](Sandbox&, const Arguments&) {
    if (!is_next) {
      *place = 0;
      return Value::none();
    }
    const Value current = items[*place];
    *place = (*place + 1) % items.size();
    return current;
  };
  return Value(std::shared_ptr<Object>(
      sandbox.object<Function>(std::string(name), std::move(body), depth_ + 1)));
}

Value Joiner::call(Sandbox& sandbox, const Arguments&) {
  if (used_) return separator_;
  used_ = true;
  return sandbox.text("");
}

}  // namespace nybble::text::jinja
