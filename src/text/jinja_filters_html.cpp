// Filters that write HTML and addresses.
#include <array>

#include "text/jinja_filters.h"
#include "text/jinja_operators.h"
#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

Value filter_safe(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "safe", arguments, {});
  return sandbox.text(to_text(sandbox, input), true);
}

Value filter_escape(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "escape", arguments, {});
  return sandbox.text(to_escaped(sandbox, input), true);
}

Value filter_forceescape(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "forceescape", arguments, {});
  const std::string text = to_text(sandbox, input);
  sandbox.work_on(text.size());
  return sandbox.text(escape_html(text), true);
}

Value filter_xmlattr(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "xmlattr", arguments, {"autospace"});
  if (input.is_undefined()) sandbox.fail_undefined(input);
  if (!input.is_dict()) sandbox.fail("xmlattr() expects a dict, found {}", type_name(input));
  std::string out;
  for (const auto& [key, value] : input.dict().items) {
    if (value.is_none() || value.is_undefined()) continue;
    if (!key.is_text()) sandbox.fail("xmlattr() expects texts as keys, found {}", type_name(key));
    const std::string& name = key.text().bytes;
    if (name.find_first_of(" \t\n\r\f\v/>=") != std::string::npos) {
      sandbox.fail("expected the name of an attribute, found '{}'", name);
    }
    if (!out.empty()) out += ' ';
    out += to_escaped(sandbox, key) + "=\"" + to_escaped(sandbox, value) + "\"";
  }
  if (!out.empty() && bound.flag(0, true)) out.insert(out.begin(), ' ');
  return sandbox.text(std::move(out));
}

std::string quote_address(std::string_view text, bool in_query) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '_' || c == '.' || c == '-' || c == '~' || (c == '/' && !in_query);
    if (plain) {
      out += c;
    } else if (c == ' ' && in_query) {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Value filter_urlencode(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "urlencode", arguments, {});
  if (input.is_text() || !is_iterable(input))
    return sandbox.text(quote_address(to_text(sandbox, input), false));
  const Value pairs =
      input.is_dict()
          ? Value(std::shared_ptr<Object>(sandbox.object<DictView>(input, DictView::Part::items)))
          : input;
  std::string out;
  const auto items = iterate(sandbox, pairs);
  while (const auto item = items->next(sandbox)) {
    const std::vector<Value> pair = list_items(sandbox, *item);
    if (pair.size() != 2) sandbox.fail("urlencode() expects pairs, found {} values", pair.size());
    if (!out.empty()) out += '&';
    out += quote_address(to_text(sandbox, pair[0]), true) + "=" +
           quote_address(to_text(sandbox, pair[1]), true);
    if (out.size() > sandbox.limits().text) sandbox.work_on(out.size());
  }
  return sandbox.text(std::move(out));
}

constexpr Filter filters[] = {
    {"safe", filter_safe},       {"escape", filter_escape},
    {"e", filter_escape},        {"forceescape", filter_forceescape},
    {"xmlattr", filter_xmlattr}, {"urlencode", filter_urlencode},
};

}  // namespace

std::span<const Filter> html_filters() {
  return filters;
}

}  // namespace nybble::text::jinja
