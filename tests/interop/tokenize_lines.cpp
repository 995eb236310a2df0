// Prints the ids of each line of standard input, one line each: tokenize_lines MODEL. For
// tests/interop/tokenizers.py. With --speed it prints how long the whole input takes at once
// instead.
#include <chrono>
#include <iostream>
#include <iterator>
#include <string>

#include "files/checkpoint.h"
#include "nybble/error.h"
#include "text/tokenizer.h"

namespace {

int run(const std::string& model, bool speed) {
  const auto tokenizer = nybble::text::load_tokenizer(nybble::files::open_checkpoint(model));
  if (speed) {
    const std::string text(std::istreambuf_iterator<char>(std::cin), {});
    const auto begin = std::chrono::steady_clock::now();
    const auto ids = tokenizer.encode(text);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::cout << text.size() << " bytes, " << ids.size() << " tokens, " << seconds.count() << " s, "
              << static_cast<double>(text.size()) / 1e6 / seconds.count() << " MB/s\n";
    return 0;
  }
  for (std::string line; std::getline(std::cin, line);) {
    const char* gap = "";
    for (const auto id : tokenizer.encode(line, {.add_special = false}))
      std::cout << std::exchange(gap, " ") << id;
    std::cout << '\n';
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc >= 2) return run(argv[1], argc > 2 && std::string_view(argv[2]) == "--speed");
    std::cerr << "usage: tokenize_lines MODEL [--speed] < TEXT\n";
  } catch (const nybble::Error& error) {
    std::cerr << error.what() << '\n';
  }
  return 1;
}
