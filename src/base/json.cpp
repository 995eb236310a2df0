#include "base/json.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace nybble {
namespace {

constexpr std::size_t max_depth = 256;

// Builds a value from the parser's events. nlohmann's own builder neither limits the depth nor sees
// duplicate keys, and looks through all keys of an ordered object for each new one.
template <class Value>
class Builder final : public nlohmann::json_sax<Value> {
 public:
  using Number = typename Value::number_integer_t;
  using Unsigned = typename Value::number_unsigned_t;
  using Float = typename Value::number_float_t;
  using String = typename Value::string_t;
  using Binary = typename Value::binary_t;

  explicit Builder(std::string_view where) : where_(where) {}

  bool null() override { return put(nullptr), true; }
  bool boolean(bool value) override { return put(value), true; }
  bool number_integer(Number value) override { return put(value), true; }
  bool number_unsigned(Unsigned value) override { return put(value), true; }
  bool number_float(Float value, const String&) override { return put(value), true; }
  bool string(String& value) override { return put(std::move(value)), true; }
  bool binary(Binary&) override { return false; }

  bool start_object(std::size_t) override { return open(Value::object()); }
  bool start_array(std::size_t) override { return open(Value::array()); }
  bool end_array() override { return open_.pop_back(), true; }
  bool end_object() override {
    refuse_duplicates(*open_.back());
    open_.pop_back();
    return true;
  }
  bool key(String& name) override {
    auto& object = open_.back()->template get_ref<typename Value::object_t&>();
    if constexpr (std::is_same_v<Value, OrderedJson>) {
      auto& pairs = static_cast<typename Value::object_t::Container&>(object);
      slot_ = &pairs.emplace_back(std::move(name), nullptr).second;
    } else {
      const auto [place, is_new] = object.try_emplace(std::move(name));
      if (!is_new) fail_duplicate(place->first);
      slot_ = &place->second;
    }
    return true;
  }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) override {
    // The library's text starts with "[json.exception.parse_error.101] ".
    std::string_view reason = error.what();
    reason.remove_prefix(std::min(reason.size(), reason.find("] ") + 2));
    fail(ErrorKind::corrupt_file, "{}: expected JSON: {}", where_, reason);
  }

  Value take() { return std::move(root_); }

 private:
  Value* put(Value value) {
    Value* place = slot_;
    if (open_.empty()) {
      place = &root_;
    } else if (open_.back()->is_array()) {
      place = &open_.back()->template get_ref<typename Value::array_t&>().emplace_back();
    }
    *place = std::move(value);
    return place;
  }
  bool open(Value value) {
    if (open_.size() == max_depth) {
      fail(ErrorKind::corrupt_file, "{}: expected JSON nested at most {} levels deep, found more",
           where_, max_depth);
    }
    open_.push_back(put(std::move(value)));
    return true;
  }
  void refuse_duplicates(const Value& object) const {
    if constexpr (std::is_same_v<Value, OrderedJson>) {
      std::vector<std::string_view> names;
      names.reserve(object.size());
      for (const auto& [name, value] : object.template get_ref<const typename Value::object_t&>()) {
        names.push_back(name);
      }
      std::sort(names.begin(), names.end());
      const auto twice = std::adjacent_find(names.begin(), names.end());
      if (twice != names.end()) fail_duplicate(*twice);
    }
  }
  [[noreturn]] void fail_duplicate(std::string_view name) const {
    fail(ErrorKind::corrupt_file, "{}: expected each key once in a JSON object, found '{}' twice",
         where_, name);
  }

  std::string_view where_;
  Value root_;
  std::vector<Value*> open_;  // from the root to the innermost open object or array
  Value* slot_ = nullptr;     // where the value of the last key goes
};

template <class Value>
Value parse(std::string_view text, std::string_view where) {
  Builder<Value> builder(where);
  Value::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

}  // namespace

Json parse_json(std::string_view text, std::string_view where) {
  return parse<Json>(text, where);
}

OrderedJson parse_ordered_json(std::string_view text, std::string_view where) {
  return parse<OrderedJson>(text, where);
}

}  // namespace nybble
