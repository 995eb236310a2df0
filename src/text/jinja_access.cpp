// Items, attributes, slices, iteration, membership and calls of values, as jinja2's sandbox does
// them.
#include <algorithm>

#include "text/jinja_methods.h"
#include "text/jinja_operators.h"
#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

class SequenceIterator : public Iterator {
 public:
  explicit SequenceIterator(Value value) : value_(std::move(value)) {}
  std::optional<Value> next(Sandbox&) override {
    const std::vector<Value>& items = value_.sequence().items;
    if (place_ >= items.size()) return std::nullopt;
    return items[place_++];
  }

 private:
  Value value_;
  std::size_t place_ = 0;
};

class DictIterator : public Iterator {
 public:
  explicit DictIterator(Value value) : value_(std::move(value)) {}
  std::optional<Value> next(Sandbox&) override {
    const auto& items = value_.dict().items;
    if (place_ >= items.size()) return std::nullopt;
    return items[place_++].first;
  }

 private:
  Value value_;
  std::size_t place_ = 0;
};

class TextIterator : public Iterator {
 public:
  explicit TextIterator(Value value) : value_(std::move(value)) {}
  std::optional<Value> next(Sandbox& sandbox) override {
    const std::string& bytes = value_.text().bytes;
    if (place_ >= bytes.size()) return std::nullopt;
    const std::size_t start = place_;
    python::next_code_point(bytes, place_);
    return sandbox.text(bytes.substr(start, place_ - start));
  }

 private:
  Value value_;
  std::size_t place_ = 0;
};

class NoItems : public Iterator {
 public:
  std::optional<Value> next(Sandbox&) override { return std::nullopt; }
};

// The place that a Python index names, or nothing when it is out of range.
std::optional<std::size_t> place_of(const Value& index, std::size_t length) {
  Int place = index.as_integer();
  if (place < 0) place += static_cast<Int>(length);
  if (place < 0 || place >= static_cast<Int>(length)) return std::nullopt;
  return static_cast<std::size_t>(place);
}

Value code_point_at(Sandbox& sandbox, const Text& text, std::size_t place) {
  if (!text.ascii()) sandbox.work(text.bytes.size() / 64);
  const std::size_t start = python::byte_of(text.bytes, place, text.ascii());
  std::size_t end = start;
  python::next_code_point(text.bytes, end);
  return sandbox.text(text.bytes.substr(start, end - start), text.markup);
}

// o[key] without the fall-back to attributes.
std::optional<Value> find_item(Sandbox& sandbox, const Value& object, const Value& key) {
  if (object.is(Kind::sequence) && key.is_integral()) {
    const auto place = place_of(key, object.sequence().items.size());
    if (place) return object.sequence().items[*place];
  } else if (object.is_text() && key.is_integral()) {
    const auto place = place_of(key, object.text().length);
    if (place) return code_point_at(sandbox, object.text(), *place);
  } else if (object.is_dict()) {
    const Value* found = object.dict().find(sandbox, key);
    if (found != nullptr) return *found;
  } else if (object.is(Kind::object)) {
    return object.object()->item(sandbox, key);
  }
  return std::nullopt;
}

std::optional<Value> find_attribute(Sandbox& sandbox, const Value& object, std::string_view name) {
  if (object.is(Kind::object)) {
    if (auto found = object.object()->attribute(sandbox, name)) return found;
  }
  return find_builtin_attribute(sandbox, object, name);
}

struct Bounds {
  Int start = 0, step = 1, count = 0;
};

// What start:stop:step selects of `length` items.
Bounds slice_bounds(Sandbox& sandbox, const Value* start, const Value* stop, const Value* step,
                    std::size_t length) {
  const auto given = [&](const Value* part) { return part != nullptr && !part->is_none(); };
  const Int size = static_cast<Int>(length);
  Bounds bounds;
  if (given(step)) bounds.step = to_index(sandbox, *step, "a slice");
  if (bounds.step == 0) sandbox.fail("expected a step of a slice other than zero");
  bounds.step = std::clamp(bounds.step, -size - 1, size + 1);  // selects the same items
  const bool forward = bounds.step > 0;
  const auto clamp = [&](const Value* part, Int otherwise) {
    if (!given(part)) return otherwise;
    Int place = to_index(sandbox, *part, "a slice");
    if (place < 0) place = std::max(place, -size - 1) + size;
    return std::clamp(place, forward ? Int{0} : Int{-1}, forward ? size : size - 1);
  };
  bounds.start = clamp(start, forward ? 0 : size - 1);
  const Int end = clamp(stop, forward ? size : -1);
  const Int distance = forward ? end - bounds.start : bounds.start - end;
  const Int stride = forward ? bounds.step : -bounds.step;
  bounds.count = distance <= 0 ? 0 : (distance - 1) / stride + 1;
  return bounds;
}

Value slice_text(Sandbox& sandbox, const Text& text, const Bounds& bounds) {
  sandbox.work_on(text.bytes.size());
  const auto start = static_cast<std::size_t>(bounds.start);
  if (bounds.count == 0) return sandbox.text("", text.markup);
  if (bounds.step == 1) {
    const std::size_t first = python::byte_of(text.bytes, start, text.ascii());
    const std::string_view rest = std::string_view(text.bytes).substr(first);
    const auto count = static_cast<std::size_t>(bounds.count);
    return sandbox.text(std::string(rest.substr(0, python::byte_of(rest, count, text.ascii()))),
                        text.markup);
  }
  std::vector<std::size_t> starts;
  const Charge room = sandbox.charge((text.length + 1) * sizeof(std::size_t));
  starts.reserve(text.length + 1);
  for (std::size_t place = 0; place < text.bytes.size();
       python::next_code_point(text.bytes, place)) {
    starts.push_back(place);
  }
  starts.push_back(text.bytes.size());
  std::string out;
  for (Int i = 0; i < bounds.count; ++i) {
    const auto at = static_cast<std::size_t>(bounds.start + i * bounds.step);
    out.append(text.bytes, starts[at], starts[at + 1] - starts[at]);
  }
  return sandbox.text(std::move(out), text.markup);
}

Value slice_sequence(Sandbox& sandbox, const Sequence& sequence, const Bounds& bounds) {
  std::vector<Value> items;
  items.reserve(static_cast<std::size_t>(bounds.count));
  for (Int i = 0; i < bounds.count; ++i) {
    items.push_back(sequence.items[static_cast<std::size_t>(bounds.start + i * bounds.step)]);
  }
  return sandbox.sequence(std::move(items), sequence.tuple);
}

bool contains_in_object(Sandbox& sandbox, const Value& container, const Value& item) {
  const auto* view = container.object_as<DictView>();
  if (view != nullptr && view->part() == DictView::Part::keys)
    return view->dict().find(sandbox, item) != nullptr;
  const auto items = container.object()->iterate();
  if (items == nullptr)
    sandbox.fail("expected a container after 'in', found {}", type_name(container));
  while (const auto next = items->next(sandbox)) {
    if (equal(sandbox, *next, item)) return true;
  }
  return false;
}

}  // namespace

Value get_attribute(Sandbox& sandbox, const Value& object, std::string_view name) {
  if (auto found = find_attribute(sandbox, object, name)) return *std::move(found);
  if (object.is_undefined()) sandbox.fail_undefined(object);
  if (object.is_dict()) {
    if (const Value* found = object.dict().find(name)) return *found;
  }
  return sandbox.undefined(
      fmt::format("'{} object' has no attribute '{}'", type_name(object), name));
}

Value get_item(Sandbox& sandbox, const Value& object, const Value& key) {
  if (object.is_undefined()) sandbox.fail_undefined(object);
  if (auto found = find_item(sandbox, object, key)) return *std::move(found);
  if (key.is_text()) {
    if (auto found = find_attribute(sandbox, object, key.text().bytes)) return *std::move(found);
    return sandbox.undefined(
        fmt::format("'{} object' has no attribute '{}'", type_name(object), key.text().bytes));
  }
  return sandbox.undefined(
      fmt::format("{} object has no element {}", type_name(object), to_repr(sandbox, key)));
}

Value get_slice(Sandbox& sandbox, const Value& object, const Value* start, const Value* stop,
                const Value* step) {
  if (object.is_undefined()) sandbox.fail_undefined(object);
  if (object.is_text()) {
    return slice_text(sandbox, object.text(),
                      slice_bounds(sandbox, start, stop, step, object.text().length));
  }
  if (object.is(Kind::sequence)) {
    const Sequence& sequence = object.sequence();
    return slice_sequence(sandbox, sequence,
                          slice_bounds(sandbox, start, stop, step, sequence.items.size()));
  }
  if (const auto* range = object.object_as<Range>()) {
    const Bounds bounds =
        slice_bounds(sandbox, start, stop, step, static_cast<std::size_t>(range->size()));
    return Value(std::shared_ptr<Object>(
        sandbox.object<Range>(range->at(bounds.start), range->step() * bounds.step, bounds.count)));
  }
  sandbox.fail("expected a text or a list to slice, found {}", type_name(object));
}

Value call_value(Sandbox& sandbox, const Value& callee, const Arguments& arguments) {
  if (callee.is_undefined()) sandbox.fail_undefined(callee);
  if (!callee.is(Kind::object) || !callee.object()->callable()) {
    sandbox.fail("expected something that can be called, found {}", type_name(callee));
  }
  sandbox.work();
  const std::shared_ptr<Object> keep_alive = callee.object();
  return keep_alive->call(sandbox, arguments);
}

bool is_iterable(const Value& value) {
  if (value.is(Kind::object)) return value.object()->iterate() != nullptr;
  return value.is_undefined() || value.is_text() || value.is(Kind::sequence) || value.is_dict();
}

std::shared_ptr<Iterator> iterate(Sandbox& sandbox, const Value& value) {
  if (value.is_undefined()) return std::make_shared<NoItems>();
  if (value.is_text()) return std::make_shared<TextIterator>(value);
  if (value.is(Kind::sequence)) return std::make_shared<SequenceIterator>(value);
  if (value.is_dict()) return std::make_shared<DictIterator>(value);
  if (value.is(Kind::object)) {
    if (auto items = value.object()->iterate()) return items;
  }
  sandbox.fail("expected something to iterate over, found {}", type_name(value));
}

std::vector<Value> list_items(Sandbox& sandbox, const Value& value) {
  if (value.is(Kind::sequence)) return value.sequence().items;
  std::vector<Value> items;
  const auto iterator = iterate(sandbox, value);
  while (auto item = iterator->next(sandbox)) {
    sandbox.work();
    if (items.size() >= sandbox.limits().memory / sizeof(Value)) {
      sandbox.fail_limit("bytes of memory", sandbox.limits().memory);
    }
    items.push_back(*std::move(item));
  }
  return items;
}

std::optional<std::size_t> length_of(Sandbox& sandbox, const Value& value) {
  if (value.is_undefined()) return 0;
  if (value.is_text()) return value.text().length;
  if (value.is(Kind::sequence)) return value.sequence().items.size();
  if (value.is_dict()) return value.dict().items.size();
  return value.is(Kind::object) ? value.object()->length(sandbox) : std::nullopt;
}

bool contains(Sandbox& sandbox, const Value& container, const Value& item) {
  if (container.is_undefined()) return false;
  if (container.is_text()) {
    if (!item.is_text()) sandbox.fail("expected a text before 'in', found {}", type_name(item));
    const std::string& needle = item.text().bytes;
    sandbox.work(container.text().bytes.size() / 64);
    return needle.empty() || python::find(container.text().bytes, needle) != std::string::npos;
  }
  if (container.is(Kind::sequence)) {
    const std::vector<Value>& items = container.sequence().items;
    return std::any_of(items.begin(), items.end(),
                       [&](const Value& known) { return equal(sandbox, known, item); });
  }
  if (container.is_dict()) {
    if (!hash_of(sandbox, item))
      sandbox.fail("expected a key of a dict before 'in', found {}", type_name(item));
    return container.dict().find(sandbox, item) != nullptr;
  }
  if (container.is(Kind::object)) return contains_in_object(sandbox, container, item);
  sandbox.fail("expected a container after 'in', found {}", type_name(container));
}

Int to_index(Sandbox& sandbox, const Value& value, std::string_view what) {
  if (value.is_undefined()) sandbox.fail_undefined(value);
  if (!value.is_integral())
    sandbox.fail("expected an integer for {}, found {}", what, type_name(value));
  return value.as_integer();
}

}  // namespace nybble::text::jinja
