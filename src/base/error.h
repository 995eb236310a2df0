// Throwing Error with a formatted sentence.
#pragma once

#include <fmt/format.h>

#include <utility>

#include "nybble/error.h"

namespace nybble {

template <class... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> sentence, Args&&... args) {
  throw Error(kind, fmt::format(sentence, std::forward<Args>(args)...));
}

}  // namespace nybble
