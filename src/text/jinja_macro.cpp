// Macros and call blocks.
#include <algorithm>

#include "text/jinja_evaluator.h"

namespace nybble::text::jinja {
namespace {

// A macro with the variables around its definition.
class Macro : public Object {
 public:
  Macro(Evaluator& evaluator, std::shared_ptr<const MacroCode> code,
        std::shared_ptr<Frame> definition)
      : evaluator_(evaluator), code_(std::move(code)), definition_(std::move(definition)) {}
  std::string_view type_name() const override { return "Macro"; }
  bool callable() const override { return true; }
  Value call(Sandbox&, const Arguments& arguments) override {
    return evaluator_.call_macro(*code_, definition_, arguments);
  }
  std::optional<Value> attribute(Sandbox& sandbox, std::string_view name) override {
    if (name == "name") return code_->name.empty() ? Value::none() : sandbox.text(code_->name);
    if (name == "catch_kwargs") return Value::boolean(code_->kwargs >= 0);
    if (name == "catch_varargs") return Value::boolean(code_->varargs >= 0);
    if (name == "caller") return Value::boolean(code_->caller >= 0);
    if (name != "arguments") return std::nullopt;
    std::vector<Value> names;
    for (const Parameter& parameter : code_->parameters)
      names.push_back(sandbox.text(parameter.name));
    return sandbox.tuple(std::move(names));
  }
  std::string repr(Sandbox&) const override {
    return code_->name.empty() ? "<Macro anonymous>" : fmt::format("<Macro '{}'>", code_->name);
  }

 private:
  Evaluator& evaluator_;
  std::shared_ptr<const MacroCode> code_;
  std::shared_ptr<Frame> definition_;
};

using Keywords = std::vector<std::pair<std::string, Value>>;

// Takes a keyword argument out of the list; missing when it is not there.
Value take_keyword(Keywords& keywords, std::string_view name) {
  const auto found = std::find_if(keywords.begin(), keywords.end(),
                                  [name](const auto& k) { return k.first == name; });
  if (found == keywords.end()) return {};
  Value value = std::move(found->second);
  keywords.erase(found);
  return value;
}

}  // namespace

std::shared_ptr<Object> Evaluator::make_macro(const std::shared_ptr<MacroCode>& code) {
  if (!frame_->kept) sandbox_.keep(frame_);
  frame_->kept = true;
  return sandbox_.object<Macro>(*this, code, frame_);
}

Evaluator::Flow Evaluator::execute(const MacroNode& node, Output&) {
  variable(node.slot) = Value(make_macro(node.code));
  if (node.exported) exports_[node.code->name] = variable(node.slot);
  return Flow::normal;
}

Evaluator::Flow Evaluator::execute(const CallBlockNode& node, Output& out) {
  const Value caller(make_macro(node.code));
  const DepthGuard guard(sandbox_);
  print(evaluate_call(std::get<CallNode>(node.call->node), &caller), out);
  return Flow::normal;
}

Value Evaluator::call_macro(const MacroCode& code, const std::shared_ptr<Frame>& definition,
                            const Arguments& arguments) {
  const std::string_view name = code.name.empty() ? "caller" : std::string_view(code.name);
  const std::size_t n = code.parameters.size();
  Keywords keywords = arguments.keyword;
  std::vector<Value> given(n);
  for (std::size_t i = 0; i < n; ++i) {
    given[i] = i < arguments.positional.size() ? arguments.positional[i]
                                               : take_keyword(keywords, code.parameters[i].name);
  }
  const InFrame inside(*this, make_frame(code.function, definition));
  enter(code.function.scope);
  const auto set = [this](int place, Value value) { variable({0, place}) = std::move(value); };
  if (code.caller >= 0) {
    Value caller = take_keyword(keywords, "caller");
    set(code.caller, caller.is(Kind::missing) || caller.is_none()
                         ? sandbox_.undefined("No caller defined")
                         : caller);
  }
  if (code.kwargs >= 0) {
    std::vector<std::pair<Value, Value>> items;
    for (const auto& [key, value] : keywords) items.emplace_back(sandbox_.text(key), value);
    set(code.kwargs, sandbox_.dict(std::move(items)));
  } else if (!keywords.empty()) {
    sandbox_.fail("the macro '{}' takes no keyword argument '{}'", name, keywords[0].first);
  }
  if (code.varargs >= 0) {
    const auto rest = arguments.positional.begin() +
                      static_cast<std::ptrdiff_t>(std::min(n, arguments.positional.size()));
    set(code.varargs, sandbox_.tuple(std::vector<Value>(rest, arguments.positional.end())));
  } else if (arguments.positional.size() > n) {
    sandbox_.fail("the macro '{}' takes at most {} arguments, found {}", name, n,
                  arguments.positional.size());
  }
  for (std::size_t i = 0; i < n; ++i) variable(code.parameters[i].slot) = std::move(given[i]);
  for (const Parameter& parameter : code.parameters) {
    if (!variable(parameter.slot).is(Kind::missing)) continue;
    variable(parameter.slot) =
        parameter.otherwise
            ? evaluate(parameter.otherwise)
            : sandbox_.undefined(fmt::format("parameter '{}' was not provided", parameter.name));
  }
  Output out(sandbox_);
  execute(code.body, out);
  return sandbox_.text(out.take());
}

}  // namespace nybble::text::jinja
