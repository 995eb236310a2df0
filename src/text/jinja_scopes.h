// Gives every variable of a parsed template its place, by the rules by which jinja2 compiles names
// to Python variables.
#pragma once

#include "text/jinja_ast.h"

namespace nybble::text::jinja {

// Throws Error(corrupt_file) for filters and tests that do not exist, where jinja2 finds that out
// early.
void resolve_scopes(Template& parsed);

}  // namespace nybble::text::jinja
