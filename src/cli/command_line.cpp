#include "cli/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace nybble::cli {
namespace {

constexpr std::array spellings{
    Spelling{"-hf", "--hf-repo"},
    Spelling{"-hfr", "--hf-repo"},
    Spelling{"-hff", "--hf-file"},
    Spelling{"-mu", "--model-url"},
    Spelling{"-sys", "--system-prompt"},
    Spelling{"-sysf", "--system-prompt-file"},
    Spelling{"-st", "--single-turn"},
    Spelling{"-cnv", "--conversation"},
    Spelling{"-no-cnv", "--no-conversation"},
    Spelling{"-ngl", "--gpu-layers"},
    Spelling{"-fa", "--flash-attn"},
    Spelling{"-ctk", "--cache-type-k"},
    Spelling{"-ctv", "--cache-type-v"},
    Spelling{"-tb", "--threads-batch"},
    Spelling{"-ub", "--ubatch-size"},
    Spelling{"-nr", "--no-repack"},
};

std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::vector<std::string> option_names(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

}  // namespace

std::span<const Spelling> llama_spellings() {
  return spellings;
}

std::vector<std::string> translate_spellings(const std::vector<std::string>& arguments) {
  std::vector<std::string> translated = arguments;
  const auto end = std::find(translated.begin(), translated.end(), "--");
  for (auto word = translated.begin(); word != end; ++word) {
    const auto known = std::ranges::find(spellings, std::string_view(*word), &Spelling::word);
    if (known != spellings.end()) *word = known->option;
  }
  return translated;
}

std::string nearest(std::string_view word, const std::vector<std::string>& names) {
  std::string best;
  // A third of the letters may differ: enough for a slip, too little for another word.
  std::size_t limit = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string& name : names) {
    const std::size_t distance = edits(word, name);
    if (distance < limit) {
      limit = distance;
      best = name;
    }
  }
  return best;
}

std::string explain(const CLI::ParseError& error, const CLI::App& program) {
  const auto chosen = program.get_subcommands();
  const CLI::App& verb = chosen.empty() ? program : *chosen.front();
  const std::string name = chosen.empty() ? "nybble" : "nybble " + verb.get_name();
  const std::vector<std::string> extra = verb.remaining();
  if (extra.empty()) return fmt::format("{}; see {} --help", error.what(), name);
  const std::string near = extra[0].starts_with('-') ? nearest(extra[0], option_names(verb)) : "";
  return fmt::format("{} does not take '{}'{}; see {} --help", name, extra[0],
                     near.empty() ? "" : fmt::format(", did you mean {}?", near), name);
}

std::string overview() {
  return "nybble opens any LLM checkpoint, quantizes it, measures the loss and runs it.\n"
         "\n"
         "  nybble inspect  MODEL                     what a model is: a folder, a GGUF or "
         "user/repo\n"
         "  nybble quantize MODEL out.gguf Q4_K_M     make it small, in one step\n"
         "  nybble run      out.gguf                  talk to it\n"
         "\n"
         "Also: convert, eval, tokenize, template, formats, pull, completion, version.\n"
         "nybble --help lists them all, nybble VERB --help explains one.\n";
}

}  // namespace nybble::cli
