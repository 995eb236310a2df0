#include "formats/registry.h"

#include <gtest/gtest.h>

namespace nybble::formats {

TEST(registry, finds_formats_by_name_and_number) {
  EXPECT_EQ(find_by_name("q8_0"), id_of<Q8_0>());
  EXPECT_EQ(find_by_gguf_type(8), id_of<Q8_0>());
  EXPECT_EQ(info(id_of<Q8_0>()).name, "Q8_0");
  EXPECT_FALSE(find_by_name("Q9_9"));
  EXPECT_FALSE(find_by_gguf_type(4000000000u));
}

}  // namespace nybble::formats
