#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "cli/terminal.h"

namespace nybble::cli {

Table::Table(std::vector<std::string> titles) : titles_(std::move(titles)) {
  for (std::string& title : titles_) {
    right_.push_back(title.starts_with('>'));
    if (right_.back()) title.erase(0, 1);
  }
}

void Table::add(std::vector<std::string> cells) {
  assert(cells.size() == titles_.size());
  rows_.push_back(std::move(cells));
}

void Table::print(std::FILE* stream, int indent) const {
  std::vector<std::size_t> width(titles_.size());
  for (std::size_t i = 0; i < titles_.size(); ++i) {
    width[i] = titles_[i].size();
    for (const auto& row : rows_) width[i] = std::max(width[i], row[i].size());
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text(static_cast<std::size_t>(indent), ' ');
    for (std::size_t i = 0; i < cells.size(); ++i) {
      text += right_[i] ? fmt::format("{:>{}}", cells[i], width[i])
                        : fmt::format("{:<{}}", cells[i], width[i]);
      text += "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  };
  fmt::print(stream, "{}\n", dim(line(titles_), stream));
  for (const auto& row : rows_) fmt::print(stream, "{}\n", line(row));
}

}  // namespace nybble::cli
