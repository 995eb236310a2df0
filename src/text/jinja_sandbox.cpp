// The bounds that a template runs within.
#include "text/jinja_sandbox.h"

#include <algorithm>
#include <unordered_map>

#include "text/jinja_objects.h"
#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

// What an allocation costs beside its content: control block, size fields, rounding.
constexpr std::size_t overhead = 96;

}  // namespace

Sandbox::~Sandbox() {
  // Cut circles one by one, so that long chains of references do not fall down in one recursion.
  for (const auto& space : namespaces_) space->attributes.clear();
  for (const auto& frame : frames_) frame->slots.clear();
}

void Sandbox::keep(std::shared_ptr<Namespace> space) {
  namespaces_.push_back(std::move(space));
}
void Sandbox::keep(std::shared_ptr<Frame> frame) {
  frames_.push_back(std::move(frame));
}

void Sandbox::work_on(std::size_t bytes) {
  if (bytes > limits_.text) fail_limit("bytes in one text", limits_.text);
  work(1 + bytes / 64);
}

Charge Sandbox::charge(std::size_t bytes) {
  Charge made(&memory_, 0);
  grow(made, bytes + overhead);
  return made;
}

void Sandbox::grow(Charge& charge, std::size_t bytes) {
  if (bytes > limits_.memory - std::min(memory_, limits_.memory))
    fail_limit("bytes of memory", limits_.memory);
  memory_ += bytes;
  charge.add(bytes);
}

Value Sandbox::text(std::string bytes, bool markup) {
  work_on(bytes.size());
  const auto length = python::count_code_points(bytes);
  if (!length) fail("expected UTF-8, found a text of other bytes");
  Charge memory = charge(bytes.size());
  return Value(
      std::shared_ptr<const Text>(new Text{std::move(bytes), *length, markup, std::move(memory)}));
}

Value Sandbox::sequence(std::vector<Value> items, bool tuple, bool grouped) {
  work(1 + items.size());
  int inner = 0;
  for (const Value& item : items) inner = std::max(inner, depth_of(item));
  const int nesting = depth_around(inner);
  Charge memory = charge(items.capacity() * sizeof(Value));
  return Value(std::shared_ptr<const Sequence>(
      new Sequence{std::move(items), tuple, grouped, nesting, std::move(memory)}));
}

Value Sandbox::dict(std::vector<std::pair<Value, Value>> items) {
  work(1 + items.size());
  Charge memory = charge(items.capacity() * (sizeof(std::pair<Value, Value>) + 16));
  auto dict = std::make_shared<Dict>();
  std::unordered_multimap<std::uint64_t, std::uint32_t> seen;
  for (auto& [key, value] : items) {
    const auto hash = hash_of(*this, key);
    if (!hash) fail("expected a key of a dict, found a {}, which cannot be one", type_name(key));
    const auto [from, to] = seen.equal_range(*hash);
    const auto known = std::find_if(
        from, to, [&](const auto& s) { return equal(*this, dict->items[s.second].first, key); });
    if (known != to) {
      dict->items[known->second].second = std::move(value);
      continue;
    }
    seen.emplace(*hash, static_cast<std::uint32_t>(dict->items.size()));
    dict->items.emplace_back(std::move(key), std::move(value));
  }
  int inner = 0;
  for (const auto& [key, value] : dict->items)
    inner = std::max({inner, depth_of(key), depth_of(value)});
  dict->depth = depth_around(inner);
  if (dict->items.size() > 8) {
    dict->index.assign(seen.begin(), seen.end());
    std::sort(dict->index.begin(), dict->index.end());
  }
  dict->charge = std::move(memory);
  return Value(std::shared_ptr<const Dict>(std::move(dict)));
}

Value Sandbox::undefined(std::string sentence) {
  Charge memory = charge(sentence.size());
  return Value(
      std::shared_ptr<const Undefined>(new Undefined{std::move(sentence), std::move(memory)}));
}

int Sandbox::depth_around(int inner) const {
  const int limit = limits_.value_depth;
  if (inner >= limit) fail_limit("values inside each other", static_cast<std::uint64_t>(limit));
  return inner + 1;
}

void Sandbox::fail_with(ErrorKind kind, const std::string& sentence) const {
  nybble::fail(kind, "chat template, line {}: {}", line, sentence);
}

void Sandbox::fail_limit(std::string_view what, std::uint64_t limit) const {
  fail_with(ErrorKind::unsupported,
            fmt::format("it needs more than {} {}, the limit", limit, what));
}

void Sandbox::fail_undefined(const Value& value) const {
  fail("{}", value.is(Kind::undefined) ? value.undefined().sentence : "a variable is undefined");
}

}  // namespace nybble::text::jinja
