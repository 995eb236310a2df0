// docs/formats/README.md against the list of formats.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "formats/registry.h"

namespace nybble::formats {

TEST(format_pages, index_has_a_true_row_for_every_format_in_the_order_of_the_list) {
  std::ifstream file("docs/formats/README.md");
  std::vector<std::string> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| [")) rows.push_back(line);
  }

  ASSERT_EQ(rows.size(), all().size());
  for (const FormatInfo& format : all()) {
    const std::string& row = rows[static_cast<std::size_t>(format.id)];
    const std::string type = format.gguf_type < 0 ? "-" : fmt::format("{}", format.gguf_type);
    EXPECT_THAT(row, testing::StartsWith(fmt::format("| [{}](", format.name)));
    EXPECT_THAT(row,
                testing::HasSubstr(fmt::format(") | {} | {} | {} | {} | ", format.bits_per_weight,
                                               format.block_len, format.block_bytes, type)));
  }
}

}  // namespace nybble::formats
