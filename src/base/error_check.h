// For tests: what an action throws.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "nybble/error.h"

namespace nybble {

// Expects an Error of this kind whose sentence matches.
inline void expect_error(const std::function<void()>& action, ErrorKind kind,
                         const testing::Matcher<std::string>& sentence) {
  try {
    action();
    ADD_FAILURE() << "expected an error, nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_THAT(std::string(error.what()), sentence);
  }
}

}  // namespace nybble
