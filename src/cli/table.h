// A table of text with aligned columns.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace nybble::cli {

class Table {
 public:
  // One column per title; a title that begins with '>' is aligned to the right (the sign is not
  // shown).
  explicit Table(std::vector<std::string> titles);
  // As many cells as titles.
  void add(std::vector<std::string> cells);
  void print(std::FILE* stream, int indent = 0) const;

 private:
  std::vector<std::string> titles_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace nybble::cli
