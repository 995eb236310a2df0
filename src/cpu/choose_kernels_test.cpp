#include "cpu/choose_kernels.h"

#include <gtest/gtest.h>

#include <string_view>

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
    const std::string_view sentence = error.what();
    EXPECT_NE(sentence.find("'sse9', expected "), sentence.npos) << sentence;
    EXPECT_NE(sentence.find(" or scalar"), sentence.npos) << sentence;
  }
}

}  // namespace nybble::cpu
