#include "files/shard_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/shard_plan.h"

namespace nybble::files {

TEST(shard_name, reads_and_writes_names_of_shards) {
  const auto name = parse_shard_name("a-b-00002-of-00010.gguf");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->prefix, "a-b");
  EXPECT_EQ(name->extension, ".gguf");
  EXPECT_EQ(name->number, 2);
  EXPECT_EQ(name->count, 10);
  EXPECT_EQ(name->with_number(7), "a-b-00007-of-00010.gguf");
}

TEST(shard_name, leaves_other_names_alone) {
  for (const char* name :
       {"", "a.gguf", "-00001-of-00002.gguf", "a-00001-of-00002", "a-0001-of-00002.gguf",
        "a-00000-of-00002.gguf", "a-00003-of-00002.gguf", "a_00001-of-00002.gguf",
        "a-0000x-of-00002.gguf", "a-00001-of-000020.gguf"}) {
    EXPECT_FALSE(parse_shard_name(name)) << name;
  }
}

TEST(shard_plan, starts_a_shard_where_the_next_tensor_would_exceed_it) {
  const auto plan = [](std::vector<std::uint64_t> sizes, std::uint64_t max) {
    return plan_shards(sizes, max);
  };
  using testing::ElementsAre;
  EXPECT_THAT(plan({5, 5, 1, 20, 1}, 10), ElementsAre(0, 0, 1, 2, 3));
  EXPECT_THAT(plan({5, 5, 1}, 0), ElementsAre(0, 0, 0));
  EXPECT_THAT(plan({0, 0, 11, 0, 1}, 10), ElementsAre(0, 0, 0, 1, 1));
  EXPECT_TRUE(plan({}, 10).empty());
}

}  // namespace nybble::files
