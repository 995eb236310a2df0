// Filters on numbers.
#include <array>
#include <charconv>
#include <cmath>

#include "text/jinja_filters.h"
#include "text/jinja_numbers.h"
#include "text/jinja_operators.h"

namespace nybble::text::jinja {
namespace {

Value filter_abs(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "abs", arguments, {});
  if (input.is_undefined()) sandbox.fail_undefined(input);
  if (!input.is_number()) sandbox.fail("abs() expects a number, found {}", type_name(input));
  if (!input.is_integral()) return Value::real(std::abs(input.as_real()));
  return input.as_integer() < 0 ? negate(sandbox, input) : Value::integer(input.as_integer());
}

Value filter_int(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "int", arguments, {"default", "base"});
  const Value otherwise = bound.find(0) ? bound.get(0) : Value::integer(0);
  if (input.is_undefined()) sandbox.fail_undefined(input);
  if (input.is_integral()) return Value::integer(input.as_integer());
  if (input.is(Kind::real)) {
    const double value = input.as_real();
    if (std::isnan(value)) return otherwise;
    if (std::abs(value) >= 0x1p126)
      sandbox.fail("int() expects a number of at most 126 bits, found {}", real_to_text(value));
    return Value::integer(static_cast<Int>(value));
  }
  if (!input.is_text()) return otherwise;
  if (const auto whole = parse_integer(input.text().bytes, bound.integer(1, 10)))
    return Value::integer(*whole);
  const auto real = parse_real(input.text().bytes);
  return real && std::abs(*real) < 0x1p126 ? Value::integer(static_cast<Int>(*real)) : otherwise;
}

Value filter_float(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "float", arguments, {"default"});
  if (input.is_undefined()) sandbox.fail_undefined(input);
  if (input.is_number()) return Value::real(input.as_real());
  const Value otherwise = bound.find(0) ? bound.get(0) : Value::real(0);
  if (!input.is_text()) return otherwise;
  const auto real = parse_real(input.text().bytes);
  return real ? Value::real(*real) : otherwise;
}

// round(n, -places) of an integer: to the nearest multiple of a power of ten, halves to the even
// one.
Value round_integer(Int value, Int places) {
  if (places >= 0) return Value::integer(value);
  if (places < -37) return Value::integer(0);
  Int unit = 1;
  for (; places < 0; ++places) unit *= 10;
  Int low = value / unit * unit;
  if (low > value) low -= unit;
  const Int twice = 2 * (value - low);
  const bool up = twice > unit || (twice == unit && (low / unit) % 2 != 0);
  return Value::integer(up ? low + unit : low);
}

Value filter_round(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "round", arguments, {"precision", "method"});
  const std::string method = bound.find(1) ? to_text(sandbox, bound.get(1)) : "common";
  if (method != "common" && method != "ceil" && method != "floor") {
    sandbox.fail("round() expects the method common, ceil or floor, found {}", method);
  }
  if (input.is_undefined()) sandbox.fail_undefined(input);
  if (!input.is_number()) sandbox.fail("round() expects a number, found {}", type_name(input));
  if (method == "common") {
    if (bound.find(0) && bound.get(0).is_none()) {  // round(x, None) is an integer
      const double whole = std::nearbyint(input.as_real());
      if (input.is_integral()) return Value::integer(input.as_integer());
      if (!(std::abs(whole) < 0x1p126)) sandbox.fail("round() expects a finite number");
      return Value::integer(static_cast<Int>(whole));
    }
    const Int places = bound.integer(0, 0);
    if (input.is_integral()) return round_integer(input.as_integer(), places);
    return Value::real(round_real(input.as_real(), places));
  }
  const Value scale = operate(sandbox, Binary::power, Value::integer(10),
                              bound.find(0) ? bound.get(0) : Value::integer(0));
  const double scaled = operate(sandbox, Binary::multiply, input, scale).as_real();
  const double whole = method == "ceil" ? std::ceil(scaled) : std::floor(scaled);
  if (!std::isfinite(whole)) sandbox.fail("round() expects a finite number");
  return operate(sandbox, Binary::divide, Value::real(whole == 0 ? 0.0 : whole), scale);
}

Value filter_filesizeformat(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  static constexpr std::array<std::string_view, 8> prefixes = {"k", "M", "G", "T",
                                                               "P", "E", "Z", "Y"};
  const Bound bound(sandbox, "filesizeformat", arguments, {"binary"});
  const bool binary = bound.flag(0, false);
  const auto parsed = input.is_text()     ? parse_real(input.text().bytes)
                      : input.is_number() ? std::optional(input.as_real())
                                          : std::nullopt;
  if (!parsed) sandbox.fail("filesizeformat() expects a number, found {}", type_name(input));
  const double bytes = *parsed;
  const double base = binary ? 1024 : 1000;
  if (bytes == 1) return sandbox.text("1 Byte");
  if (bytes < base) return sandbox.text(fmt::format("{:.0f} Bytes", std::trunc(bytes)));
  double unit = base;
  std::size_t i = 0;
  for (; i + 1 < prefixes.size() && bytes >= unit * base; ++i) unit *= base;
  const std::string prefix =
      binary ? (i == 0 ? "Ki" : std::string(prefixes[i]) + "i") : std::string(prefixes[i]);
  return sandbox.text(fmt::format("{:.1f} {}B", base * bytes / (unit * base), prefix));
}

constexpr Filter filters[] = {
    {"abs", filter_abs},
    {"int", filter_int},
    {"float", filter_float},
    {"round", filter_round},
    {"filesizeformat", filter_filesizeformat},
};

}  // namespace

std::span<const Filter> number_filters() {
  return filters;
}

}  // namespace nybble::text::jinja
