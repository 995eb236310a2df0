# The libraries that all folders use, and one precompiled header of them and of standard headers for all targets.
target_link_libraries(nybble_options INTERFACE fmt::fmt nlohmann_json::nlohmann_json)

file(WRITE ${PROJECT_BINARY_DIR}/pch.cpp "")
add_library(nybble_pch OBJECT ${PROJECT_BINARY_DIR}/pch.cpp)
target_link_libraries(nybble_pch PUBLIC nybble_options)
target_precompile_headers(nybble_pch PRIVATE
  <algorithm> <array> <bit> <cmath> <cstddef> <cstdint> <cstring> <filesystem> <functional> <map> <memory>
  <optional> <span> <string> <string_view> <unordered_map> <utility> <vector> <fmt/format.h>
  <nlohmann/json.hpp>)
