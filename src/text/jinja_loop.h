// The variable `loop` of a for statement.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "text/jinja_objects.h"

namespace nybble::text::jinja {

// Looks one item ahead when the template asks for it, as jinja2 does, since items may be made on
// demand.
class Loop : public Object {
 public:
  using Recurse = std::function<Value(const Value& iterable, int depth)>;
  // source: what is iterated over. recurse: renders the loop for other items; empty when the loop
  // is not recursive.
  Loop(Value source, std::shared_ptr<Iterator> items, std::optional<std::size_t> length, int depth0,
       Recurse recurse, int nesting)
      : source_(std::move(source)),
        items_(std::move(items)),
        length_(length),
        depth0_(depth0),
        recurse_(std::move(recurse)),
        nesting_(nesting) {}
  std::optional<Value> advance(Sandbox& sandbox);

  std::string_view type_name() const override { return "LoopContext"; }
  std::optional<Value> attribute(Sandbox& sandbox, std::string_view name) override;
  bool callable() const override { return true; }
  Value call(Sandbox& sandbox, const Arguments& arguments) override;
  std::optional<std::size_t> length(Sandbox& sandbox) override;
  std::string repr(Sandbox& sandbox) const override;
  int depth() const override { return nesting_; }
  // Lets go of what it holds, when the loop is over.
  void finish() { recurse_ = nullptr; }

 private:
  const std::optional<Value>& peek(Sandbox& sandbox);
  Value cycle(Sandbox& sandbox, const Arguments& arguments) const;
  Value changed(Sandbox& sandbox, const Arguments& arguments);

  Value source_;
  std::shared_ptr<Iterator> items_;
  std::optional<std::size_t> length_;
  int depth0_;
  Recurse recurse_;
  int nesting_;
  std::size_t index_ = 0;  // from 1
  Value before_, current_;
  std::optional<Value> after_;
  bool peeked_ = false;
  std::optional<Value> last_changed_;
  std::weak_ptr<Loop> self_;
  friend std::shared_ptr<Loop> make_loop(Sandbox&, Value, std::shared_ptr<Iterator>,
                                         std::optional<std::size_t>, int, Recurse);
};

std::shared_ptr<Loop> make_loop(Sandbox& sandbox, Value source, std::shared_ptr<Iterator> items,
                                std::optional<std::size_t> length, int depth0,
                                Loop::Recurse recurse);

}  // namespace nybble::text::jinja
