// For tests: suites of GoogleTest over the formats of the list that satisfy a condition.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <type_traits>

#include "formats/all.h"

namespace nybble::formats {

// The formats of a list that keep<F> wants, as the type list of a test suite.
template <class... Fs>
::testing::Types<Fs...> as_types(std::tuple<Fs...>);
template <auto keep, class... Fs>
auto selected(FormatList<Fs...>) {
  return std::tuple_cat(
      std::conditional_t<keep.template operator()<Fs>(), std::tuple<Fs>, std::tuple<>>{}...);
}
template <auto keep>
using Selected = decltype(as_types(selected<keep>(AllFormats{})));

struct FormatName {
  template <class F>
  static std::string GetName(int) {
    return std::string(F::name);
  }
};

}  // namespace nybble::formats
