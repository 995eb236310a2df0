// Filters that make texts of values.
#include <algorithm>
#include <array>

#include "text/jinja_filters.h"
#include "text/jinja_methods.h"
#include "text/jinja_operators.h"
#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

bool is_markup(const Value& value) {
  return value.is_text() && value.text().markup;
}

// A text made of the input, which stays markup when the input was.
Value like(Sandbox& sandbox, const Value& input, std::string text) {
  return sandbox.text(std::move(text), is_markup(input));
}

template <std::string (*change)(std::string_view)>
Value apply_change(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "the filter", arguments, {});
  return like(sandbox, input, change(to_text(sandbox, input)));
}

// Words start after spaces and opening brackets; the rest of a word becomes small.
std::string title_words(std::string_view text) {
  const auto parts_words = [](char32_t c) {
    return python::is_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
  };
  std::string out;
  for (std::size_t place = 0; place < text.size();) {
    const std::size_t start = place;
    const bool gap = parts_words(python::next_code_point(text, place));
    const std::size_t second = place;
    while (place < text.size()) {
      std::size_t next = place;
      if (parts_words(python::next_code_point(text, next)) != gap) break;
      place = next;
    }
    out += python::upper(text.substr(start, second - start)) +
           python::lower(text.substr(second, place - second));
  }
  return out;
}

Value filter_trim(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "trim", arguments, {"chars"});
  const std::string text = to_text(sandbox, input);
  std::optional<std::string_view> chars;
  if (bound.find_some(0)) chars = bound.text(0).bytes;
  if (chars) sandbox.work(text.size() * chars->size() / 64);
  return like(sandbox, input, std::string(python::strip(text, chars, python::Sides::both)));
}

Value filter_replace(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "replace", arguments, {"old", "new", "count"}, 2);
  const Int count = bound.find_some(2) ? bound.integer(2, -1) : Int{-1};
  return replace_text(sandbox, to_text(sandbox, input), to_text(sandbox, bound.get(0)),
                      to_text(sandbox, bound.get(1)), count, false);
}

Value filter_string(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "string", arguments, {});
  return input.is_text() ? input : sandbox.text(to_text(sandbox, input));
}

Value filter_join(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "join", arguments, {"d", "attribute"});
  const std::string separator = bound.find(0) ? to_text(sandbox, bound.get(0)) : "";
  const AttributeGetter get(sandbox, bound.find_some(1));
  std::string out;
  const auto items = iterate(sandbox, input);
  bool first = true;
  while (const auto item = items->next(sandbox)) {
    sandbox.work();
    if (!std::exchange(first, false)) out += separator;
    out += to_text(sandbox, get(sandbox, *item));
    if (out.size() > sandbox.limits().text) sandbox.work_on(out.size());
  }
  return sandbox.text(std::move(out));
}

Value filter_center(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "center", arguments, {"width"});
  const Value text = filter_string(sandbox, input, {});
  return like(sandbox, input,
              pad_text(sandbox, text.text(), bound.integer(0, 80), " ", Padding::both));
}

Value filter_indent(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "indent", arguments, {"width", "first", "blank"});
  if (input.is_undefined()) sandbox.fail_undefined(input);
  if (!input.is_text()) sandbox.fail("indent() expects a text, found {}", type_name(input));
  std::string margin;
  if (bound.find(0) && bound.get(0).is_text()) {
    margin = bound.get(0).text().bytes;
  } else {
    const Int width = std::max(bound.integer(0, 4), Int{0});
    if (width > static_cast<Int>(sandbox.limits().text))
      sandbox.fail_limit("bytes in one text", sandbox.limits().text);
    margin.assign(static_cast<std::size_t>(width), ' ');
  }
  const std::string text = input.text().bytes + "\n";
  const bool blank = bound.flag(2, false);
  std::string out = bound.flag(1, false) ? margin : "";
  bool first = true;
  for (const std::string_view line : python::split_lines(text, false)) {
    if (!first) out += '\n';
    if (!first && (blank || !line.empty())) out += margin;
    out += line;
    first = false;
    sandbox.work_on(out.size() > sandbox.limits().text ? out.size() : margin.size());
  }
  return like(sandbox, input, std::move(out));
}

Value filter_truncate(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "truncate", arguments, {"length", "killwords", "end", "leeway"});
  const Int length = bound.integer(0, 255);
  const std::string end = bound.find(2) ? bound.text(2).bytes : "...";
  const Int end_length = bound.find(2) ? static_cast<Int>(bound.text(2).length) : Int{3};
  const Int leeway = bound.find_some(3) ? bound.integer(3, 5) : Int{5};
  if (length < end_length || leeway < 0)
    sandbox.fail("truncate() expects a length of at least {}", end_length);
  const auto size = length_of(sandbox, input);
  if (size && static_cast<Int>(*size) <= length + leeway) return input;
  if (!input.is_text()) sandbox.fail("truncate() expects a text, found {}", type_name(input));
  const Text& text = input.text();
  const auto kept = static_cast<std::size_t>(length - end_length);
  std::string_view start(text.bytes.data(), python::byte_of(text.bytes, kept, text.ascii()));
  if (!bound.flag(1, false)) start = start.substr(0, python::find_last(start, " "));
  return like(sandbox, input, std::string(start) + end);
}

Value filter_wordcount(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "wordcount", arguments, {});
  const std::string text = to_text(sandbox, input);
  Int words = 0;
  bool inside = false;
  for (std::size_t place = 0; place < text.size();) {
    const bool word = python::is_word(python::next_code_point(text, place));
    if (word && !inside) ++words;
    inside = word;
  }
  return Value::integer(words);
}

Value filter_format(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  if (!arguments.positional.empty() && !arguments.keyword.empty()) {
    sandbox.fail("format() takes positional or keyword arguments, not both at once");
  }
  const Value text = filter_string(sandbox, input, {});
  if (arguments.keyword.empty())
    return operate(sandbox, Binary::modulo, text, sandbox.tuple(arguments.positional));
  std::vector<std::pair<Value, Value>> items;
  for (const auto& [name, value] : arguments.keyword) items.emplace_back(sandbox.text(name), value);
  return operate(sandbox, Binary::modulo, text, sandbox.dict(std::move(items)));
}

Value filter_tojson(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "tojson", arguments,
                    {"ensure_ascii", "indent", "separators", "sort_keys"});
  const auto given = [&](std::size_t place) {
    return bound.find(place) ? bound.get(place) : Value::none();
  };
  return sandbox.text(
      to_json(sandbox, input, bound.flag(0, false), given(1), given(2), bound.flag(3, false)));
}

constexpr Filter filters[] = {
    {"upper", apply_change<python::upper>},
    {"lower", apply_change<python::lower>},
    {"capitalize", apply_change<python::capitalize>},
    {"title", apply_change<title_words>},
    {"trim", filter_trim},
    {"replace", filter_replace},
    {"string", filter_string},
    {"join", filter_join},
    {"center", filter_center},
    {"indent", filter_indent},
    {"truncate", filter_truncate},
    {"wordcount", filter_wordcount},
    {"format", filter_format},
    {"tojson", filter_tojson},
};

}  // namespace

std::span<const Filter> text_filters() {
  return filters;
}

}  // namespace nybble::text::jinja
