// The attributes and methods of dict, list, tuple and numbers.
#include "text/jinja_methods.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "text/jinja_filters.h"
#include "text/jinja_objects.h"
#include "text/jinja_operators.h"

namespace nybble::text::jinja {
namespace {

using Method = Value (*)(Sandbox&, const Value&, const Arguments&);
struct NamedMethod {
  std::string_view name;
  Method method;
};

void check_positional(Sandbox& sandbox, std::string_view name, const Arguments& arguments,
                      std::size_t least, std::size_t most) {
  if (!arguments.keyword.empty()) sandbox.fail("{}() takes no keyword arguments", name);
  const std::size_t n = arguments.positional.size();
  if (n < least || n > most)
    sandbox.fail("{}() takes {} to {} arguments, found {}", name, least, most, n);
}

Value dict_get(Sandbox& sandbox, const Value& self, const Arguments& arguments) {
  check_positional(sandbox, "get", arguments, 1, 2);
  const Value& key = arguments.positional[0];
  if (!hash_of(sandbox, key))
    sandbox.fail("expected a key of a dict, found a {}, which cannot be one", type_name(key));
  if (const Value* found = self.dict().find(sandbox, key)) return *found;
  return arguments.positional.size() > 1 ? arguments.positional[1] : Value::none();
}

template <DictView::Part part>
Value dict_view(Sandbox& sandbox, const Value& self, const Arguments& arguments) {
  check_positional(sandbox, "the method", arguments, 0, 0);
  sandbox.depth_around(depth_of(self));
  return Value(std::shared_ptr<Object>(sandbox.object<DictView>(self, part)));
}

Value copy(Sandbox& sandbox, const Value& self, const Arguments& arguments) {
  check_positional(sandbox, "copy", arguments, 0, 0);
  return self.is_dict() ? sandbox.dict(self.dict().items) : sandbox.list(self.sequence().items);
}

Value sequence_count(Sandbox& sandbox, const Value& self, const Arguments& arguments) {
  check_positional(sandbox, "count", arguments, 1, 1);
  const auto& items = self.sequence().items;
  const auto n = std::count_if(items.begin(), items.end(), [&](const Value& item) {
    return equal(sandbox, item, arguments.positional[0]);
  });
  return Value::integer(n);
}

Value sequence_index(Sandbox& sandbox, const Value& self, const Arguments& arguments) {
  check_positional(sandbox, "index", arguments, 1, 3);
  const auto& items = self.sequence().items;
  const Int size = static_cast<Int>(items.size());
  const auto bound = [&](std::size_t place, Int otherwise) {
    if (arguments.positional.size() <= place) return otherwise;
    const Int given = to_index(sandbox, arguments.positional[place], "index()");
    return std::clamp(given < 0 ? std::max(given, -size) + size : given, Int{0}, size);
  };
  for (Int i = bound(1, 0); i < bound(2, size); ++i) {
    if (equal(sandbox, items[static_cast<std::size_t>(i)], arguments.positional[0]))
      return Value::integer(i);
  }
  sandbox.fail("{} is not in the {}", to_repr(sandbox, arguments.positional[0]), type_name(self));
}

Value real_is_integer(Sandbox& sandbox, const Value& self, const Arguments& arguments) {
  check_positional(sandbox, "is_integer", arguments, 0, 0);
  return Value::boolean(std::isfinite(self.as_real()) &&
                        std::trunc(self.as_real()) == self.as_real());
}

Value integer_bit_length(Sandbox& sandbox, const Value& self, const Arguments& arguments) {
  check_positional(sandbox, "bit_length", arguments, 0, 0);
  Int rest = self.as_integer() < 0 ? -self.as_integer() : self.as_integer();
  Int bits = 0;
  for (; rest != 0; rest /= 2) ++bits;
  return Value::integer(bits);
}

constexpr std::array<NamedMethod, 5> dict_methods = {{{"get", dict_get},
                                                      {"items", dict_view<DictView::Part::items>},
                                                      {"keys", dict_view<DictView::Part::keys>},
                                                      {"values", dict_view<DictView::Part::values>},
                                                      {"copy", copy}}};
constexpr std::array<NamedMethod, 3> list_methods = {
    {{"index", sequence_index}, {"count", sequence_count}, {"copy", copy}}};
// What Python finds on an Undefined without asking Undefined itself, which raises an exception for
// all else.
constexpr std::array<std::string_view, 10> undefined_attributes = {
    "__class__", "__doc__",  "__init__", "__str__", "__repr__",
    "__eq__",    "__hash__", "__new__",  "__len__", "__call__"};
constexpr std::array<std::string_view, 5> dict_changes = {"clear", "pop", "popitem", "setdefault",
                                                          "update"};
constexpr std::array<std::string_view, 8> list_changes = {"append", "clear", "pop",    "reverse",
                                                          "insert", "sort",  "extend", "remove"};

template <std::size_t n>
std::optional<Value> bind(Sandbox& sandbox, const std::array<NamedMethod, n>& methods,
                          const Value& self, std::string_view name) {
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [name](const NamedMethod& m) { return m.name == name; });
  if (found == methods.end()) return std::nullopt;
  Function::Body body = [self, method = found->method](Sandbox& box, const Arguments& arguments) {
    return method(box, self, arguments);
  };
  const int depth = sandbox.depth_around(depth_of(self));
  return Value(
      std::shared_ptr<Object>(sandbox.object<Function>(std::string(name), std::move(body), depth)));
}

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Value unsafe(Sandbox& sandbox, const Value& object, std::string_view name) {
  return sandbox.undefined(
      fmt::format("access to attribute '{}' of '{}' object is unsafe.", name, type_name(object)));
}

std::optional<Value> sequence_attribute(Sandbox& sandbox, const Value& object,
                                        std::string_view name) {
  const Sequence& sequence = object.sequence();
  if (sequence.grouped && name == "grouper") return sequence.items[0];
  if (sequence.grouped && name == "list") return sequence.items[1];
  if (!sequence.tuple && is_one_of(list_changes, name)) return unsafe(sandbox, object, name);
  if (sequence.tuple && name == "copy") return std::nullopt;
  return bind(sandbox, list_methods, object, name);
}

std::optional<Value> number_attribute(Sandbox& sandbox, const Value& object,
                                      std::string_view name) {
  static constexpr std::array<NamedMethod, 1> real_methods = {{{"is_integer", real_is_integer}}};
  static constexpr std::array<NamedMethod, 1> integer_methods = {
      {{"bit_length", integer_bit_length}}};
  const bool whole = object.is_integral();
  const auto own = [&] { return whole ? Value::integer(object.as_integer()) : object; };
  if (name == "real" || (whole && name == "numerator")) return own();
  if (name == "imag") return whole ? Value::integer(0) : Value::real(0);
  if (whole && name == "denominator") return Value::integer(1);
  return whole ? bind(sandbox, integer_methods, object, name)
               : bind(sandbox, real_methods, object, name);
}

}  // namespace

std::optional<Value> find_builtin_attribute(Sandbox& sandbox, const Value& object,
                                            std::string_view name) {
  if (object.is_undefined()) {
    const bool known = is_one_of(undefined_attributes, name);
    return known ? std::optional(unsafe(sandbox, object, name)) : std::nullopt;
  }
  if (name.size() > 4 && name.starts_with("__") && name.ends_with("__")) {
    const bool is_key = object.is_dict() && object.dict().find(name) != nullptr;
    return is_key ? std::nullopt : std::optional(unsafe(sandbox, object, name));
  }
  if (object.is_dict()) {
    if (is_one_of(dict_changes, name)) return unsafe(sandbox, object, name);
    return bind(sandbox, dict_methods, object, name);
  }
  if (object.is_text()) return find_text_method(sandbox, object, name);
  if (object.is(Kind::sequence)) return sequence_attribute(sandbox, object, name);
  if (object.is_number()) return number_attribute(sandbox, object, name);
  return std::nullopt;
}

}  // namespace nybble::text::jinja
