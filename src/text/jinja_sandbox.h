// The bounds that a template runs within: steps, memory, depth; and the makers of values that keep
// to them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "text/jinja_value.h"

namespace nybble::text::jinja {

// Far above what real templates need (a thousand messages take some 100,000 steps), and reached
// within seconds.
struct Limits {
  std::uint64_t steps = 20'000'000;
  std::size_t memory = std::size_t{256} << 20;  // bytes of values alive at one time
  std::size_t text = std::size_t{64} << 20;     // bytes of one text, and of the output
  int depth = 1500;                             // nested evaluations: the stack of the machine
  int value_depth = 300;                        // lists in lists
  std::size_t range = 100'000;                  // as in jinja2's sandbox
};

struct Frame;
class Namespace;

class Sandbox {
 public:
  explicit Sandbox(std::int64_t now, Limits limits = {}) : limits_(limits), now_(now) {}
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  ~Sandbox();

  // Counts work. Throws Error(unsupported) when the template has had its share.
  void work(std::uint64_t steps = 1) {
    steps_ += steps;
    if (steps_ > limits_.steps) fail_limit("steps", limits_.steps);
  }
  // Work on that many bytes, and a check that one text may have them. Call before building a text.
  void work_on(std::size_t bytes);
  const Limits& limits() const { return limits_; }
  std::int64_t now() const { return now_; }

  Value text(std::string bytes, bool markup = false);
  Value list(std::vector<Value> items) { return sequence(std::move(items), false); }
  Value tuple(std::vector<Value> items) { return sequence(std::move(items), true); }
  Value sequence(std::vector<Value> items, bool tuple, bool grouped = false);
  // Later values of an equal key replace earlier ones, as in Python. Throws on unhashable keys.
  Value dict(std::vector<std::pair<Value, Value>> items);
  Value undefined(std::string sentence);
  template <class T, class... Args>
  std::shared_ptr<T> object(Args&&... args) {
    auto made = std::make_shared<T>(std::forward<Args>(args)...);
    made->charge = charge(sizeof(T));
    return made;
  }
  // Memory of something that is not made here.
  Charge charge(std::size_t bytes);
  void grow(Charge& charge, std::size_t bytes);
  // The depth of what contains something of that depth. Throws past the limit.
  int depth_around(int inner) const;

  // Objects that may refer to each other in a circle; emptied at the end.
  void keep(std::shared_ptr<Namespace> space);
  void keep(std::shared_ptr<Frame> frame);

  // Throws Error(invalid_input) "chat template, line N: <sentence>".
  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> sentence, Args&&... args) const {
    fail_with(ErrorKind::invalid_input, fmt::format(sentence, std::forward<Args>(args)...));
  }
  [[noreturn]] void fail_limit(std::string_view what, std::uint64_t limit) const;
  // Fails with the sentence of an undefined value.
  [[noreturn]] void fail_undefined(const Value& value) const;

  int line = 1;   // of the template, where the evaluation is
  int depth = 0;  // nested evaluations

 private:
  [[noreturn]] void fail_with(ErrorKind kind, const std::string& sentence) const;

  Limits limits_;
  std::int64_t now_;
  std::uint64_t steps_ = 0;
  std::size_t memory_ = 0;
  std::vector<std::shared_ptr<Namespace>> namespaces_;
  std::vector<std::shared_ptr<Frame>> frames_;
};

// One nested evaluation, counted while it lives.
class DepthGuard {
 public:
  explicit DepthGuard(Sandbox& sandbox) : sandbox_(sandbox) {
    if (++sandbox.depth > sandbox.limits().depth) {
      --sandbox.depth;
      sandbox.fail_limit("nested evaluations", static_cast<std::uint64_t>(sandbox.limits().depth));
    }
  }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;
  ~DepthGuard() { --sandbox_.depth; }

 private:
  Sandbox& sandbox_;
};

}  // namespace nybble::text::jinja
