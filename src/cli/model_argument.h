// The MODEL of every verb: a path, or a reference that is pulled.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

namespace nybble::cli {

struct ModelArgument {
  std::string reference;  // MODEL, -m, -hf or --model-url
  std::string hf_repo, hf_file, model_url;
  bool offline = false;
};

// Adds MODEL (also -m, --model), -hf, -hff, -mu and --offline.
void add_model_argument(CLI::App& verb, ModelArgument& argument);
// A local path as it is; anything else is pulled, and what was chosen is said on stderr. Throws
// Error.
std::filesystem::path find_model(const ModelArgument& argument);
std::filesystem::path find_model(const std::string& reference, bool offline = false);

}  // namespace nybble::cli
