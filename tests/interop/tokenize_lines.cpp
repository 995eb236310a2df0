// Development program of tests/interop/tokenizer_ids.py: tokenize_lines MODEL [--plain | --speed |
// --write-hf FOLDER]. Prints the ids of each line of standard input, one line each; --plain takes
// control tokens as text. --speed tells how long the whole input takes at once. --write-hf writes
// tokenizer.json and tokenizer_config.json instead.
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>

#include "files/checkpoint.h"
#include "nybble/error.h"
#include "text/tokenizer.h"

namespace {

using nybble::text::Tokenizer;

void print_lines(const Tokenizer& tokenizer, bool plain) {
  for (std::string line; std::getline(std::cin, line);) {
    const char* gap = "";
    for (const auto id : tokenizer.encode(line, {.add_special = false, .parse_special = !plain})) {
      std::cout << std::exchange(gap, " ") << id;
    }
    std::cout << '\n';
  }
}

void print_speed(const Tokenizer& tokenizer) {
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  const auto begin = std::chrono::steady_clock::now();
  const auto ids = tokenizer.encode(text);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::cout << text.size() << " bytes, " << ids.size() << " tokens, " << seconds.count() << " s, "
            << static_cast<double>(text.size()) / 1e6 / seconds.count() << " MB/s\n";
}

void write_hf(const Tokenizer& tokenizer, const std::string& folder) {
  for (const auto& [name, text] : write_hf_tokenizer(tokenizer, ""))
    std::ofstream(folder + "/" + name) << text;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string option = argc > 2 ? argv[2] : "";
    if (argc < 2 || (option == "--write-hf" && argc < 4)) {
      std::cerr << "usage: tokenize_lines MODEL [--plain | --speed | --write-hf FOLDER] < TEXT\n";
      return 1;
    }
    const Tokenizer tokenizer =
        nybble::text::load_tokenizer(nybble::files::open_checkpoint(argv[1]));
    if (option == "--speed") {
      print_speed(tokenizer);
    } else if (option == "--write-hf") {
      write_hf(tokenizer, argv[3]);
    } else {
      print_lines(tokenizer, option == "--plain");
    }
    return 0;
  } catch (const nybble::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
