// The values that a chat template computes with: Python's None, bool, int, float, str, list, tuple,
// dict and objects.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace nybble::text::jinja {

// Python's int is unbounded; ours has 128 bits and an operation that leaves them is an error.
__extension__ typedef __int128 Int;
__extension__ typedef unsigned __int128 UnsignedInt;

class Object;
class Sandbox;
struct Dict;
struct Sequence;
struct Text;
struct Undefined;

enum class Kind { missing, undefined, none, boolean, integer, real, text, sequence, dict, object };

// A reference to an immutable thing (objects apart), cheap to copy.
class Value {
 public:
  Value() = default;  // missing: a variable that was never set
  Value(std::shared_ptr<const Undefined> value) : data_(std::move(value)) {}
  Value(std::shared_ptr<const Text> value) : data_(std::move(value)) {}
  Value(std::shared_ptr<const Sequence> value) : data_(std::move(value)) {}
  Value(std::shared_ptr<const Dict> value) : data_(std::move(value)) {}
  Value(std::shared_ptr<Object> value) : data_(std::move(value)) {}
  static Value none() { return Value(Data(std::in_place_index<2>)); }
  static Value boolean(bool value) { return Value(Data(value)); }
  static Value integer(Int value) { return Value(Data(value)); }
  static Value real(double value) { return Value(Data(value)); }

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is(Kind kind) const { return this->kind() == kind; }
  bool is_undefined() const { return is(Kind::undefined) || is(Kind::missing); }
  bool is_none() const { return is(Kind::none); }
  bool is_text() const { return is(Kind::text); }
  bool is_dict() const { return is(Kind::dict); }
  bool is_list() const;
  bool is_tuple() const;
  // An integer or a boolean, which Python counts as one.
  bool is_integral() const { return is(Kind::integer) || is(Kind::boolean); }
  bool is_number() const { return is_integral() || is(Kind::real); }

  // Each needs the kind that its name says.
  bool as_boolean() const { return std::get<bool>(data_); }
  Int as_integer() const;  // of an integral value
  double as_real() const;  // of a number
  const Text& text() const { return *std::get<std::shared_ptr<const Text>>(data_); }
  const Sequence& sequence() const { return *std::get<std::shared_ptr<const Sequence>>(data_); }
  const Dict& dict() const { return *std::get<std::shared_ptr<const Dict>>(data_); }
  const std::shared_ptr<Object>& object() const { return std::get<std::shared_ptr<Object>>(data_); }
  const Undefined& undefined() const { return *std::get<std::shared_ptr<const Undefined>>(data_); }
  // The object when it is a T, else nullptr.
  template <class T>
  T* object_as() const {
    return is(Kind::object) ? dynamic_cast<T*>(object().get()) : nullptr;
  }

  // `is sameas`: the same thing in memory; numbers and texts: equal and of one kind.
  bool same_as(Sandbox& sandbox, const Value& other) const;

 private:
  struct None {};
  using Data = std::variant<std::monostate, std::shared_ptr<const Undefined>, None, bool, Int,
                            double, std::shared_ptr<const Text>, std::shared_ptr<const Sequence>,
                            std::shared_ptr<const Dict>, std::shared_ptr<Object>>;
  explicit Value(Data data) : data_(std::move(data)) {}
  Data data_;
};

// Memory that a value holds, given back to the sandbox when the value goes.
class Charge {
 public:
  Charge() = default;
  Charge(std::size_t* account, std::size_t bytes) : account_(account), bytes_(bytes) {}
  Charge(Charge&& other) noexcept
      : account_(std::exchange(other.account_, nullptr)), bytes_(other.bytes_) {}
  Charge& operator=(Charge&& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  void add(std::size_t bytes) { bytes_ += bytes; }
  ~Charge() {
    if (account_ != nullptr) *account_ -= bytes_;
  }

 private:
  std::size_t* account_ = nullptr;
  std::size_t bytes_ = 0;
};

// Jinja's Undefined: prints as nothing; the sentence is what an operation on it fails with.
struct Undefined {
  std::string sentence;
  Charge charge;
};

// Python's str as UTF-8. markup: HTML-safe (the class Markup of markupsafe), which escapes what is
// joined to it.
struct Text {
  std::string bytes;
  std::size_t length = 0;  // in code points
  bool markup = false;
  Charge charge;
  bool ascii() const { return length == bytes.size(); }
};

// Python's list or tuple. grouped: the pair (grouper, list) of the filter groupby, whose items have
// names.
struct Sequence {
  std::vector<Value> items;
  bool tuple = false;
  bool grouped = false;
  int depth = 1;  // containers inside each other, for the limit on nesting
  Charge charge;
};

// Python's dict: keeps the order of insertion, finds keys by Python's equality (1 == 1.0 == True).
struct Dict {
  std::vector<std::pair<Value, Value>> items;
  // Places in items by hash of the key, sorted by hash; built when the dict is complete and not
  // tiny.
  std::vector<std::pair<std::uint64_t, std::uint32_t>> index;
  int depth = 1;
  Charge charge;

  const Value* find(Sandbox& sandbox, const Value& key) const;
  const Value* find(std::string_view key) const;
};

// The positional and keyword arguments of a call.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> keyword;
};

// Gives the items of an iterable one after another.
class Iterator {
 public:
  virtual ~Iterator() = default;
  virtual std::optional<Value> next(Sandbox& sandbox) = 0;
};

// All that is not plain data: ranges, views, generators, macros, namespaces, loops.
class Object {
 public:
  virtual ~Object() = default;
  // Python's name of the class, for messages and repr.
  virtual std::string_view type_name() const = 0;
  virtual std::optional<Value> attribute(Sandbox& sandbox, std::string_view name);
  // Item access (o[key]); nothing when the object has no such item.
  virtual std::optional<Value> item(Sandbox& sandbox, const Value& key);
  virtual bool callable() const { return false; }
  virtual Value call(Sandbox& sandbox, const Arguments& arguments);
  // nullptr: not iterable.
  virtual std::shared_ptr<Iterator> iterate() { return nullptr; }
  virtual std::optional<std::size_t> length(Sandbox& sandbox);
  virtual bool is_sequence() const { return false; }
  virtual bool equals(Sandbox&, const Object& other) const { return this == &other; }
  virtual std::string repr(Sandbox& sandbox) const;
  virtual int depth() const { return 1; }

  Charge charge;
};

// Python's type name: "str", "list", "Undefined" ...
std::string_view type_name(const Value& value);
bool truthy(Sandbox& sandbox, const Value& value);
int depth_of(const Value& value);

// Python's ==.
bool equal(Sandbox& sandbox, const Value& a, const Value& b);
// Python's hash, equal for equal values; nothing when the value is unhashable (list, dict).
std::optional<std::uint64_t> hash_of(Sandbox& sandbox, const Value& value);

}  // namespace nybble::text::jinja
