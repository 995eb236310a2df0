// The tests of Jinja: what stands behind `is`.
#include <algorithm>
#include <array>

#include "text/jinja_filters.h"
#include "text/jinja_operators.h"
#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

// A test that takes no argument.
template <bool (*holds)(Sandbox&, const Value&)>
bool check(Sandbox& sandbox, const Value& value, const Arguments& arguments) {
  const Bound bound(sandbox, "the test", arguments, {});
  return holds(sandbox, value);
}

// A comparison with one argument.
template <Comparison op>
bool check_order(Sandbox& sandbox, const Value& value, const Arguments& arguments) {
  const Bound bound(sandbox, "the test", arguments, {"other"}, 1);
  return compare(sandbox, op, value, bound.get(0));
}

bool is_defined(Sandbox&, const Value& value) {
  return !value.is_undefined();
}
bool is_undefined(Sandbox&, const Value& value) {
  return value.is_undefined();
}
bool is_none(Sandbox&, const Value& value) {
  return value.is_none();
}
bool is_boolean(Sandbox&, const Value& value) {
  return value.is(Kind::boolean);
}
bool is_true(Sandbox&, const Value& value) {
  return value.is(Kind::boolean) && value.as_boolean();
}
bool is_false(Sandbox&, const Value& value) {
  return value.is(Kind::boolean) && !value.as_boolean();
}
bool is_integer(Sandbox&, const Value& value) {
  return value.is(Kind::integer);
}
bool is_float(Sandbox&, const Value& value) {
  return value.is(Kind::real);
}
bool is_number(Sandbox&, const Value& value) {
  return value.is_number();
}
bool is_string(Sandbox&, const Value& value) {
  return value.is_text();
}
bool is_mapping(Sandbox&, const Value& value) {
  return value.is_dict();
}
bool is_iterable_test(Sandbox&, const Value& value) {
  return is_iterable(value);
}
bool is_escaped(Sandbox&, const Value& value) {
  return value.is_text() && value.text().markup;
}

bool is_sequence(Sandbox&, const Value& value) {
  if (value.is(Kind::object)) return value.object()->is_sequence();
  return value.is_undefined() || value.is_text() || value.is(Kind::sequence) || value.is_dict();
}

bool is_callable(Sandbox&, const Value& value) {
  return value.is_undefined() || (value.is(Kind::object) && value.object()->callable());
}

// Letters are there, and all of them are of the case.
template <bool upper>
bool is_case(Sandbox& sandbox, const Value& value) {
  const std::string text = to_text(sandbox, value);
  bool found = false;
  for (std::size_t place = 0; place < text.size();) {
    const char32_t c = python::next_code_point(text, place);
    const bool right = upper ? python::is_upper(c) : python::is_lower(c);
    if (!right && python::is_cased(c)) return false;
    found = found || right;
  }
  return found;
}

bool remainder_is(Sandbox& sandbox, const Value& value, const Value& divisor, Int remainder) {
  return equal(sandbox, operate(sandbox, Binary::modulo, value, divisor),
               Value::integer(remainder));
}
bool is_odd(Sandbox& sandbox, const Value& value) {
  return remainder_is(sandbox, value, Value::integer(2), 1);
}
bool is_even(Sandbox& sandbox, const Value& value) {
  return remainder_is(sandbox, value, Value::integer(2), 0);
}

bool check_divisibleby(Sandbox& sandbox, const Value& value, const Arguments& arguments) {
  const Bound bound(sandbox, "divisibleby", arguments, {"num"}, 1);
  return remainder_is(sandbox, value, bound.get(0), 0);
}

bool check_sameas(Sandbox& sandbox, const Value& value, const Arguments& arguments) {
  const Bound bound(sandbox, "sameas", arguments, {"other"}, 1);
  return value.same_as(sandbox, bound.get(0));
}

bool check_in(Sandbox& sandbox, const Value& value, const Arguments& arguments) {
  const Bound bound(sandbox, "in", arguments, {"seq"}, 1);
  return contains(sandbox, bound.get(0), value);
}

bool names_filter(Sandbox& sandbox, const Value& value) {
  return find_filter(to_text(sandbox, value)) != nullptr;
}
bool names_test(Sandbox& sandbox, const Value& value) {
  return find_test(to_text(sandbox, value)) != nullptr;
}

constexpr Test tests[] = {
    {"defined", check<is_defined>},
    {"undefined", check<is_undefined>},
    {"none", check<is_none>},
    {"boolean", check<is_boolean>},
    {"true", check<is_true>},
    {"false", check<is_false>},
    {"integer", check<is_integer>},
    {"float", check<is_float>},
    {"number", check<is_number>},
    {"string", check<is_string>},
    {"mapping", check<is_mapping>},
    {"sequence", check<is_sequence>},
    {"iterable", check<is_iterable_test>},
    {"callable", check<is_callable>},
    {"escaped", check<is_escaped>},
    {"lower", check<is_case<false>>},
    {"upper", check<is_case<true>>},
    {"odd", check<is_odd>},
    {"even", check<is_even>},
    {"divisibleby", check_divisibleby},
    {"sameas", check_sameas},
    {"in", check_in},
    {"filter", check<names_filter>},
    {"test", check<names_test>},
    {"==", check_order<Comparison::equal>},
    {"eq", check_order<Comparison::equal>},
    {"equalto", check_order<Comparison::equal>},
    {"!=", check_order<Comparison::not_equal>},
    {"ne", check_order<Comparison::not_equal>},
    {"<", check_order<Comparison::less>},
    {"lt", check_order<Comparison::less>},
    {"lessthan", check_order<Comparison::less>},
    {"<=", check_order<Comparison::less_equal>},
    {"le", check_order<Comparison::less_equal>},
    {">", check_order<Comparison::greater>},
    {"gt", check_order<Comparison::greater>},
    {"greaterthan", check_order<Comparison::greater>},
    {">=", check_order<Comparison::greater_equal>},
    {"ge", check_order<Comparison::greater_equal>},
};

}  // namespace

const Test* find_test(std::string_view name) {
  const auto* found = std::find_if(std::begin(tests), std::end(tests),
                                   [name](const Test& t) { return t.name == name; });
  return found == std::end(tests) ? nullptr : found;
}

}  // namespace nybble::text::jinja
