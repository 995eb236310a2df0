// --assume, where a model is opened whose files may not say all of themselves.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace nybble::cli {

inline void add_assume_flag(CLI::App& verb, std::string& assumed) {
  verb.add_option(
          "--assume", assumed,
          "How zero points stand in a GPTQ checkpoint: gptq (less one) or gptq_v2; default: "
          "what it says, or as its weights have it")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"gptq", "gptq_v2"}));
}

}  // namespace nybble::cli
