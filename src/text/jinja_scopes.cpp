// Gives every variable of a parsed template its place.
#include "text/jinja_scopes.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "text/jinja_lexer.h"
#include "text/jinja_symbols.h"
#include "text/jinja_walk.h"

namespace nybble::text::jinja {
namespace {

// Where the resolver is. soft: under a condition, where jinja2 lets unknown filters wait until they
// are used.
struct Place {
  Symbols* symbols;
  bool toplevel = false;
  bool soft = false;

  Place under_condition() const { return {symbols, toplevel, true}; }
  FunctionVariables* function() const { return symbols->function(); }
};

class Resolver {
 public:
  void run(Template& parsed) {
    FunctionVariables variables;
    Symbols symbols(nullptr, &variables);
    symbols.analyze(parsed.body);
    resolve(parsed.body, {&symbols, true, false});
    finish(parsed.function, symbols, variables);
  }

 private:
  static void finish(FunctionScope& function, const Symbols& symbols,
                     const FunctionVariables& variables) {
    function.scope = symbols.scope();
    function.n_slots = static_cast<int>(variables.places.size());
  }

  void resolve(Body& body, Place at) {
    for (Statement& statement : body) {
      line_ = statement.line;
      std::visit([&](auto& node) { resolve_node(node, at); }, statement.node);
    }
  }

  void resolve(const ExpressionPtr& expression, Place at) {
    if (!expression) return;
    if (auto* name = std::get_if<NameNode>(&expression->node)) {
      name->slot = at.symbols->slot(name->name, at.function());
    } else if (auto* filter = std::get_if<FilterNode>(&expression->node)) {
      check_known(filter->function != nullptr, "filter", filter->name, *expression, at);
    } else if (auto* test = std::get_if<TestNode>(&expression->node)) {
      check_known(test->function != nullptr, "test", test->name, *expression, at);
    }
    const bool conditional = std::holds_alternative<ConditionalNode>(expression->node);
    const Place inside = conditional ? at.under_condition() : at;
    each_child(*expression, [&](const ExpressionPtr& child) { resolve(child, inside); });
  }

  static void check_known(bool known, std::string_view kind, const std::string& name,
                          const Expression& expression, Place at) {
    if (!known && !at.soft) {
      fail_syntax(expression.line,
                  fmt::format("expected the name of a {}, found '{}'", kind, name));
    }
  }

  static void resolve(Target& target, Place at) {
    if (!target.tuple) target.slot = at.symbols->slot(target.name, at.function());
    for (Target& item : target.items) resolve(item, at);
  }

  void resolve_node(PrintNode& node, Place at) { resolve(node.value, at); }

  void resolve_node(IfNode& node, Place at) {
    for (auto& [test, body] : node.branches) {
      resolve(test, at.under_condition());
      resolve(body, at.under_condition());
    }
    resolve(node.otherwise, at.under_condition());
  }

  void resolve_node(ForNode& node, Place at) {
    resolve(node.iterable, at);
    if (node.filter) resolve_loop_filter(node, at);
    FunctionVariables own{.parent = at.function(), .places = {}};
    FunctionVariables* function = node.recursive ? &own : at.function();
    Symbols inside(at.symbols, function);
    if (node.recursive || reads_undeclared(node.body, "loop")) node.loop = inside.declare("loop");
    inside.declare(node.target);
    inside.analyze(node.body);
    resolve(node.target, {&inside});
    resolve(node.body, {&inside});
    node.scope = inside.scope();
    Symbols after(at.symbols, function);
    after.analyze(node.otherwise);
    resolve(node.otherwise, {&after});
    node.else_scope = after.scope();
    node.function.n_slots = static_cast<int>(own.places.size());
  }

  // `for x in y if z`: a generator function of its own in jinja2.
  void resolve_loop_filter(ForNode& node, Place at) {
    FunctionVariables variables{.parent = at.function(), .places = {}};
    Symbols symbols(at.symbols, &variables);
    symbols.declare(node.filter_target);
    symbols.analyze(node.filter);
    resolve(node.filter_target, {&symbols});
    resolve(node.filter, {&symbols});
    finish(node.filter_function, symbols, variables);
  }

  void resolve_node(SetNode& node, Place at) {
    resolve(node.value, at);
    resolve(node.target, at);
    node.exported = at.toplevel;
  }

  void resolve_node(SetBlockNode& node, Place at) {
    Symbols inside(at.symbols, at.function());
    inside.analyze(node.body);
    inside.analyze(node.filter);
    resolve(node.body, {&inside});
    resolve(node.filter, {&inside});
    resolve(node.target, at);
    node.scope = inside.scope();
    node.exported = at.toplevel;
  }

  void resolve_code(MacroCode& code, Place at) {
    FunctionVariables variables{.parent = at.function(), .places = {}};
    Symbols inside(at.symbols, &variables);
    const auto is_parameter = [&](std::string_view name) {
      return std::any_of(code.parameters.begin(), code.parameters.end(),
                         [name](const Parameter& p) { return p.name == name; });
    };
    for (const Parameter& parameter : code.parameters) inside.declare(parameter.name);
    code.explicit_caller = is_parameter("caller");
    const bool uses_caller = reads_undeclared(code.body, "caller");
    if (uses_caller && !code.explicit_caller) code.caller = inside.declare("caller");
    if (!is_parameter("kwargs") && reads_undeclared(code.body, "kwargs"))
      code.kwargs = inside.declare("kwargs");
    if (!is_parameter("varargs") && reads_undeclared(code.body, "varargs"))
      code.varargs = inside.declare("varargs");
    for (const Parameter& parameter : code.parameters) inside.analyze(parameter.otherwise);
    inside.analyze(code.body);
    for (Parameter& parameter : code.parameters) {
      if (parameter.name == "caller" && uses_caller && !parameter.otherwise) {
        fail_syntax(line_, "expected a default for the parameter 'caller', found none");
      }
      parameter.slot = inside.slot(parameter.name, &variables);
      resolve(parameter.otherwise, {&inside});
    }
    resolve(code.body, {&inside});
    finish(code.function, inside, variables);
  }

  void resolve_node(MacroNode& node, Place at) {
    resolve_code(*node.code, at);
    node.slot = at.symbols->slot(node.code->name, at.function());
    node.exported = at.toplevel;
  }

  void resolve_node(CallBlockNode& node, Place at) {
    resolve_code(*node.code, at);
    resolve(node.call, at);
  }

  void resolve_node(GenerationNode& node, Place at) {
    FunctionVariables variables{.parent = at.function(), .places = {}};
    Symbols inside(at.symbols, &variables);
    resolve_inside(node.body, inside);
    finish(node.function, inside, variables);
  }

  void resolve_node(FilterBlockNode& node, Place at) {
    Symbols inside(at.symbols, at.function());
    inside.analyze(node.filter);
    resolve_inside(node.body, inside);
    resolve(node.filter, {&inside});
    node.scope = inside.scope();
  }

  void resolve_node(WithNode& node, Place at) {
    Symbols inside(at.symbols, at.function());
    for (auto& [target, value] : node.values) {
      resolve(value, at);
      inside.declare(target);
    }
    resolve_inside(node.body, inside);
    for (auto& [target, value] : node.values) resolve(target, {&inside});
    node.scope = inside.scope();
  }

  // A block sees the exported variables and the context, nothing around it.
  void resolve_node(BlockNode& node, Place) {
    FunctionVariables variables;
    Symbols inside(nullptr, &variables);
    resolve_inside(node.body, inside);
    finish(node.function, inside, variables);
  }

  void resolve_inside(Body& body, Symbols& inside) {
    inside.analyze(body);
    resolve(body, {&inside});
  }

  void resolve_node(TextNode&, Place) {}
  void resolve_node(BreakNode&, Place) {}
  void resolve_node(ContinueNode&, Place) {}
  void resolve_node(LoaderNode&, Place) {}

  int line_ = 1;
};

}  // namespace

void resolve_scopes(Template& parsed) {
  Resolver().run(parsed);
}

}  // namespace nybble::text::jinja
