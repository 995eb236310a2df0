// The filters and tests of Jinja by name.
#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <string_view>

#include "text/jinja_value.h"

namespace nybble::text::jinja {

struct Filter {
  std::string_view name;
  Value (*apply)(Sandbox& sandbox, const Value& input, const Arguments& arguments);
};
struct Test {
  std::string_view name;
  bool (*check)(Sandbox& sandbox, const Value& input, const Arguments& arguments);
};

// nullptr: there is none.
const Filter* find_filter(std::string_view name);
const Test* find_test(std::string_view name);

// The parts of the list, one a file.
std::span<const Filter> text_filters();
std::span<const Filter> number_filters();
std::span<const Filter> sequence_filters();
std::span<const Filter> selection_filters();
std::span<const Filter> html_filters();

// Arguments of a call matched to the names of parameters, as Python does.
class Bound {
 public:
  // Throws on too many, unknown, doubled arguments, and when one of the first `required` is
  // missing.
  Bound(Sandbox& sandbox, std::string_view function, const Arguments& arguments,
        std::initializer_list<std::string_view> names, std::size_t required = 0);
  // The argument at a place; nullptr when it was not given.
  const Value* find(std::size_t place) const { return values_[place]; }
  const Value& get(std::size_t place) const { return *values_[place]; }
  bool flag(std::size_t place, bool otherwise) const;
  Int integer(std::size_t place, Int otherwise) const;
  // The argument, which must be a text.
  const Text& text(std::size_t place) const;
  // As find(), but None counts as not given.
  const Value* find_some(std::size_t place) const;

 private:
  Sandbox& sandbox_;
  std::string_view function_;
  static constexpr std::size_t most = 8;
  std::array<std::string_view, most> names_{};
  std::array<const Value*, most> values_{};
};

// A function by which sort, unique, map ... see an item: its attribute ("a.b", 0), lower-cased on
// demand.
class AttributeGetter {
 public:
  // attribute: nullptr or None for the item itself.
  AttributeGetter(Sandbox& sandbox, const Value* attribute, bool ignore_case = false,
                  Value otherwise = Value::none());
  Value operator()(Sandbox& sandbox, const Value& item) const;

 private:
  std::vector<Value> parts_;
  bool ignore_case_;
  Value otherwise_;  // None: undefined stays
};

}  // namespace nybble::text::jinja
