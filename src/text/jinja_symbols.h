// The names of one scope while a template is resolved, as jinja2's idtracking keeps them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "text/jinja_ast.h"

namespace nybble::text::jinja {

// The variables of one Python function: jinja2 names them by level of scope and name.
struct FunctionVariables {
  FunctionVariables* parent = nullptr;
  std::map<std::pair<int, std::string>, int> places;

  int place(int level, const std::string& name) {
    return places.try_emplace({level, name}, static_cast<int>(places.size())).first->second;
  }
};

// A variable: its function and its place there.
struct Variable {
  FunctionVariables* function = nullptr;
  int place = -1;
};

class Symbols {
 public:
  Symbols(Symbols* parent, FunctionVariables* function)
      : level_(parent ? parent->level_ + 1 : 0), parent_(parent), function_(function) {}

  // Collects the names of a part of the scope, nested scopes excluded.
  void analyze(const Body& body);
  void analyze(const ExpressionPtr& expression);
  void store(const Target& target);
  void declare(const Target& target);
  // A variable that is given from outside: a parameter, a loop variable. Returns its place.
  int declare(const std::string& name);

  const Variable* find(const std::string& name) const;
  // Where the name is, seen from a function inside.
  Slot slot(const std::string& name, const FunctionVariables* from) const;
  Scope scope() const;
  FunctionVariables* function() const { return function_; }

 private:
  struct Source {
    enum class From { context, outer, nothing, parameter };
    From from;
    std::string name;
    Variable outer;
  };

  // A branch of an `if`: the same scope, whose new names are kept apart until merge().
  static Symbols branch_of(const Symbols& base);
  void analyze(const Statement& statement);
  void analyze(const IfNode& node, std::size_t branch);
  const Variable* find_own(const std::string& name) const;
  bool stores(const std::string& name) const;
  void load(const std::string& name);
  void store(const std::string& name);
  int define(const std::string& name, Source source);
  void merge(const std::vector<Symbols>& branches);

  int level_;
  Symbols* parent_;
  const Symbols* base_ = nullptr;  // what a branch adds to
  FunctionVariables* function_;
  std::map<std::string, Variable> variables_;
  std::map<int, Source> sources_;  // by place
  std::set<std::string> stores_;
};

// Whether the body reads the name before it assigns it, nested scopes included.
bool reads_undeclared(const Body& body, std::string_view name);

}  // namespace nybble::text::jinja
