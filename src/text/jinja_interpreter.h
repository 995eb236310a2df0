// Runs a parsed chat template.
#pragma once

#include <string>

#include "text/jinja_ast.h"
#include "text/jinja_sandbox.h"

namespace nybble::text::jinja {

// context: a dict of the variables. Throws Error(invalid_input), Error(unsupported) past a limit.
std::string run_template(const Template& program, Sandbox& sandbox, const Dict& context);

}  // namespace nybble::text::jinja
