// What Python's operators and its item and attribute access do with values, as jinja2's sandbox
// allows it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/jinja_ast.h"
#include "text/jinja_objects.h"
#include "text/jinja_sandbox.h"
#include "text/jinja_value.h"

namespace nybble::text::jinja {

Value operate(Sandbox& sandbox, Binary op, const Value& a, const Value& b);
Value negate(Sandbox& sandbox, const Value& value);
bool compare(Sandbox& sandbox, Comparison op, const Value& a, const Value& b);
// Python's <; throws when the two cannot be ordered.
bool less(Sandbox& sandbox, const Value& a, const Value& b);
bool contains(Sandbox& sandbox, const Value& container, const Value& item);

// o.name and o[key] in a template; undefined when there is none.
Value get_attribute(Sandbox& sandbox, const Value& object, std::string_view name);
Value get_item(Sandbox& sandbox, const Value& object, const Value& key);
// o[start:stop:step]; null pointers for parts left out.
Value get_slice(Sandbox& sandbox, const Value& object, const Value* start, const Value* stop,
                const Value* step);

// Throws when the value cannot be called.
Value call_value(Sandbox& sandbox, const Value& callee, const Arguments& arguments);

// Throws when the value is not iterable.
std::shared_ptr<Iterator> iterate(Sandbox& sandbox, const Value& value);
bool is_iterable(const Value& value);
std::vector<Value> list_items(Sandbox& sandbox, const Value& value);
// Python's len(); nothing when the value has none.
std::optional<std::size_t> length_of(Sandbox& sandbox, const Value& value);

// Python's str() and repr().
std::string to_text(Sandbox& sandbox, const Value& value);
std::string to_repr(Sandbox& sandbox, const Value& value);
std::string real_to_text(double value);
std::string integer_to_text(Int value);
// The text of a value for the output, escaped when the text is joined to markup.
std::string escape_html(std::string_view text);
std::string to_escaped(Sandbox& sandbox, const Value& value);

// Integers where Python takes an index: int or bool. Throws naming what it is for.
Int to_index(Sandbox& sandbox, const Value& value, std::string_view what);

}  // namespace nybble::text::jinja
