// Filters that apply other filters and tests to the items of a sequence, and `default`.
#include <algorithm>

#include "text/jinja_filters.h"
#include "text/jinja_methods.h"
#include "text/jinja_operators.h"

namespace nybble::text::jinja {
namespace {

Value filter_default(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "default", arguments, {"default_value", "boolean"});
  const bool replace = input.is_undefined() || (bound.flag(1, false) && !truthy(sandbox, input));
  if (!replace) return input;
  return bound.find(0) ? bound.get(0) : sandbox.text("");
}

Value filter_attr(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "attr", arguments, {"name"}, 1);
  const std::string& name = bound.text(0).bytes;
  // Attributes only, no items: Python's getattr.
  if (input.is_dict() && input.dict().find(name) != nullptr &&
      !find_builtin_attribute(sandbox, input, name)) {
    return sandbox.undefined(fmt::format("'dict object' has no attribute '{}'", name));
  }
  return get_attribute(sandbox, input, name);
}

// A generator that calls act(item) for each item of the input, once it is iterated over. What act
// gives is the next item, nothing leaves it out. prepare(sandbox) is called before the first.
template <class Prepare>
Value lazily(Sandbox& sandbox, const Value& input, Prepare prepare) {
  using Act = std::function<std::optional<Value>(Sandbox&, const Value&)>;
  auto next = [input, prepare, act = Act(),
               items = std::shared_ptr<Iterator>()](Sandbox& box) mutable -> std::optional<Value> {
    if (!items) {
      if (!truthy(box, input)) return std::nullopt;
      act = prepare(box);
      items = iterate(box, input);
    }
    while (const auto item = items->next(box)) {
      box.work();
      if (auto result = act(box, *item)) return result;
    }
    return std::nullopt;
  };
  return make_generator(sandbox, std::move(next), input);
}

Arguments arguments_behind(const Arguments& arguments, std::size_t n) {
  Arguments rest{.positional = {}, .keyword = arguments.keyword};
  rest.positional.assign(arguments.positional.begin() + static_cast<std::ptrdiff_t>(n),
                         arguments.positional.end());
  return rest;
}

Value filter_map(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  using Act = std::function<std::optional<Value>(Sandbox&, const Value&)>;
  return lazily(sandbox, input, [arguments](Sandbox& box) -> Act {
    const bool by_attribute = arguments.positional.empty() && !arguments.keyword.empty() &&
                              std::any_of(arguments.keyword.begin(), arguments.keyword.end(),
                                          [](const auto& k) { return k.first == "attribute"; });
    if (by_attribute) {
      const Bound bound(box, "map", arguments, {"attribute", "default"}, 1);
      const Value otherwise = bound.find(1) ? bound.get(1) : Value::none();
      return [get = AttributeGetter(box, bound.find(0), false, otherwise)](
                 Sandbox& b, const Value& item) { return std::optional(get(b, item)); };
    }
    if (arguments.positional.empty()) box.fail("map() expects the name of a filter, or attribute=");
    const std::string name = to_text(box, arguments.positional[0]);
    const Filter* filter = find_filter(name);
    if (filter == nullptr) box.fail("expected the name of a filter, found '{}'", name);
    return [filter, rest = arguments_behind(arguments, 1)](Sandbox& b, const Value& item) {
      return std::optional(filter->apply(b, item, rest));
    };
  });
}

// select, reject, and with an attribute selectattr, rejectattr.
template <bool wanted, bool by_attribute>
Value filter_select(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  using Act = std::function<std::optional<Value>(Sandbox&, const Value&)>;
  return lazily(sandbox, input, [arguments](Sandbox& box) -> Act {
    if (by_attribute && arguments.positional.empty())
      box.fail("expected the name of an attribute to select by");
    constexpr std::size_t name_place = by_attribute ? 1 : 0;
    AttributeGetter get(box, by_attribute ? &arguments.positional[0] : nullptr);
    if (arguments.positional.size() <= name_place) {
      return [get](Sandbox& b, const Value& item) {
        return truthy(b, get(b, item)) == wanted ? std::optional(item) : std::nullopt;
      };
    }
    const std::string name = to_text(box, arguments.positional[name_place]);
    const Test* test = find_test(name);
    if (test == nullptr) box.fail("expected the name of a test, found '{}'", name);
    return [get, test, rest = arguments_behind(arguments, name_place + 1)](Sandbox& b,
                                                                           const Value& item) {
      return test->check(b, get(b, item), rest) == wanted ? std::optional(item) : std::nullopt;
    };
  });
}

Value filter_items(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "items", arguments, {});
  auto next = [input, place = std::size_t{0}](Sandbox& box) mutable -> std::optional<Value> {
    if (input.is_undefined()) return std::nullopt;
    if (!input.is_dict()) box.fail("items() expects a dict, found {}", type_name(input));
    const auto& items = input.dict().items;
    if (place >= items.size()) return std::nullopt;
    const auto& [key, value] = items[place++];
    return box.tuple({key, value});
  };
  return make_generator(sandbox, std::move(next), input);
}

constexpr Filter filters[] = {
    {"default", filter_default},
    {"d", filter_default},
    {"attr", filter_attr},
    {"map", filter_map},
    {"select", filter_select<true, false>},
    {"reject", filter_select<false, false>},
    {"selectattr", filter_select<true, true>},
    {"rejectattr", filter_select<false, true>},
    {"items", filter_items},
};

}  // namespace

std::span<const Filter> selection_filters() {
  return filters;
}

}  // namespace nybble::text::jinja
