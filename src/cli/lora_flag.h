// --lora of the verbs that run a model.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>

namespace nybble::cli {

inline void add_lora_flag(CLI::App& verb, std::filesystem::path& lora) {
  verb.add_option(
          "--lora", lora,
          "An adapter (LoRA) of PEFT, run beside the weights in float32; the model stays as "
          "it is")
      ->type_name("DIR");
}
// For verbs with a reference.
inline void add_reference_lora_flag(CLI::App& verb, std::filesystem::path& lora) {
  verb.add_option("--reference-lora", lora, "The same for the reference")->type_name("DIR");
}

}  // namespace nybble::cli
