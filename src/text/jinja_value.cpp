// The values of the template language: kinds, truth, equality, hashes.
#include "text/jinja_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "text/jinja_sandbox.h"

namespace nybble::text::jinja {

bool Value::is_list() const {
  return is(Kind::sequence) && !sequence().tuple;
}
bool Value::is_tuple() const {
  return is(Kind::sequence) && sequence().tuple;
}

Int Value::as_integer() const {
  return is(Kind::boolean) ? Int{as_boolean()} : std::get<Int>(data_);
}
double Value::as_real() const {
  return is(Kind::real) ? std::get<double>(data_) : static_cast<double>(as_integer());
}

bool Value::same_as(Sandbox& sandbox, const Value& other) const {
  if (kind() != other.kind()) return false;
  if (is(Kind::sequence)) return &sequence() == &other.sequence();
  if (is(Kind::dict)) return &dict() == &other.dict();
  if (is(Kind::object)) return object() == other.object();
  return equal(sandbox, *this, other);
}

std::optional<Value> Object::attribute(Sandbox&, std::string_view) {
  return std::nullopt;
}
std::optional<Value> Object::item(Sandbox&, const Value&) {
  return std::nullopt;
}
Value Object::call(Sandbox& sandbox, const Arguments&) {
  sandbox.fail("expected something that can be called, found {}", type_name());
}
std::optional<std::size_t> Object::length(Sandbox&) {
  return std::nullopt;
}
std::string Object::repr(Sandbox&) const {
  return fmt::format("<{} object>", type_name());
}

std::string_view type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::missing:
    case Kind::undefined:
      return "Undefined";
    case Kind::none:
      return "NoneType";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::real:
      return "float";
    case Kind::text:
      return value.text().markup ? "Markup" : "str";
    case Kind::sequence:
      return value.sequence().tuple ? "tuple" : "list";
    case Kind::dict:
      return "dict";
    case Kind::object:
      return value.object()->type_name();
  }
  return "";
}

bool truthy(Sandbox& sandbox, const Value& value) {
  switch (value.kind()) {
    case Kind::missing:
    case Kind::undefined:
    case Kind::none:
      return false;
    case Kind::boolean:
      return value.as_boolean();
    case Kind::integer:
      return value.as_integer() != 0;
    case Kind::real:
      return value.as_real() != 0;
    case Kind::text:
      return !value.text().bytes.empty();
    case Kind::sequence:
      return !value.sequence().items.empty();
    case Kind::dict:
      return !value.dict().items.empty();
    case Kind::object:
      return value.object()->length(sandbox).value_or(1) != 0;
  }
  return false;
}

int depth_of(const Value& value) {
  if (value.is(Kind::sequence)) return value.sequence().depth;
  if (value.is_dict()) return value.dict().depth;
  return value.is(Kind::object) ? value.object()->depth() : 0;
}

namespace {

// Compares an integer with a double exactly, as Python does.
bool equal_numbers(const Value& a, const Value& b) {
  if (a.is_integral() && b.is_integral()) return a.as_integer() == b.as_integer();
  if (a.is(Kind::real) && b.is(Kind::real)) return a.as_real() == b.as_real();
  const Value& whole = a.is_integral() ? a : b;
  const double real = a.is_integral() ? b.as_real() : a.as_real();
  if (!(std::abs(real) < 0x1p126) || std::trunc(real) != real) return false;
  return static_cast<Int>(real) == whole.as_integer();
}

bool equal_dicts(Sandbox& sandbox, const Dict& a, const Dict& b) {
  if (a.items.size() != b.items.size()) return false;
  return std::all_of(a.items.begin(), a.items.end(), [&](const auto& item) {
    const Value* other = b.find(sandbox, item.first);
    return other != nullptr && equal(sandbox, item.second, *other);
  });
}

std::uint64_t mix(std::uint64_t x) {  // splitmix64's finisher
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::uint64_t hash_text(std::string_view text) {
  return mix(std::hash<std::string_view>()(text));
}

}  // namespace

bool equal(Sandbox& sandbox, const Value& a, const Value& b) {
  sandbox.work();
  if (a.is_number() && b.is_number()) return equal_numbers(a, b);
  if (a.is_undefined() || b.is_undefined()) return a.is_undefined() && b.is_undefined();
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::none:
      return true;
    case Kind::text:
      if (a.text().bytes.size() != b.text().bytes.size()) return false;
      sandbox.work(a.text().bytes.size() / 64);
      return a.text().bytes == b.text().bytes;
    case Kind::sequence: {
      const Sequence& x = a.sequence();
      const Sequence& y = b.sequence();
      if (&x == &y) return true;
      const auto equal_items = [&](const Value& i, const Value& j) { return equal(sandbox, i, j); };
      return x.tuple == y.tuple && std::equal(x.items.begin(), x.items.end(), y.items.begin(),
                                              y.items.end(), equal_items);
    }
    case Kind::dict:
      return &a.dict() == &b.dict() || equal_dicts(sandbox, a.dict(), b.dict());
    case Kind::object:
      return a.object()->equals(sandbox, *b.object());
    default:
      return false;
  }
}

std::optional<std::uint64_t> hash_of(Sandbox& sandbox, const Value& value) {
  sandbox.work();
  if (value.is_number()) {
    const double real = value.as_real();
    if (std::trunc(real) != real || std::abs(real) >= 0x1p63) {
      return mix(std::bit_cast<std::uint64_t>(real));
    }
    return mix(value.is_integral() ? static_cast<std::uint64_t>(value.as_integer())
                                   : static_cast<std::uint64_t>(static_cast<std::int64_t>(real)));
  }
  if (value.is_text()) {
    sandbox.work(value.text().bytes.size() / 64);
    return hash_text(value.text().bytes);
  }
  if (value.is_tuple()) {
    std::uint64_t hash = 1;
    for (const Value& item : value.sequence().items) {
      const auto part = hash_of(sandbox, item);
      if (!part) return std::nullopt;
      hash = mix(hash * 31 + *part);
    }
    return hash;
  }
  if (value.is_list() || value.is_dict()) return std::nullopt;
  if (value.is(Kind::object)) return mix(std::hash<Object*>()(value.object().get()));
  return mix(static_cast<std::uint64_t>(value.is_none()));
}

const Value* Dict::find(Sandbox& sandbox, const Value& key) const {
  if (index.empty()) {
    for (const auto& [known, value] : items) {
      if (equal(sandbox, known, key)) return &value;
    }
    return nullptr;
  }
  const auto hash = hash_of(sandbox, key);
  if (!hash) return nullptr;
  auto at = std::lower_bound(index.begin(), index.end(), std::pair(*hash, std::uint32_t{0}));
  for (; at != index.end() && at->first == *hash; ++at) {
    if (equal(sandbox, items[at->second].first, key)) return &items[at->second].second;
  }
  return nullptr;
}

const Value* Dict::find(std::string_view key) const {
  const auto is_key = [key](const Value& known) {
    return known.is_text() && known.text().bytes == key;
  };
  if (index.empty()) {
    const auto found =
        std::find_if(items.begin(), items.end(), [&](const auto& i) { return is_key(i.first); });
    return found == items.end() ? nullptr : &found->second;
  }
  const std::uint64_t hash = hash_text(key);
  auto at = std::lower_bound(index.begin(), index.end(), std::pair(hash, std::uint32_t{0}));
  for (; at != index.end() && at->first == hash; ++at) {
    if (is_key(items[at->second].first)) return &items[at->second].second;
  }
  return nullptr;
}

}  // namespace nybble::text::jinja
