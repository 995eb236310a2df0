// The names of one scope while a template is resolved.
#include "text/jinja_symbols.h"

#include <variant>

#include "text/jinja_walk.h"

namespace nybble::text::jinja {

int Symbols::define(const std::string& name, Source source) {
  const int place = function_->place(level_, name);
  variables_[name] = {function_, place};
  sources_.insert_or_assign(place, std::move(source));
  return place;
}

int Symbols::declare(const std::string& name) {
  stores_.insert(name);
  return define(name, {Source::From::parameter, {}, {}});
}

Symbols Symbols::branch_of(const Symbols& base) {
  Symbols branch(base.parent_, base.function_);
  branch.base_ = &base;
  return branch;
}

const Variable* Symbols::find_own(const std::string& name) const {
  for (const Symbols* part = this; part != nullptr; part = part->base_) {
    const auto found = part->variables_.find(name);
    if (found != part->variables_.end()) return &found->second;
  }
  return nullptr;
}

const Variable* Symbols::find(const std::string& name) const {
  for (const Symbols* scope = this; scope != nullptr; scope = scope->parent_) {
    if (const Variable* found = scope->find_own(name)) return found;
  }
  return nullptr;
}

bool Symbols::stores(const std::string& name) const {
  for (const Symbols* part = this; part != nullptr; part = part->base_) {
    if (part->stores_.contains(name)) return true;
  }
  return false;
}

void Symbols::load(const std::string& name) {
  if (find(name) == nullptr) define(name, {Source::From::context, name, {}});
}

void Symbols::store(const std::string& name) {
  stores_.insert(name);
  if (find_own(name) != nullptr) return;
  const Variable* outer = parent_ ? parent_->find(name) : nullptr;
  if (outer) {
    define(name, {Source::From::outer, {}, *outer});
  } else {
    define(name, {Source::From::nothing, {}, {}});
  }
}

void Symbols::store(const Target& target) {
  if (target.tuple) {
    for (const Target& item : target.items) store(item);
  } else if (target.attribute.empty()) {
    store(target.name);
  } else {
    load(target.name);
  }
}

void Symbols::declare(const Target& target) {
  if (!target.tuple) declare(target.name);
  for (const Target& item : target.items) declare(item);
}

void Symbols::analyze(const ExpressionPtr& expression) {
  if (!expression) return;
  if (const auto* name = std::get_if<NameNode>(&expression->node)) load(name->name);
  each_child(*expression, [this](const ExpressionPtr& child) { analyze(child); });
}

void Symbols::analyze(const Body& body) {
  for (const Statement& statement : body) analyze(statement);
}

void Symbols::analyze(const Statement& statement) {
  struct Visitor {
    Symbols& self;
    void operator()(const PrintNode& n) const { self.analyze(n.value); }
    void operator()(const ForNode& n) const { self.analyze(n.iterable); }
    void operator()(const IfNode& n) const { self.analyze(n, 0); }
    void operator()(const SetNode& n) const {
      self.analyze(n.value);
      self.store(n.target);
    }
    void operator()(const SetBlockNode& n) const { self.store(n.target); }
    void operator()(const MacroNode& n) const { self.store(n.code->name); }
    void operator()(const CallBlockNode& n) const { self.analyze(n.call); }
    void operator()(const FilterBlockNode& n) const { self.analyze(n.filter); }
    void operator()(const WithNode& n) const {
      for (const auto& [target, value] : n.values) self.analyze(value);
    }
    void operator()(const TextNode&) const {}
    void operator()(const GenerationNode&) const {}
    void operator()(const BlockNode&) const {}
    void operator()(const BreakNode&) const {}
    void operator()(const ContinueNode&) const {}
    void operator()(const LoaderNode&) const {}
  };
  std::visit(Visitor{*this}, statement.node);
}

// Each branch sees the names from before the `if`; what any of them assigns may come from outside
// when it is not taken.
void Symbols::analyze(const IfNode& node, std::size_t branch) {
  analyze(node.branches[branch].first);
  std::vector<Symbols> branches(3, branch_of(*this));
  branches[0].analyze(node.branches[branch].second);
  if (branch == 0) {
    for (std::size_t i = 1; i < node.branches.size(); ++i) branches[1].analyze(node, i);
    branches[2].analyze(node.otherwise);
  }
  merge(branches);
}

void Symbols::merge(const std::vector<Symbols>& branches) {
  std::set<std::string> assigned;
  for (const Symbols& branch : branches) {
    for (const std::string& name : branch.stores_) {
      if (!stores(name)) assigned.insert(name);
    }
  }
  for (const Symbols& branch : branches) {
    for (const auto& [name, variable] : branch.variables_) variables_[name] = variable;
    for (const auto& [place, source] : branch.sources_) sources_.insert_or_assign(place, source);
    stores_.insert(branch.stores_.begin(), branch.stores_.end());
  }
  for (const std::string& name : assigned) {
    const Variable* outer = parent_ ? parent_->find(name) : nullptr;
    const int place = find(name)->place;
    const Source from_outer{Source::From::outer, {}, outer ? *outer : Variable{}};
    sources_.insert_or_assign(place, outer ? from_outer : Source{Source::From::context, name, {}});
  }
}

Slot Symbols::slot(const std::string& name, const FunctionVariables* from) const {
  const Variable* variable = find(name);
  Slot slot{.up = 0, .index = variable->place};
  for (; from != variable->function; from = from->parent) ++slot.up;
  return slot;
}

Scope Symbols::scope() const {
  Scope scope;
  for (const auto& [place, source] : sources_) {
    scope.all.push_back(place);
    if (source.from == Source::From::context) {
      scope.loads.push_back({place, Load::From::context, source.name, {}});
    } else if (source.from == Source::From::nothing) {
      scope.loads.push_back({place, Load::From::nothing, {}, {}});
    } else if (source.from == Source::From::outer) {
      Slot slot{.up = 0, .index = source.outer.place};
      for (const FunctionVariables* f = function_; f != source.outer.function; f = f->parent)
        ++slot.up;
      scope.loads.push_back({place, Load::From::outer, {}, slot});
    }
  }
  return scope;
}

namespace {

// Looks for a read of a name that no assignment precedes. State: unknown, then decided once.
class ReadSearch {
 public:
  explicit ReadSearch(std::string_view name) : name_(name) {}
  bool found() const { return found_; }

  void visit(const Body& body) {
    for (const Statement& statement : body) {
      std::visit(*this, statement.node);
      if (decided_) return;
    }
  }
  void operator()(const PrintNode& n) { visit(n.value); }
  void operator()(const ForNode& n) {
    assign(n.target);
    visit(n.iterable);
    visit(n.body);
    visit(n.otherwise);
    visit(n.filter);
  }
  void operator()(const IfNode& n) {
    for (const auto& [test, body] : n.branches) {
      visit(test);
      visit(body);
    }
    visit(n.otherwise);
  }
  void operator()(const SetNode& n) {
    assign(n.target);
    visit(n.value);
  }
  void operator()(const SetBlockNode& n) {
    assign(n.target);
    visit(n.filter);
    visit(n.body);
  }
  void operator()(const MacroNode& n) { visit(*n.code); }
  void operator()(const CallBlockNode& n) {
    visit(n.call);
    visit(*n.code);
  }
  void operator()(const GenerationNode& n) { visit(n.body); }
  void operator()(const FilterBlockNode& n) {
    visit(n.body);
    visit(n.filter);
  }
  void operator()(const WithNode& n) {
    for (const auto& [target, value] : n.values) assign(target);
    for (const auto& [target, value] : n.values) visit(value);
    visit(n.body);
  }
  void operator()(const TextNode&) {}
  void operator()(const BlockNode&) {}
  void operator()(const BreakNode&) {}
  void operator()(const ContinueNode&) {}
  void operator()(const LoaderNode&) {}

 private:
  void decide(bool found) {
    if (!decided_) found_ = found;
    decided_ = true;
  }
  void assign(const Target& target) {
    if (!target.tuple && target.attribute.empty() && target.name == name_) decide(false);
    for (const Target& item : target.items) assign(item);
  }
  void visit(const ExpressionPtr& expression) {
    if (!expression || decided_) return;
    if (const auto* name = std::get_if<NameNode>(&expression->node)) {
      if (name->name == name_) decide(true);
    }
    each_child(*expression, [this](const ExpressionPtr& child) { visit(child); });
  }
  void visit(const MacroCode& code) {
    for (const Parameter& parameter : code.parameters) {
      if (parameter.name == name_) decide(false);
    }
    for (const Parameter& parameter : code.parameters) visit(parameter.otherwise);
    visit(code.body);
  }

  std::string_view name_;
  bool found_ = false;
  bool decided_ = false;
};

}  // namespace

bool reads_undeclared(const Body& body, std::string_view name) {
  ReadSearch search(name);
  search.visit(body);
  return search.found();
}

}  // namespace nybble::text::jinja
