#include "cpu/choose_kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nybble/error.h"

namespace nybble::cpu {

TEST(choose_kernels, gives_the_level_that_was_asked_for) {
  for (const Kernels* kernels : runnable_kernels())
    EXPECT_EQ(&choose_kernels(kernels->name), kernels);
  EXPECT_STREQ(runnable_kernels().back()->name, "scalar");
}

TEST(choose_kernels, refuses_an_unknown_level) {
  try {
    choose_kernels("sse9");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_input);
    EXPECT_THAT(error.what(),
                testing::HasSubstr("'sse9', expected scalar, avx2, avx512 or avx512vnni"));
  }
}

}  // namespace nybble::cpu
