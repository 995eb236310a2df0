// The attributes and methods that Python gives its built-in types, as far as templates may use
// them.
#pragma once

#include <optional>
#include <string_view>

#include "text/jinja_sandbox.h"
#include "text/jinja_value.h"

namespace nybble::text::jinja {

// Nothing: the type has no such attribute. Undefined: it has one that the sandbox forbids.
std::optional<Value> find_builtin_attribute(Sandbox& sandbox, const Value& object,
                                            std::string_view name);

// The part for str: every method of str, None when the name is not one.
std::optional<Value> find_text_method(Sandbox& sandbox, const Value& object, std::string_view name);

// Where padding goes; `both` as str.center does it.
enum class Padding { left, right, both };
// The text at least `width` code points wide. filler: one code point.
std::string pad_text(Sandbox& sandbox, const Text& text, Int width, std::string_view filler,
                     Padding padding);
// str.replace within the bounds of the sandbox; count < 0: all.
Value replace_text(Sandbox& sandbox, std::string_view text, std::string_view old,
                   std::string_view by, Int count, bool markup);

// "..." % values and "...".format(...).
std::string format_percent(Sandbox& sandbox, const Text& format, const Value& values);
std::string format_braces(Sandbox& sandbox, const Text& format, const Arguments& arguments);
// One value by Python's format-spec language, e.g. ">10.2f".
std::string format_value(Sandbox& sandbox, const Value& value, std::string_view spec);

// json.dumps as transformers' filter tojson calls it.
std::string to_json(Sandbox& sandbox, const Value& value, bool ascii, const Value& indent,
                    const Value& separators, bool sort_keys);

}  // namespace nybble::text::jinja
