// Objects of the template language that are not plain data.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja_sandbox.h"
#include "text/jinja_value.h"

namespace nybble::text::jinja {

// The variables of a function that runs, or of one that a macro still refers to.
struct Frame {
  std::vector<Value> slots;
  std::shared_ptr<Frame> parent;
  Charge charge;
  bool kept = false;  // by the sandbox, since a macro refers to it
};

// Python's range, at most as long as the sandbox allows.
class Range : public Object {
 public:
  Range(Int start, Int step, Int length) : start_(start), step_(step), length_(length) {}
  std::string_view type_name() const override { return "range"; }
  std::optional<Value> attribute(Sandbox& sandbox, std::string_view name) override;
  std::optional<Value> item(Sandbox& sandbox, const Value& key) override;
  std::shared_ptr<Iterator> iterate() override;
  std::optional<std::size_t> length(Sandbox&) override { return static_cast<std::size_t>(length_); }
  bool is_sequence() const override { return true; }
  bool equals(Sandbox& sandbox, const Object& other) const override;
  std::string repr(Sandbox& sandbox) const override;
  Int at(Int place) const { return start_ + place * step_; }
  Int start() const { return start_; }
  Int step() const { return step_; }
  Int size() const { return length_; }
  Int stop() const { return start_ + length_ * step_; }

 private:
  Int start_, step_, length_;
};

// d.items(), d.keys() or d.values().
class DictView : public Object {
 public:
  enum class Part { keys, values, items };
  DictView(Value dict, Part part) : dict_(std::move(dict)), part_(part) {}
  std::string_view type_name() const override;
  std::shared_ptr<Iterator> iterate() override;
  std::optional<std::size_t> length(Sandbox&) override { return dict_.dict().items.size(); }
  std::string repr(Sandbox& sandbox) const override;
  int depth() const override { return depth_of(dict_) + 1; }
  const Dict& dict() const { return dict_.dict(); }
  Part part() const { return part_; }

 private:
  Value dict_;
  Part part_;
};

// What filters such as map and select give: items made on demand, once.
class Generator : public Object {
 public:
  using Next = std::function<std::optional<Value>(Sandbox&)>;
  // depth: of what the items are made from. name: of Python's class.
  Generator(Next next, int depth, std::string_view name = "generator")
      : next_(std::move(next)), depth_(depth), name_(name) {}
  std::string_view type_name() const override { return name_; }
  std::shared_ptr<Iterator> iterate() override;
  int depth() const override { return depth_; }

 private:
  struct Items;
  Next next_;
  int depth_;
  std::string_view name_;
  bool running_ = false;
  std::weak_ptr<Generator> self_;
  friend Value make_generator(Sandbox&, Next, const Value&, std::string_view);
};
// source: what the items are made from.
Value make_generator(Sandbox& sandbox, Generator::Next next, const Value& source,
                     std::string_view name = "generator");

// A built-in function, or a method with the value it belongs to inside.
class Function : public Object {
 public:
  using Body = std::function<Value(Sandbox&, const Arguments&)>;
  Function(std::string name, Body body, int depth = 1)
      : name_(std::move(name)), body_(std::move(body)), depth_(depth) {}
  std::string_view type_name() const override { return "builtin_function_or_method"; }
  bool callable() const override { return true; }
  Value call(Sandbox& sandbox, const Arguments& arguments) override {
    return body_(sandbox, arguments);
  }
  std::string repr(Sandbox&) const override { return "<function " + name_ + ">"; }
  int depth() const override { return depth_; }

 private:
  std::string name_;
  Body body_;
  int depth_;
};

// namespace(): the one thing that a template can change.
class Namespace : public Object {
 public:
  std::string_view type_name() const override { return "Namespace"; }
  std::optional<Value> attribute(Sandbox& sandbox, std::string_view name) override;
  std::string repr(Sandbox& sandbox) const override;
  void set(Sandbox& sandbox, const std::string& name, Value value);

  std::vector<std::pair<std::string, Value>> attributes;

 private:
  std::vector<Charge> charges_;
};

// cycler('odd', 'even') and joiner(', ').
class Cycler : public Object {
 public:
  Cycler(std::vector<Value> items, int depth) : items_(std::move(items)), depth_(depth) {}
  int depth() const override { return depth_; }
  std::string_view type_name() const override { return "Cycler"; }
  std::optional<Value> attribute(Sandbox& sandbox, std::string_view name) override;

 private:
  std::vector<Value> items_;
  int depth_;
  std::shared_ptr<std::size_t> place_ = std::make_shared<std::size_t>(0);
};
class Joiner : public Object {
 public:
  Joiner(Value separator, int depth) : separator_(std::move(separator)), depth_(depth) {}
  int depth() const override { return depth_; }
  std::string_view type_name() const override { return "Joiner"; }
  bool callable() const override { return true; }
  Value call(Sandbox& sandbox, const Arguments& arguments) override;

 private:
  Value separator_;
  int depth_;
  bool used_ = false;
};

// range, dict, namespace, cycler, joiner, raise_exception, strftime_now; nullopt: no such function.
std::optional<Value> find_global(std::string_view name);

}  // namespace nybble::text::jinja
