// id_of and visit: from the list of types to run time.
#pragma once

#include <cassert>
#include <type_traits>
#include <utility>

#include "formats/all.h"
#include "formats/registry.h"

namespace nybble {
namespace formats {

template <class F, class... Fs>
constexpr int index_in(FormatList<Fs...>) {
  constexpr bool same[] = {std::is_same_v<F, Fs>...};
  for (int i = 0; i < static_cast<int>(sizeof...(Fs)); ++i) {
    if (same[i]) return i;
  }
  return -1;
}

// Calls visitor.template operator()<F>() for the format with this id.
template <class Visitor, class... Fs>
auto visit(FormatId id, Visitor&& visitor, FormatList<Fs...>) {
  using Result = decltype(visitor.template operator()<F32>());
  using Call = Result (*)(Visitor&);
  static constexpr Call calls[] = {
      [](Visitor& v) -> Result { return v.template operator()<Fs>(); }...};
  assert(static_cast<std::size_t>(id) < sizeof...(Fs));
  return calls[static_cast<std::size_t>(id)](visitor);
}

template <class Visitor>
auto visit(FormatId id, Visitor&& visitor) {
  return visit(id, visitor, AllFormats{});
}

}  // namespace formats

template <class F>
constexpr FormatId id_of() {
  constexpr int index = formats::index_in<F>(formats::AllFormats{});
  static_assert(index >= 0, "not in the list of formats/all.h");
  return static_cast<FormatId>(index);
}

}  // namespace nybble
