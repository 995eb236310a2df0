// Filters that take sequences apart and put them in order.
#include <algorithm>
#include <array>
#include <map>

#include "text/jinja_filters.h"
#include "text/jinja_operators.h"
#include "text/jinja_sort.h"
#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

Value filter_length(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "length", arguments, {});
  const auto length = length_of(sandbox, input);
  if (!length) sandbox.fail("length() expects something with a length, found {}", type_name(input));
  return Value::integer(static_cast<Int>(*length));
}

Value filter_list(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "list", arguments, {});
  return sandbox.list(list_items(sandbox, input));
}

Value filter_first(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "first", arguments, {});
  auto item = iterate(sandbox, input)->next(sandbox);
  return item ? *std::move(item) : sandbox.undefined("No first item, sequence was empty.");
}

// Whether Python's reversed() takes the value.
bool is_reversible(const Value& value) {
  return value.is_undefined() || value.is_text() || value.is(Kind::sequence) || value.is_dict() ||
         value.object_as<Range>() != nullptr || value.object_as<DictView>() != nullptr;
}

Value filter_last(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "last", arguments, {});
  if (!is_reversible(input)) sandbox.fail("last() expects a sequence, found {}", type_name(input));
  const std::vector<Value> items = list_items(sandbox, input);
  return items.empty() ? sandbox.undefined("No last item, sequence was empty.") : items.back();
}

// Items one after another, once, under Python's name for such an iterator.
Value give_items(Sandbox& sandbox, std::vector<Value> items, const Value& source,
                 std::string_view name) {
  const Value list = sandbox.list(std::move(items));
  return make_generator(
      sandbox,
      [list, place = std::size_t{0}](Sandbox&) mutable -> std::optional<Value> {
        const std::vector<Value>& all = list.sequence().items;
        if (place >= all.size()) return std::nullopt;
        return all[place++];
      },
      source, name);
}

Value filter_reverse(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "reverse", arguments, {});
  if (input.is_text()) {
    const Value step = Value::integer(-1);
    return get_slice(sandbox, input, nullptr, nullptr, &step);
  }
  std::vector<Value> items = list_items(sandbox, input);
  std::reverse(items.begin(), items.end());
  if (is_reversible(input))
    return give_items(sandbox, std::move(items), input, "list_reverseiterator");
  return sandbox.list(std::move(items));
}

// Several attributes with commas: the items are ordered by the first, then by the second ...
std::vector<AttributeGetter> sort_keys(Sandbox& sandbox, const Value* attribute, bool ignore_case) {
  std::vector<AttributeGetter> getters;
  if (attribute == nullptr || !attribute->is_text()) {
    getters.emplace_back(sandbox, attribute, ignore_case);
    return getters;
  }
  for (const std::string_view part : python::split(attribute->text().bytes, ",", -1)) {
    const Value one = sandbox.text(std::string(part));
    getters.emplace_back(sandbox, &one, ignore_case);
  }
  return getters;
}

struct Keyed {
  Value key, item;
};

// Orders by key as Python's sorted() does: equal keys keep their order, also in reverse.
std::vector<Value> sorted(Sandbox& sandbox, std::vector<Keyed> keyed, bool reverse) {
  sort_stably(keyed, [&](const Keyed& a, const Keyed& b) {
    return reverse ? less(sandbox, b.key, a.key) : less(sandbox, a.key, b.key);
  });
  std::vector<Value> items;
  items.reserve(keyed.size());
  for (Keyed& k : keyed) items.push_back(std::move(k.item));
  return items;
}

Value filter_sort(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "sort", arguments, {"reverse", "case_sensitive", "attribute"});
  const std::vector<AttributeGetter> getters =
      sort_keys(sandbox, bound.find_some(2), !bound.flag(1, false));
  std::vector<Keyed> keyed;
  for (const Value& item : list_items(sandbox, input)) {
    std::vector<Value> keys;
    for (const AttributeGetter& get : getters) keys.push_back(get(sandbox, item));
    keyed.push_back({sandbox.list(std::move(keys)), item});
  }
  return sandbox.list(sorted(sandbox, std::move(keyed), bound.flag(0, false)));
}

Value filter_dictsort(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "dictsort", arguments, {"case_sensitive", "by", "reverse"});
  const std::string by = bound.find(1) ? to_text(sandbox, bound.get(1)) : "key";
  if (by != "key" && by != "value")
    sandbox.fail("dictsort() expects by='key' or by='value', found '{}'", by);
  if (input.is_undefined()) sandbox.fail_undefined(input);
  if (!input.is_dict()) sandbox.fail("dictsort() expects a dict, found {}", type_name(input));
  const AttributeGetter get(sandbox, nullptr, !bound.flag(0, false));
  std::vector<Keyed> keyed;
  for (const auto& [key, value] : input.dict().items) {
    keyed.push_back({get(sandbox, by == "key" ? key : value), sandbox.tuple({key, value})});
  }
  return sandbox.list(sorted(sandbox, std::move(keyed), bound.flag(2, false)));
}

template <bool largest>
Value filter_extreme(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, largest ? "max" : "min", arguments, {"case_sensitive", "attribute"});
  const AttributeGetter get(sandbox, bound.find_some(1), !bound.flag(0, false));
  const auto items = iterate(sandbox, input);
  auto best = items->next(sandbox);
  if (!best) return sandbox.undefined("No aggregated item, sequence was empty.");
  Value best_key = get(sandbox, *best);
  while (auto item = items->next(sandbox)) {
    Value key = get(sandbox, *item);
    if (largest ? compare(sandbox, Comparison::greater, key, best_key)
                : less(sandbox, key, best_key)) {
      best = std::move(item);
      best_key = std::move(key);
    }
  }
  return *best;
}

Value filter_sum(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "sum", arguments, {"attribute", "start"});
  const AttributeGetter get(sandbox, bound.find_some(0));
  Value total = bound.find(1) ? bound.get(1) : Value::integer(0);
  if (total.is_text()) sandbox.fail("sum() expects numbers or lists, found texts: use join()");
  const auto items = iterate(sandbox, input);
  while (const auto item = items->next(sandbox)) {
    total = operate(sandbox, Binary::add, total, get(sandbox, *item));
  }
  return total;
}

Value filter_unique(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "unique", arguments, {"case_sensitive", "attribute"});
  AttributeGetter get(sandbox, bound.find_some(1), !bound.flag(0, false));
  auto seen = std::make_shared<std::multimap<std::uint64_t, Value>>();
  std::shared_ptr<Iterator> items;
  auto next = [get, seen, items, input](Sandbox& box) mutable -> std::optional<Value> {
    if (!items) items = iterate(box, input);
    while (auto item = items->next(box)) {
      const Value key = get(box, *item);
      const auto hash = hash_of(box, key);
      if (!hash)
        box.fail("unique() expects items that can be keys of a dict, found {}", type_name(key));
      const auto [from, to] = seen->equal_range(*hash);
      if (std::any_of(from, to, [&](const auto& s) { return equal(box, s.second, key); })) continue;
      box.work(8);
      seen->emplace(*hash, key);
      return item;
    }
    return std::nullopt;
  };
  return make_generator(sandbox, std::move(next), input);
}

Value filter_batch(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "batch", arguments, {"linecount", "fill_with"}, 1);
  const Int size = bound.integer(0, 1);
  const Value fill = bound.find(1) ? bound.get(1) : Value::none();
  std::vector<Value> rows;
  std::vector<Value> row;
  for (Value& item : list_items(sandbox, input)) {
    if (static_cast<Int>(row.size()) == size) rows.push_back(sandbox.list(std::exchange(row, {})));
    row.push_back(std::move(item));
  }
  if (!row.empty()) {
    while (!fill.is_none() && static_cast<Int>(row.size()) < size) {
      sandbox.work();
      if (row.size() > sandbox.limits().range)
        sandbox.fail_limit("items in a batch", sandbox.limits().range);
      row.push_back(fill);
    }
    rows.push_back(sandbox.list(std::move(row)));
  }
  return give_items(sandbox, std::move(rows), input, "generator");
}

Value filter_slice(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "slice", arguments, {"slices", "fill_with"}, 1);
  const Int slices = bound.integer(0, 1);
  const Value fill = bound.find(1) ? bound.get(1) : Value::none();
  const std::vector<Value> items = list_items(sandbox, input);
  if (slices == 0) sandbox.fail("slice() expects a number of slices other than zero");
  if (slices > static_cast<Int>(sandbox.limits().range))
    sandbox.fail_limit("slices", sandbox.limits().range);
  std::vector<Value> rows;
  std::size_t start = 0;
  const auto n = static_cast<std::size_t>(std::max(slices, Int{0}));
  for (std::size_t i = 0; i < n; ++i) {
    const bool longer = i < items.size() % n;
    const std::size_t end = start + items.size() / n + (longer ? 1 : 0);
    std::vector<Value> row(items.begin() + static_cast<std::ptrdiff_t>(start),
                           items.begin() + static_cast<std::ptrdiff_t>(end));
    if (!fill.is_none() && !longer) row.push_back(fill);
    rows.push_back(sandbox.list(std::move(row)));
    start = end;
  }
  return give_items(sandbox, std::move(rows), input, "generator");
}

Value filter_groupby(Sandbox& sandbox, const Value& input, const Arguments& arguments) {
  const Bound bound(sandbox, "groupby", arguments, {"attribute", "default", "case_sensitive"}, 1);
  const Value otherwise = bound.find(1) ? bound.get(1) : Value::none();
  const bool ignore_case = !bound.flag(2, false);
  const AttributeGetter get(sandbox, bound.find(0), ignore_case, otherwise);
  const AttributeGetter get_shown(sandbox, bound.find(0), false, otherwise);
  std::vector<Keyed> keyed;
  for (const Value& item : list_items(sandbox, input)) keyed.push_back({get(sandbox, item), item});
  const std::vector<Value> items = sorted(sandbox, std::move(keyed), false);
  std::vector<Value> groups;
  for (std::size_t start = 0; start < items.size();) {
    const Value key = get(sandbox, items[start]);
    std::size_t end = start;
    while (end < items.size() && equal(sandbox, get(sandbox, items[end]), key)) ++end;
    if (end == start) ++end;  // a key that does not equal itself: NaN
    const auto at = [&](std::size_t i) { return items.begin() + static_cast<std::ptrdiff_t>(i); };
    std::vector<Value> pair = {get_shown(sandbox, items[start]),
                               sandbox.list(std::vector<Value>(at(start), at(end)))};
    groups.push_back(sandbox.sequence(std::move(pair), true, true));
    start = end;
  }
  return sandbox.list(std::move(groups));
}

constexpr Filter filters[] = {
    {"length", filter_length},     {"count", filter_length},      {"list", filter_list},
    {"first", filter_first},       {"last", filter_last},         {"reverse", filter_reverse},
    {"sort", filter_sort},         {"dictsort", filter_dictsort}, {"min", filter_extreme<false>},
    {"max", filter_extreme<true>}, {"sum", filter_sum},           {"unique", filter_unique},
    {"batch", filter_batch},       {"slice", filter_slice},       {"groupby", filter_groupby},
};

}  // namespace

std::span<const Filter> sequence_filters() {
  return filters;
}

}  // namespace nybble::text::jinja
