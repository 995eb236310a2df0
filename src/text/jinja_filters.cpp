// Finding filters by name, and what their arguments have in common.
#include "text/jinja_filters.h"

#include <algorithm>

#include "text/jinja_operators.h"
#include "text/python_text.h"

namespace nybble::text::jinja {

const Filter* find_filter(std::string_view name) {
  for (const auto list :
       {text_filters, number_filters, sequence_filters, selection_filters, html_filters}) {
    const std::span<const Filter> filters = list();
    const auto found = std::find_if(filters.begin(), filters.end(),
                                    [name](const Filter& f) { return f.name == name; });
    if (found != filters.end()) return &*found;
  }
  return nullptr;
}

Bound::Bound(Sandbox& sandbox, std::string_view function, const Arguments& arguments,
             std::initializer_list<std::string_view> names, std::size_t required)
    : sandbox_(sandbox), function_(function) {
  std::copy(names.begin(), names.end(), names_.begin());
  if (arguments.positional.size() > names.size()) {
    sandbox.fail("{}() takes at most {} arguments, found {}", function, names.size(),
                 arguments.positional.size());
  }
  for (std::size_t i = 0; i < arguments.positional.size(); ++i)
    values_[i] = &arguments.positional[i];
  for (const auto& [name, value] : arguments.keyword) {
    const auto known = std::find(names.begin(), names.end(), name);
    if (known == names.end()) sandbox.fail("{}() takes no argument '{}'", function, name);
    const auto place = static_cast<std::size_t>(known - names.begin());
    if (values_[place] != nullptr)
      sandbox.fail("{}() was given the argument '{}' twice", function, name);
    values_[place] = &value;
  }
  for (std::size_t i = 0; i < required; ++i) {
    if (values_[i] == nullptr) sandbox.fail("{}() expects the argument '{}'", function, names_[i]);
  }
}

bool Bound::flag(std::size_t place, bool otherwise) const {
  return values_[place] == nullptr ? otherwise : truthy(sandbox_, *values_[place]);
}

Int Bound::integer(std::size_t place, Int otherwise) const {
  if (values_[place] == nullptr) return otherwise;
  return to_index(sandbox_, *values_[place],
                  fmt::format("the argument '{}' of {}()", names_[place], function_));
}

const Text& Bound::text(std::size_t place) const {
  const Value& value = *values_[place];
  if (value.is_undefined()) sandbox_.fail_undefined(value);
  if (!value.is_text()) {
    sandbox_.fail("{}() expects a text as its argument '{}', found {}", function_, names_[place],
                  type_name(value));
  }
  return value.text();
}

const Value* Bound::find_some(std::size_t place) const {
  const Value* value = values_[place];
  return value == nullptr || value->is_none() ? nullptr : value;
}

AttributeGetter::AttributeGetter(Sandbox& sandbox, const Value* attribute, bool ignore_case,
                                 Value otherwise)
    : ignore_case_(ignore_case), otherwise_(std::move(otherwise)) {
  if (attribute == nullptr || attribute->is_none()) return;
  if (!attribute->is_text()) {
    parts_.push_back(*attribute);
    return;
  }
  for (const std::string_view part : python::split(attribute->text().bytes, ".", -1)) {
    const bool digits = !part.empty() && part.size() < 19 &&
                        part.find_first_not_of("0123456789") == std::string::npos;
    if (digits) {
      Int number = 0;
      for (const char c : part) number = number * 10 + (c - '0');
      parts_.push_back(Value::integer(number));
    } else {
      parts_.push_back(sandbox.text(std::string(part)));
    }
  }
}

Value AttributeGetter::operator()(Sandbox& sandbox, const Value& item) const {
  Value value = item;
  for (const Value& part : parts_) {
    value = get_item(sandbox, value, part);
    if (value.is_undefined() && !otherwise_.is_none()) value = otherwise_;
  }
  if (ignore_case_ && value.is_text()) return sandbox.text(python::lower(value.text().bytes));
  return value;
}

}  // namespace nybble::text::jinja
