// nybble tokenize: ids and pieces of a text.
#include <fmt/format.h>

#include <memory>

#include "cli/json_report.h"
#include "cli/model_argument.h"
#include "cli/terminal.h"
#include "cli/text_file.h"
#include "cli/verbs.h"
#include "nybble/error.h"
#include "nybble/text.h"

namespace nybble::cli {
namespace {

struct TokenizeOptions {
  ModelArgument model;
  std::string text, file;
  CLI::Option* text_option = nullptr;
  bool ids = false, no_special = false, json = false;
};

// Control characters would break the lines of the listing.
std::string visible(std::string_view piece) {
  std::string text;
  for (const char c : piece) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      text += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += c;
    }
  }
  return text;
}

std::string chosen_text(TokenizeOptions& options) {
  // After -hf the only positional argument is the text.
  if (!options.model.hf_repo.empty() && !options.model.reference.empty() &&
      options.text_option->empty()) {
    return std::exchange(options.model.reference, "");
  }
  if (!options.text_option->empty()) return options.text;
  if (!options.file.empty()) return read_text(options.file);
  if (is_terminal(stdin)) {
    throw Error(ErrorKind::invalid_input,
                "tokenize: which text? Give TEXT, -f FILE or text on standard input");
  }
  return read_text("-");
}

void execute(TokenizeOptions& options) {
  const std::string text = chosen_text(options);
  const std::vector<TokenPiece> tokens =
      tokenize(find_model(options.model), {text}, !options.no_special).at(0);
  std::vector<std::int32_t> ids;
  for (const TokenPiece& token : tokens) ids.push_back(token.id);
  if (options.json) {
    Json pieces = Json::array();
    for (const TokenPiece& token : tokens)
      pieces.push_back({{"id", token.id}, {"piece", token.piece}});
    print_json({{"count", ids.size()}, {"ids", ids}, {"tokens", pieces}});
  } else if (options.ids) {
    fmt::print("{}\n", fmt::join(ids, " "));
  } else {
    for (const TokenPiece& token : tokens) fmt::print("{:6}  {}\n", token.id, visible(token.piece));
  }
}

}  // namespace

void add_tokenize(CLI::App& program) {
  auto options = std::make_shared<TokenizeOptions>();
  CLI::App* verb = program.add_subcommand("tokenize", "Ids and pieces of a text");
  add_model_argument(*verb, options->model);
  options->text_option = verb->add_option("TEXT,-p,--prompt", options->text,
                                          "The text; without it and -f: standard input")
                             ->type_name("");
  verb->add_option("-f,--file", options->file, "A file that holds the text")
      ->type_name("FILE")
      ->excludes(options->text_option);
  verb->add_flag("--ids", options->ids, "Only the ids, in one line");
  verb->add_flag("--no-special", options->no_special, "Neither BOS nor special tokens in the text");
  add_json_flag(*verb, options->json);
  verb->footer(
      "Examples:\n"
      "  nybble tokenize models/tale-6m \"Once upon a time\"\n"
      "  nybble tokenize models/tale-6m -f story.txt --ids");
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
