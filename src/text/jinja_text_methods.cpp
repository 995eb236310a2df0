// The methods of Python's str.
#include <algorithm>
#include <array>

#include "text/jinja_filters.h"
#include "text/jinja_methods.h"
#include "text/jinja_objects.h"
#include "text/jinja_operators.h"
#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

// A call of a method: the text it belongs to and the arguments, which have no names unless said.
struct Call {
  Sandbox& sandbox;
  const Value& self;
  const Arguments& arguments;
  std::string_view name;

  const Text& text() const { return self.text(); }
  const std::string& bytes() const { return self.text().bytes; }
  std::size_t size() const { return arguments.positional.size(); }
  const Value& at(std::size_t place) const { return arguments.positional[place]; }
  bool given(std::size_t place) const { return place < size() && !at(place).is_none(); }

  void expect(std::size_t least, std::size_t most) const {
    if (!arguments.keyword.empty()) sandbox.fail("{}() takes no keyword arguments", name);
    if (size() < least || size() > most) {
      sandbox.fail("{}() takes {} to {} arguments, found {}", name, least, most, size());
    }
  }
  const Text& text_at(std::size_t place) const {
    if (at(place).is_undefined()) sandbox.fail_undefined(at(place));
    if (!at(place).is_text())
      sandbox.fail("{}() expects a text, found {}", name, type_name(at(place)));
    return at(place).text();
  }
  Value result(std::string text) const { return sandbox.text(std::move(text), self.text().markup); }
};

using Method = Value (*)(const Call&);

template <std::string (*change)(std::string_view)>
Value changed(const Call& call) {
  call.expect(0, 0);
  call.sandbox.work_on(call.bytes().size() * 4);
  return call.result(change(call.bytes()));
}

template <python::Sides sides>
Value stripped(const Call& call) {
  call.expect(0, 1);
  std::optional<std::string_view> chars;
  if (call.given(0)) chars = call.text_at(0).bytes;
  if (chars) call.sandbox.work(call.bytes().size() * chars->size() / 64);
  return call.result(std::string(python::strip(call.bytes(), chars, sides)));
}

// A part of the text in code points, and where it starts: the optional arguments start and end of
// find() and others.
struct Part {
  std::string_view bytes;
  std::size_t start = 0;
  bool valid = true;  // false: start lies behind the end
};

Part part_of(const Call& call, std::size_t first_argument) {
  const Text& text = call.text();
  const Int length = static_cast<Int>(text.length);
  const auto bound = [&](std::size_t place, Int otherwise) {
    if (!call.given(place)) return otherwise;
    const Int given = to_index(call.sandbox, call.at(place), call.name);
    return given < 0 ? std::max(given + length, Int{0}) : given;
  };
  const Int start = bound(first_argument, 0);
  const Int end = std::min(bound(first_argument + 1, length), length);
  if (start > end || start > length) return {{}, 0, false};
  const auto from = static_cast<std::size_t>(start);
  const std::size_t first = python::byte_of(text.bytes, from, text.ascii());
  const std::string_view rest = std::string_view(text.bytes).substr(first);
  return {
      rest.substr(0, python::byte_of(rest, static_cast<std::size_t>(end - start), text.ascii())),
      from, true};
}

// The code point at which the needle is found first or last; nothing when it is not there.
std::optional<std::size_t> position(const Call& call, bool last) {
  call.expect(1, 3);
  const std::string& needle = call.text_at(0).bytes;
  const Part part = part_of(call, 1);
  call.sandbox.work(call.bytes().size() / 16);
  if (!part.valid) return std::nullopt;
  std::size_t byte = last ? part.bytes.size() : 0;
  if (!needle.empty())
    byte = last ? python::find_last(part.bytes, needle) : python::find(part.bytes, needle);
  if (byte == std::string_view::npos) return std::nullopt;
  return part.start + python::count_code_points(part.bytes.substr(0, byte)).value_or(byte);
}

template <bool last>
Value find(const Call& call) {
  const auto place = position(call, last);
  return Value::integer(place ? static_cast<Int>(*place) : Int{-1});
}

template <bool last>
Value index(const Call& call) {
  const auto place = position(call, last);
  if (!place) call.sandbox.fail("{}() found no such text", call.name);
  return Value::integer(static_cast<Int>(*place));
}

Value count(const Call& call) {
  call.expect(1, 3);
  const std::string& needle = call.text_at(0).bytes;
  const Part part = part_of(call, 1);
  call.sandbox.work(call.bytes().size() / 16);
  if (!part.valid) return Value::integer(0);
  const std::size_t n = needle.empty() ? python::count_code_points(part.bytes).value_or(0) + 1
                                       : python::count(part.bytes, needle);
  return Value::integer(static_cast<Int>(n));
}

template <bool at_end>
Value starts_or_ends(const Call& call) {
  call.expect(1, 3);
  const Part part = part_of(call, 1);
  const auto matches = [&](const Value& affix) {
    if (!affix.is_text())
      call.sandbox.fail("{}() expects texts, found {}", call.name, type_name(affix));
    const std::string& bytes = affix.text().bytes;
    return part.valid && (at_end ? part.bytes.ends_with(bytes) : part.bytes.starts_with(bytes));
  };
  if (!call.at(0).is_tuple()) {
    call.text_at(0);
    return Value::boolean(matches(call.at(0)));
  }
  const auto& affixes = call.at(0).sequence().items;
  return Value::boolean(std::any_of(affixes.begin(), affixes.end(), matches));
}

Value replace(const Call& call) {
  call.expect(2, 3);
  const Int limit = call.size() > 2 ? to_index(call.sandbox, call.at(2), "replace()") : Int{-1};
  const std::string& old = call.text_at(0).bytes;
  call.text_at(1);
  const std::string by =
      call.text().markup ? to_escaped(call.sandbox, call.at(1)) : call.at(1).text().bytes;
  return replace_text(call.sandbox, call.bytes(), old, by, limit, call.text().markup);
}

template <bool from_right>
Value split(const Call& call) {
  const Bound bound(call.sandbox, call.name, call.arguments, {"sep", "maxsplit"});
  std::optional<std::string_view> separator;
  if (bound.find_some(0)) separator = bound.text(0).bytes;
  if (separator && separator->empty())
    call.sandbox.fail("{}() expects a separator that is not empty", call.name);
  const Int most = static_cast<Int>(call.bytes().size());
  const auto limit = static_cast<std::ptrdiff_t>(std::clamp(bound.integer(1, -1), Int{-1}, most));
  const std::size_t pieces =
      separator ? python::count(call.bytes(), *separator) + 1 : call.bytes().size() / 2 + 1;
  const Charge room = call.sandbox.charge(pieces * (sizeof(Value) + sizeof(std::string_view)) +
                                          call.bytes().size());
  call.sandbox.work_on(call.bytes().size());
  std::vector<Value> parts;
  for (const std::string_view part : from_right
                                         ? python::split_right(call.bytes(), separator, limit)
                                         : python::split(call.bytes(), separator, limit)) {
    parts.push_back(call.result(std::string(part)));
  }
  return call.sandbox.list(std::move(parts));
}

Value splitlines(const Call& call) {
  const Bound bound(call.sandbox, call.name, call.arguments, {"keepends"});
  const Charge room = call.sandbox.charge(call.bytes().size() * sizeof(std::string_view));
  std::vector<Value> lines;
  for (const std::string_view line : python::split_lines(call.bytes(), bound.flag(0, false))) {
    lines.push_back(call.result(std::string(line)));
  }
  return call.sandbox.list(std::move(lines));
}

template <bool last>
Value partition(const Call& call) {
  call.expect(1, 1);
  const std::string& separator = call.text_at(0).bytes;
  if (separator.empty()) call.sandbox.fail("{}() expects a separator that is not empty", call.name);
  const std::string_view bytes = call.bytes();
  const std::size_t at =
      last ? python::find_last(bytes, separator) : python::find(bytes, separator);
  const auto text = [&](std::string_view part) { return call.result(std::string(part)); };
  if (at != std::string_view::npos) {
    return call.sandbox.tuple(
        {text(bytes.substr(0, at)), text(separator), text(bytes.substr(at + separator.size()))});
  }
  if (last) return call.sandbox.tuple({text(""), text(""), call.self});
  return call.sandbox.tuple({call.self, text(""), text("")});
}

Value join(const Call& call) {
  call.expect(1, 1);
  std::string out;
  const auto items = iterate(call.sandbox, call.at(0));
  bool first = true;
  while (const auto item = items->next(call.sandbox)) {
    call.sandbox.work();
    if (!item->is_text() && !call.text().markup) {
      call.sandbox.fail("join() expects texts, found {}", type_name(*item));
    }
    if (!std::exchange(first, false)) out += call.bytes();
    out += call.text().markup ? to_escaped(call.sandbox, *item) : item->text().bytes;
    if (out.size() > call.sandbox.limits().text) call.sandbox.work_on(out.size());
  }
  return call.result(std::move(out));
}

template <Padding padding>
Value pad(const Call& call) {
  call.expect(1, 2);
  const std::string filler = call.size() > 1 ? call.text_at(1).bytes : " ";
  if (call.size() > 1 && call.text_at(1).length != 1)
    call.sandbox.fail("{}() expects one character to fill with", call.name);
  return call.result(pad_text(call.sandbox, call.text(),
                              to_index(call.sandbox, call.at(0), call.name), filler, padding));
}

Value zfill(const Call& call) {
  call.expect(1, 1);
  const bool sign = call.bytes().starts_with('-') || call.bytes().starts_with('+');
  const std::string digits = call.bytes().substr(sign ? 1 : 0);
  const Value rest = call.sandbox.text(digits);
  const Int width = to_index(call.sandbox, call.at(0), call.name) - (sign ? 1 : 0);
  return call.result(call.bytes().substr(0, sign ? 1 : 0) +
                     pad_text(call.sandbox, rest.text(), width, "0", Padding::left));
}

Value expandtabs(const Call& call) {
  const Bound bound(call.sandbox, call.name, call.arguments, {"tabsize"});
  const Int size =
      std::clamp(bound.integer(0, 8), Int{0}, static_cast<Int>(call.sandbox.limits().text));
  std::string out;
  Int column = 0;
  for (const char c : call.bytes()) {
    if (c == '\t') {
      const Int spaces = size == 0 ? 0 : size - column % size;
      call.sandbox.work_on(out.size() + static_cast<std::size_t>(spaces));
      out.append(static_cast<std::size_t>(spaces), ' ');
      column += spaces;
      continue;
    }
    out += c;
    if ((c & 0xc0) != 0x80) ++column;  // bytes inside of a code point take no column
    if (c == '\n' || c == '\r') column = 0;
  }
  return call.result(std::move(out));
}

template <bool at_end>
Value remove_affix(const Call& call) {
  call.expect(1, 1);
  const std::string& affix = call.text_at(0).bytes;
  std::string_view bytes = call.bytes();
  if (at_end && bytes.ends_with(affix)) bytes.remove_suffix(affix.size());
  if (!at_end && bytes.starts_with(affix)) bytes.remove_prefix(affix.size());
  return call.result(std::string(bytes));
}

// All code points have the property, and there is one.
template <bool (*property)(char32_t)>
Value all_are(const Call& call) {
  call.expect(0, 0);
  const std::string& bytes = call.bytes();
  bool all = !bytes.empty() || property == python::is_printable;
  for (std::size_t place = 0; place < bytes.size() && all;)
    all = property(python::next_code_point(bytes, place));
  return Value::boolean(all);
}

template <bool upper>
Value is_case(const Call& call) {
  call.expect(0, 0);
  const Test* test = find_test(upper ? "upper" : "lower");
  return Value::boolean(test->check(call.sandbox, call.self, {}));
}

Value istitle(const Call& call) {
  call.expect(0, 0);
  bool inside = false;
  bool found = false;
  for (std::size_t place = 0; place < call.bytes().size();) {
    const char32_t c = python::next_code_point(call.bytes(), place);
    const bool start = python::is_upper(c) || python::is_title(c);
    if ((start && inside) || (!start && python::is_lower(c) && !inside))
      return Value::boolean(false);
    inside = python::is_cased(c);
    found = found || inside;
  }
  return Value::boolean(found);
}

Value isascii(const Call& call) {
  call.expect(0, 0);
  return Value::boolean(call.text().ascii());
}

Value isidentifier(const Call& call) {
  call.expect(0, 0);
  return Value::boolean(python::is_identifier(call.bytes()));
}

Value format(const Call& call) {
  return call.result(format_braces(call.sandbox, call.text(), call.arguments));
}

Value format_map(const Call& call) {
  call.expect(1, 1);
  Arguments arguments;
  if (!call.at(0).is_dict())
    call.sandbox.fail("format_map() expects a dict, found {}", type_name(call.at(0)));
  for (const auto& [key, value] : call.at(0).dict().items) {
    if (key.is_text()) arguments.keyword.emplace_back(key.text().bytes, value);
  }
  return call.result(format_braces(call.sandbox, call.text(), arguments));
}

Value unsupported(const Call& call) {
  call.sandbox.fail("the method {}() of texts is not supported", call.name);
}

struct NamedMethod {
  std::string_view name;
  Method method;
};
constexpr std::array<NamedMethod, 47> methods = {{{"strip", stripped<python::Sides::both>},
                                                  {"split", split<false>},
                                                  {"startswith", starts_or_ends<false>},
                                                  {"endswith", starts_or_ends<true>},
                                                  {"replace", replace},
                                                  {"lstrip", stripped<python::Sides::left>},
                                                  {"rstrip", stripped<python::Sides::right>},
                                                  {"upper", changed<python::upper>},
                                                  {"lower", changed<python::lower>},
                                                  {"title", changed<python::title>},
                                                  {"capitalize", changed<python::capitalize>},
                                                  {"swapcase", changed<python::swap_case>},
                                                  {"casefold", changed<python::case_fold>},
                                                  {"format", format},
                                                  {"format_map", format_map},
                                                  {"join", join},
                                                  {"find", find<false>},
                                                  {"rfind", find<true>},
                                                  {"index", index<false>},
                                                  {"rindex", index<true>},
                                                  {"count", count},
                                                  {"rsplit", split<true>},
                                                  {"splitlines", splitlines},
                                                  {"partition", partition<false>},
                                                  {"rpartition", partition<true>},
                                                  {"ljust", pad<Padding::right>},
                                                  {"rjust", pad<Padding::left>},
                                                  {"center", pad<Padding::both>},
                                                  {"zfill", zfill},
                                                  {"expandtabs", expandtabs},
                                                  {"removeprefix", remove_affix<false>},
                                                  {"removesuffix", remove_affix<true>},
                                                  {"isalnum", all_are<python::is_alnum>},
                                                  {"isalpha", all_are<python::is_alpha>},
                                                  {"isdecimal", all_are<python::is_decimal>},
                                                  {"isdigit", all_are<python::is_digit>},
                                                  {"isnumeric", all_are<python::is_numeric>},
                                                  {"isspace", all_are<python::is_space>},
                                                  {"isprintable", all_are<python::is_printable>},
                                                  {"isupper", is_case<true>},
                                                  {"islower", is_case<false>},
                                                  {"istitle", istitle},
                                                  {"isascii", isascii},
                                                  {"isidentifier", isidentifier},
                                                  {"encode", unsupported},
                                                  {"translate", unsupported},
                                                  {"maketrans", unsupported}}};

}  // namespace

std::optional<Value> find_text_method(Sandbox& sandbox, const Value& object,
                                      std::string_view name) {
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [name](const NamedMethod& m) { return m.name == name; });
  if (found == methods.end()) return std::nullopt;
  Function::Body body = [self = object, method = *found](Sandbox& box, const Arguments& arguments) {
    return method.method({box, self, arguments, method.name});
  };
  return Value(
      std::shared_ptr<Object>(sandbox.object<Function>(std::string(name), std::move(body))));
}

std::string pad_text(Sandbox& sandbox, const Text& text, Int width, std::string_view filler,
                     Padding padding) {
  const Int missing = width - static_cast<Int>(text.length);
  if (missing <= 0) return text.bytes;
  if (missing > static_cast<Int>(sandbox.limits().text))
    sandbox.fail_limit("bytes in one text", sandbox.limits().text);
  const auto n = static_cast<std::size_t>(missing);
  sandbox.work_on(text.bytes.size() + n * filler.size());
  // Python's center() puts the odd one to the left when the width is odd.
  std::size_t left = padding == Padding::left ? n : 0;
  if (padding == Padding::both) left = n / 2 + (n & static_cast<std::size_t>(width) & 1);
  std::string out;
  for (std::size_t i = 0; i < left; ++i) out += filler;
  out += text.bytes;
  for (std::size_t i = left; i < n; ++i) out += filler;
  return out;
}

Value replace_text(Sandbox& sandbox, std::string_view text, std::string_view old,
                   std::string_view by, Int count, bool markup) {
  const std::size_t places = old.empty() ? text.size() + 1 : python::count(text, old);
  const auto most = static_cast<Int>(places);
  const auto limit = static_cast<std::ptrdiff_t>(count < 0 ? most : std::min(count, most));
  if (by.size() > old.size() &&
      static_cast<std::size_t>(limit) > sandbox.limits().text / by.size()) {
    sandbox.fail_limit("bytes in one text", sandbox.limits().text);
  }
  sandbox.work_on(text.size() + (by.size() > old.size()
                                     ? static_cast<std::size_t>(limit) * (by.size() - old.size())
                                     : 0));
  return sandbox.text(python::replace(text, old, by, limit), markup);
}

}  // namespace nybble::text::jinja
