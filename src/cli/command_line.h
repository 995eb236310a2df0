// What the command line needs beyond CLI11: llama.cpp's one-dash words, nearest names, the short
// overview.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nybble::cli {

// CLI11 reads -hf as -h -f, so these words are replaced before it sees them.
struct Spelling {
  std::string_view word;    // "-hf"
  std::string_view option;  // "--hf-repo"
};
std::span<const Spelling> llama_spellings();

// Replaces the words of llama.cpp up to "--".
std::vector<std::string> translate_spellings(const std::vector<std::string>& arguments);
// The name that takes the fewest edits; empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& names);
// One sentence for a failed parse: what was wrong, the nearest option, where help is.
std::string explain(const CLI::ParseError& error, const CLI::App& program);
// What a bare `nybble` prints.
std::string overview();

}  // namespace nybble::cli
