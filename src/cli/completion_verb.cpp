// nybble completion: scripts for bash, zsh and fish, made from the verbs themselves so that they
// cannot lag.
#include <fmt/format.h>

#include <memory>

#include "cli/command_line.h"
#include "cli/verbs.h"
#include "nybble/error.h"
#include "nybble/plan.h"
#include "nybble/quantize.h"

namespace nybble::cli {
namespace {

struct Flag {
  std::vector<std::string> names;  // "-c", "--ctx-size", "-hf"
  std::string about;
  bool takes_value = false;
};

std::vector<Flag> flags_of(const CLI::App& verb) {
  std::vector<Flag> flags;
  for (const CLI::Option* option : verb.get_options()) {
    Flag flag;
    for (const std::string& name : option->get_snames()) flag.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) {
      flag.names.push_back("--" + name);
      for (const Spelling& spelling : llama_spellings()) {
        if (spelling.option == "--" + name) flag.names.emplace_back(spelling.word);
      }
    }
    flag.about = option->get_description();
    flag.takes_value = option->get_items_expected_max() > 0;
    if (!flag.names.empty()) flags.push_back(flag);
  }
  return flags;
}

std::vector<const CLI::App*> verbs_of(const CLI::App& program) {
  return program.get_subcommands([](const CLI::App*) { return true; });
}

std::string words_of(const CLI::App& verb) {
  std::string words;
  for (const Flag& flag : flags_of(verb)) words += fmt::format(" {}", fmt::join(flag.names, " "));
  return words.empty() ? words : words.substr(1);
}

// Words for the arguments by place, beside files.
std::string places_of(const CLI::App& verb) {
  std::string words;
  if (verb.get_name() == "quantize" || verb.get_name() == "train") {
    for (const auto& [name, line] : quantize_types()) words += " " + name;
  }
  if (verb.get_name() == "plan") {
    for (const KnownModel& model : known_models()) words += " " + model.name;
  }
  if (verb.get_name() == "completion") words = " bash zsh fish";
  return words.empty() ? words : words.substr(1);
}

std::string bash_script(const CLI::App& program) {
  std::string verbs, cases;
  for (const CLI::App* verb : verbs_of(program)) {
    verbs += (verbs.empty() ? "" : " ") + verb->get_name();
    cases += fmt::format("    {}) flags=\"{}\"; places=\"{}\" ;;\n", verb->get_name(),
                         words_of(*verb), places_of(*verb));
  }
  return fmt::format(
      "# bash completion of nybble; load it: eval \"$(nybble completion bash)\"\n"
      "_nybble() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} flags places\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"{} --help --version\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case ${{COMP_WORDS[1]}} in\n"
      "{}"
      "  esac\n"
      "  if [[ $word == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$flags\" -- \"$word\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -W \"$places\" -- \"$word\") $(compgen -f -- \"$word\"))\n"
      "  fi\n"
      "}}\n"
      "complete -o filenames -F _nybble nybble\n",
      verbs, cases);
}

// Single-quoted for a shell, without what _arguments or fish would interpret.
std::string quoted(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    if (c == '\'') {
      plain += "'\\''";
    } else if (c == '[' || c == ']' || c == ':') {
      plain += ' ';
    } else {
      plain += c;
    }
  }
  return plain;
}

std::string zsh_script(const CLI::App& program) {
  std::string verbs, cases;
  for (const CLI::App* verb : verbs_of(program)) {
    verbs += fmt::format("    '{}:{}'\n", verb->get_name(), quoted(verb->get_description()));
    cases += fmt::format("    {}) _arguments -S", verb->get_name());
    for (const Flag& flag : flags_of(*verb)) {
      for (const std::string& name : flag.names) {
        cases += fmt::format(" \\\n      '*{}[{}]{}'", name, quoted(flag.about),
                             flag.takes_value ? ":value:_files" : "");
      }
    }
    const std::string places = places_of(*verb);
    cases += places.empty() ? " \\\n      '*:file:_files' ;;\n"
                            : fmt::format(
                                  " \\\n      '*:argument:{{_alternative \"types:type:({})\" "
                                  "\"files:file:_files\"}}' ;;\n",
                                  places);
  }
  return fmt::format(
      "#compdef nybble\n"
      "# zsh completion of nybble; load it: nybble completion zsh >\"${{fpath[1]}}/_nybble\"\n"
      "_nybble() {{\n"
      "  local -a verbs=(\n"
      "{}"
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe 'verb' verbs\n"
      "    return\n"
      "  fi\n"
      "  local verb=$words[2]\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $verb in\n"
      "{}"
      "  esac\n"
      "}}\n"
      "if [ \"$funcstack[1]\" = \"_nybble\" ]; then _nybble \"$@\"; else compdef _nybble nybble; "
      "fi\n",
      verbs, cases);
}

std::string fish_script(const CLI::App& program) {
  std::string script = "# fish completion of nybble; load it: nybble completion fish | source\n";
  for (const CLI::App* verb : verbs_of(program)) {
    script += fmt::format("complete -c nybble -n __fish_use_subcommand -f -a {} -d '{}'\n",
                          verb->get_name(), quoted(verb->get_description()));
    const std::string when =
        fmt::format("complete -c nybble -n '__fish_seen_subcommand_from {}'", verb->get_name());
    for (const Flag& flag : flags_of(*verb)) {
      script += when;
      for (const std::string& name : flag.names) {
        const bool is_long = name.starts_with("--");
        // -o is fish's word for one dash and several letters.
        script += fmt::format(" {} {}",
                              is_long            ? "-l"
                              : name.size() == 2 ? "-s"
                                                 : "-o",
                              name.substr(is_long ? 2 : 1));
      }
      script += fmt::format("{} -d '{}'\n", flag.takes_value ? " -r" : "", quoted(flag.about));
    }
    const std::string places = places_of(*verb);
    if (!places.empty()) script += fmt::format("{} -a '{}'\n", when, places);
  }
  return script;
}

}  // namespace

void add_completion(CLI::App& program) {
  auto shell = std::make_shared<std::string>();
  CLI::App* verb = program.add_subcommand("completion", "Completion for bash, zsh or fish");
  verb->add_option("SHELL", *shell, "bash, zsh or fish")->type_name("")->required();
  verb->footer("Example:\n  eval \"$(nybble completion bash)\"");
  verb->callback([shell, &program] {
    if (*shell == "bash") {
      fmt::print("{}", bash_script(program));
    } else if (*shell == "zsh") {
      fmt::print("{}", zsh_script(program));
    } else if (*shell == "fish") {
      fmt::print("{}", fish_script(program));
    } else {
      throw Error(ErrorKind::invalid_input,
                  fmt::format("completion: expected bash, zsh or fish, found '{}'", *shell));
    }
  });
}

}  // namespace nybble::cli
