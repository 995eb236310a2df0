// Arithmetic and order of values, as Python's operators have them.
#include <cmath>

#include "text/jinja_methods.h"
#include "text/jinja_operators.h"

namespace nybble::text::jinja {
namespace {

constexpr std::string_view symbol_of(Binary op) {
  constexpr std::string_view symbols[] = {"+", "-", "*", "/", "//", "%", "**"};
  return symbols[static_cast<std::size_t>(op)];
}

[[noreturn]] void fail_types(const Sandbox& sandbox, std::string_view symbol, const Value& a,
                             const Value& b) {
  sandbox.fail("expected operands that '{}' takes, found {} and {}", symbol, type_name(a),
               type_name(b));
}

[[noreturn]] void fail_range(const Sandbox& sandbox) {
  sandbox.fail("a number leaves the range that nybble computes with (127 bits for integers)");
}

Int floor_divide(Int a, Int b) {
  const Int quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

Value integer_power(Sandbox& sandbox, Int base, Int exponent) {
  if (exponent < 0) {
    if (base == 0) sandbox.fail("0 cannot be raised to a negative power");
    return Value::real(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  }
  if (exponent > 126 && (base > 1 || base < -1)) fail_range(sandbox);
  if (base == -1 || base == 0 || base == 1) exponent = exponent == 0 ? 0 : 2 - exponent % 2;
  Int result = 1;
  for (; exponent > 0; --exponent) {
    if (__builtin_mul_overflow(result, base, &result)) fail_range(sandbox);
  }
  return Value::integer(result);
}

Value integer_operation(Sandbox& sandbox, Binary op, Int a, Int b) {
  Int result = 0;
  bool overflow = false;
  switch (op) {
    case Binary::add:
      overflow = __builtin_add_overflow(a, b, &result);
      break;
    case Binary::subtract:
      overflow = __builtin_sub_overflow(a, b, &result);
      break;
    case Binary::multiply:
      overflow = __builtin_mul_overflow(a, b, &result);
      break;
    case Binary::power:
      return integer_power(sandbox, a, b);
    default:
      if (b == 0) sandbox.fail("expected a divisor other than zero in '{}'", symbol_of(op));
      if (op == Binary::divide) return Value::real(static_cast<double>(a) / static_cast<double>(b));
      if (b == -1)
        return op == Binary::modulo ? Value::integer(0)
                                    : integer_operation(sandbox, Binary::subtract, 0, a);
      result = floor_divide(a, b);
      if (op == Binary::modulo) result = a - result * b;
  }
  if (overflow) fail_range(sandbox);
  return Value::integer(result);
}

// The remainder has the sign of the divisor.
double floor_modulo(double a, double b) {
  const double rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(0.0, b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}

double floor_divide(double a, double b) {
  const double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0 && (rest < 0) != (b < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double floor = std::floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

Value real_power(Sandbox& sandbox, double a, double b) {
  if (a == 0 && b < 0) sandbox.fail("0.0 cannot be raised to a negative power");
  if (a < 0 && std::isfinite(a) && std::isfinite(b) && std::trunc(b) != b) {
    sandbox.fail("expected a whole exponent of a negative number, found {}", real_to_text(b));
  }
  const double result = std::pow(a, b);
  if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) fail_range(sandbox);
  return Value::real(result);
}

Value real_operation(Sandbox& sandbox, Binary op, double a, double b) {
  switch (op) {
    case Binary::add:
      return Value::real(a + b);
    case Binary::subtract:
      return Value::real(a - b);
    case Binary::multiply:
      return Value::real(a * b);
    case Binary::power:
      return real_power(sandbox, a, b);
    default:
      if (b == 0) sandbox.fail("expected a divisor other than zero in '{}'", symbol_of(op));
      if (op == Binary::divide) return Value::real(a / b);
      return Value::real(op == Binary::modulo ? floor_modulo(a, b) : floor_divide(a, b));
  }
}

Value concatenate(Sandbox& sandbox, const Value& a, const Value& b) {
  if (a.is_text() && b.is_text()) {
    const bool markup = a.text().markup || b.text().markup;
    sandbox.work_on(a.text().bytes.size() + b.text().bytes.size());
    const auto part = [&](const Value& v) {
      return markup ? to_escaped(sandbox, v) : v.text().bytes;
    };
    return sandbox.text(part(a) + part(b), markup);
  }
  if (!a.is(Kind::sequence) || !b.is(Kind::sequence) || a.is_tuple() != b.is_tuple()) {
    fail_types(sandbox, "+", a, b);
  }
  std::vector<Value> items;
  const Charge room =
      sandbox.charge((a.sequence().items.size() + b.sequence().items.size()) * sizeof(Value));
  items.reserve(a.sequence().items.size() + b.sequence().items.size());
  items.insert(items.end(), a.sequence().items.begin(), a.sequence().items.end());
  items.insert(items.end(), b.sequence().items.begin(), b.sequence().items.end());
  return sandbox.sequence(std::move(items), a.is_tuple());
}

Value repeat(Sandbox& sandbox, const Value& value, Int times) {
  const auto checked = [&](std::size_t size, std::size_t limit) {
    if (times < 0 || size == 0) return std::size_t{0};
    if (times > static_cast<Int>(limit / size)) sandbox.fail_limit("bytes in one value", limit);
    return static_cast<std::size_t>(times);
  };
  if (value.is_text()) {
    const std::string& once = value.text().bytes;
    std::size_t left = checked(once.size(), sandbox.limits().text);
    std::string bytes;
    for (bytes.reserve(left * once.size()); left > 0; --left) bytes += once;
    return sandbox.text(std::move(bytes), value.text().markup);
  }
  const std::vector<Value>& once = value.sequence().items;
  std::size_t left = checked(once.size() * sizeof(Value), sandbox.limits().memory);
  const Charge room = sandbox.charge(left * once.size() * sizeof(Value));
  std::vector<Value> items;
  for (items.reserve(left * once.size()); left > 0; --left)
    items.insert(items.end(), once.begin(), once.end());
  return sandbox.sequence(std::move(items), value.is_tuple());
}

bool can_repeat(const Value& value) {
  return value.is_text() || value.is(Kind::sequence);
}

template <class T>
bool ordered(Comparison op, const T& a, const T& b) {
  switch (op) {
    case Comparison::less:
      return a < b;
    case Comparison::less_equal:
      return a <= b;
    case Comparison::greater:
      return a > b;
    default:
      return a >= b;
  }
}

bool compare_order(Sandbox& sandbox, Comparison op, const Value& a, const Value& b) {
  static constexpr std::string_view symbols[] = {"==", "!=", "<", "<=", ">", ">="};
  sandbox.work();
  if (a.is_undefined()) sandbox.fail_undefined(a);
  if (b.is_undefined()) sandbox.fail_undefined(b);
  if (a.is_integral() && b.is_integral()) return ordered(op, a.as_integer(), b.as_integer());
  if (a.is_number() && b.is_number()) return ordered(op, a.as_real(), b.as_real());
  if (a.is_text() && b.is_text()) {  // the order of UTF-8 is the order of code points
    sandbox.work(std::min(a.text().bytes.size(), b.text().bytes.size()) / 64);
    return ordered(op, a.text().bytes, b.text().bytes);
  }
  if (!a.is(Kind::sequence) || !b.is(Kind::sequence) || a.is_tuple() != b.is_tuple()) {
    fail_types(sandbox, symbols[static_cast<std::size_t>(op)], a, b);
  }
  const std::vector<Value>& x = a.sequence().items;
  const std::vector<Value>& y = b.sequence().items;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (!equal(sandbox, x[i], y[i])) return compare_order(sandbox, op, x[i], y[i]);
  }
  return ordered(op, x.size(), y.size());
}

}  // namespace

Value operate(Sandbox& sandbox, Binary op, const Value& a, const Value& b) {
  if (a.is_text() && op == Binary::modulo) {
    return sandbox.text(format_percent(sandbox, a.text(), b), a.text().markup);
  }
  if (a.is_undefined()) sandbox.fail_undefined(a);
  if (b.is_undefined()) sandbox.fail_undefined(b);
  if (a.is_integral() && b.is_integral())
    return integer_operation(sandbox, op, a.as_integer(), b.as_integer());
  if (a.is_number() && b.is_number()) return real_operation(sandbox, op, a.as_real(), b.as_real());
  if (op == Binary::add) return concatenate(sandbox, a, b);
  if (op == Binary::multiply && can_repeat(a) && b.is_integral())
    return repeat(sandbox, a, b.as_integer());
  if (op == Binary::multiply && can_repeat(b) && a.is_integral())
    return repeat(sandbox, b, a.as_integer());
  fail_types(sandbox, symbol_of(op), a, b);
}

Value negate(Sandbox& sandbox, const Value& value) {
  if (value.is_undefined()) sandbox.fail_undefined(value);
  if (value.is_integral())
    return integer_operation(sandbox, Binary::subtract, 0, value.as_integer());
  if (value.is_number()) return Value::real(-value.as_real());
  sandbox.fail("expected a number after '-', found {}", type_name(value));
}

bool less(Sandbox& sandbox, const Value& a, const Value& b) {
  return compare_order(sandbox, Comparison::less, a, b);
}

bool compare(Sandbox& sandbox, Comparison op, const Value& a, const Value& b) {
  switch (op) {
    case Comparison::equal:
      return equal(sandbox, a, b);
    case Comparison::not_equal:
      return !equal(sandbox, a, b);
    case Comparison::in:
      return contains(sandbox, b, a);
    case Comparison::not_in:
      return !contains(sandbox, b, a);
    default:
      return compare_order(sandbox, op, a, b);
  }
}

}  // namespace nybble::text::jinja
