// The program: parses, runs the chosen verb, turns what it throws into one sentence and an exit
// code.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "cli/command_line.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "nybble/error.h"

namespace nybble::cli {
namespace {

int exit_code(ErrorKind kind) {
  return 1 + static_cast<int>(kind);
}

int complain(ErrorKind kind, const std::string& sentence) {
  notice(sentence);
  return exit_code(kind);
}

void check_verb_exists(const std::string& word) {
  std::vector<std::string> names;
  for (const Verb& verb : all_verbs()) names.emplace_back(verb.name);
  if (std::find(names.begin(), names.end(), word) != names.end()) return;
  const std::string near = nearest(word, names);
  throw Error(ErrorKind::invalid_input,
              near.empty() ? fmt::format("there is no verb '{}'; nybble --help lists them", word)
                           : fmt::format("there is no verb '{}', did you mean '{}'?", word, near));
}

// A full disk shows only when the last buffer is written.
void flush_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    throw Error(ErrorKind::io,
                fmt::format("standard output: cannot be written: {}", std::strerror(errno)));
  }
}

int run_program(std::vector<std::string> arguments) {
  if (arguments.empty()) {
    fmt::print("{}", overview());
    return 0;
  }
  // `nybble help`, `nybble help run` as people try them.
  if (arguments[0] == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  if (!arguments[0].starts_with('-')) check_verb_exists(arguments[0]);
  if (arguments[0] == "--version") arguments[0] = "version";

  CLI::App program("nybble opens any LLM checkpoint, quantizes it, measures the loss and runs it.",
                   "nybble");
  build_program(program);
  std::vector<std::string> words = translate_spellings(arguments);
  std::reverse(words.begin(), words.end());  // the order in which CLI11 takes a vector
  try {
    program.parse(words);
  } catch (const CLI::Success& success) {
    return program.exit(success);  // --help
  } catch (const CLI::ParseError& error) {
    return complain(ErrorKind::invalid_input, explain(error, program));
  }
  flush_output();
  return 0;
}

}  // namespace
}  // namespace nybble::cli

int main(int argc, char** argv) {
  using namespace nybble;
  cli::watch_interrupts();
  try {
    return cli::run_program(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const Error& error) {
    return cli::complain(error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    return cli::complain(ErrorKind::out_of_memory,
                         "there is not enough memory for this; close other programs or take a "
                         "smaller model or context");
  } catch (const std::system_error& error) {
    return cli::complain(ErrorKind::io, error.what());  // fmt on a full disk
  } catch (const std::exception& error) {
    return cli::complain(ErrorKind::invalid_input,
                         fmt::format("unexpected failure: {}", error.what()));
  }
}
