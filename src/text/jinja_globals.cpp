// The functions that every chat template may call.
#include <algorithm>
#include <array>

#include "base/error.h"
#include "text/jinja_filters.h"
#include "text/jinja_objects.h"
#include "text/jinja_operators.h"
#include "text/strftime.h"

namespace nybble::text::jinja {
namespace {

Value make_range(Sandbox& sandbox, const Arguments& arguments) {
  const Bound bound(sandbox, "range", arguments, {"start", "stop", "step"}, 1);
  if (!arguments.keyword.empty()) sandbox.fail("range() takes no keyword arguments");
  const auto integer = [&](std::size_t place) {
    const Int value = to_index(sandbox, bound.get(place), "range()");
    constexpr Int most = Int{1} << 62;
    if (value > most || value < -most)
      sandbox.fail_limit("items in a range", sandbox.limits().range);
    return value;
  };
  const bool one = bound.find(1) == nullptr;
  const Int start = one ? 0 : integer(0);
  const Int stop = integer(one ? 0 : 1);
  const Int step = bound.find(2) == nullptr ? 1 : integer(2);
  if (step == 0) sandbox.fail("expected a step of range() other than zero");
  const Int distance = step > 0 ? stop - start : start - stop;
  const Int stride = step > 0 ? step : -step;
  const Int length = distance <= 0 ? 0 : (distance - 1) / stride + 1;
  if (length > static_cast<Int>(sandbox.limits().range))
    sandbox.fail_limit("items in a range", sandbox.limits().range);
  return Value(std::shared_ptr<Object>(sandbox.object<Range>(start, step, length)));
}

// The items of dict(x, a=1): of a dict or of pairs, then the keywords.
std::vector<std::pair<Value, Value>> dict_items(Sandbox& sandbox, std::string_view name,
                                                const Arguments& arguments) {
  std::vector<std::pair<Value, Value>> items;
  if (arguments.positional.size() > 1)
    sandbox.fail("{}() takes at most one positional argument", name);
  if (!arguments.positional.empty()) {
    const Value& source = arguments.positional[0];
    if (source.is_dict()) {
      items = source.dict().items;
    } else {
      const auto pairs = iterate(sandbox, source);
      while (const auto pair = pairs->next(sandbox)) {
        sandbox.work();
        const std::vector<Value> parts = list_items(sandbox, *pair);
        if (parts.size() != 2)
          sandbox.fail("expected pairs for {}(), found {} values", name, parts.size());
        items.emplace_back(parts[0], parts[1]);
      }
    }
  }
  for (const auto& [key, value] : arguments.keyword) items.emplace_back(sandbox.text(key), value);
  return items;
}

Value make_dict(Sandbox& sandbox, const Arguments& arguments) {
  return sandbox.dict(dict_items(sandbox, "dict", arguments));
}

Value make_namespace(Sandbox& sandbox, const Arguments& arguments) {
  auto space = sandbox.object<Namespace>();
  sandbox.keep(space);
  const Value attributes = sandbox.dict(dict_items(sandbox, "namespace", arguments));
  for (const auto& [key, value] : attributes.dict().items) {
    // Names that are no texts cannot be read back.
    if (key.is_text()) space->set(sandbox, key.text().bytes, value);
  }
  return Value(std::shared_ptr<Object>(std::move(space)));
}

Value make_cycler(Sandbox& sandbox, const Arguments& arguments) {
  if (arguments.positional.empty()) sandbox.fail("cycler() expects at least one item");
  if (!arguments.keyword.empty()) sandbox.fail("cycler() takes no keyword arguments");
  int depth = 0;
  for (const Value& item : arguments.positional) depth = std::max(depth, depth_of(item));
  return Value(std::shared_ptr<Object>(
      sandbox.object<Cycler>(arguments.positional, sandbox.depth_around(depth))));
}

Value make_joiner(Sandbox& sandbox, const Arguments& arguments) {
  const Bound bound(sandbox, "joiner", arguments, {"sep"});
  Value separator = bound.find(0) ? bound.get(0) : sandbox.text(", ");
  const int depth = sandbox.depth_around(depth_of(separator));
  return Value(std::shared_ptr<Object>(sandbox.object<Joiner>(std::move(separator), depth)));
}

Value raise_exception(Sandbox& sandbox, const Arguments& arguments) {
  const Bound bound(sandbox, "raise_exception", arguments, {"message"}, 1);
  sandbox.fail("the template raises an exception: {}", to_text(sandbox, bound.get(0)));
}

Value strftime_now(Sandbox& sandbox, const Arguments& arguments) {
  const Bound bound(sandbox, "strftime_now", arguments, {"format"}, 1);
  const std::string& format = bound.text(0).bytes;
  sandbox.work_on(format.size() * 32);  // a directive of two letters gives up to some 50
  return sandbox.text(format_time(format, sandbox.now()));
}

Value lorem_ipsum(Sandbox& sandbox, const Arguments&) {
  sandbox.fail("lipsum() is random and not supported");
}

}  // namespace

std::optional<Value> find_global(std::string_view name) {
  struct Global {
    std::string_view name;
    Value (*function)(Sandbox&, const Arguments&);
  };
  static constexpr std::array<Global, 8> globals = {{{"range", make_range},
                                                     {"dict", make_dict},
                                                     {"namespace", make_namespace},
                                                     {"cycler", make_cycler},
                                                     {"joiner", make_joiner},
                                                     {"lipsum", lorem_ipsum},
                                                     {"raise_exception", raise_exception},
                                                     {"strftime_now", strftime_now}}};
  const auto found = std::find_if(globals.begin(), globals.end(),
                                  [name](const Global& g) { return g.name == name; });
  if (found == globals.end()) return std::nullopt;
  return Value(
      std::shared_ptr<Object>(std::make_shared<Function>(std::string(name), found->function)));
}

}  // namespace nybble::text::jinja
