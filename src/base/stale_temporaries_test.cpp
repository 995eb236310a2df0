#include "base/stale_temporaries.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/temporary_folder.h"

namespace nybble {
namespace {

// The number of a process that has ended.
int ended_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

TEST(stale_temporaries, goes_what_a_process_that_ended_left) {
  const TemporaryFolder folder;
  const int ended = ended_process();
  for (const std::string& name :
       {fmt::format(".out.gguf.partial-{}", ended), fmt::format(".out.gguf.partial-{}-2", ended),
        fmt::format("..out.gguf.partial-{0}.statistics.partial-{0}", ended),
        fmt::format(".other.gguf.partial-{}", ended), fmt::format("out.gguf.partial-{}", ended),
        fmt::format(".out.gguf.partial-{}", ::getpid()), std::string(".out.gguf.partial-x"),
        std::string("out.gguf")}) {
    folder.make(name, "");
  }

  remove_stale_temporaries(folder.path(), [](std::string_view name) { return name == "out.gguf"; });

  EXPECT_EQ(folder.n_entries(), 5u);
  EXPECT_TRUE(std::filesystem::exists(folder / fmt::format(".out.gguf.partial-{}", ::getpid())));
  EXPECT_FALSE(std::filesystem::exists(folder / fmt::format(".out.gguf.partial-{}", ended)));
}

}  // namespace
}  // namespace nybble
