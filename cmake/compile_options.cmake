# Flags that every target shares. No -march here: code for one ISA level stands in src/cpu/<isa>/ (decision 11).
add_library(nybble_options INTERFACE)
target_compile_options(nybble_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -ffp-contract=off
  -fno-math-errno  # nobody asks errno for a root's error, and loops with roots become vectors
  -fPIC)  # for libraries and programs alike, so that they can share a precompiled header
target_include_directories(nybble_options INTERFACE
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(nybble_options INTERFACE -fpch-preprocess)
  # GCC 12 finds false positives of these in inlined library code.
  target_compile_options(nybble_options INTERFACE -Wno-array-bounds -Wno-stringop-overflow
    -Wno-maybe-uninitialized -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # GCC 12's own std::stable_sort calls a function that it marks as deprecated.
  target_compile_options(nybble_options INTERFACE -Wno-deprecated-declarations)
endif()
if(NYBBLE_SANITIZE)
  # Without what asks the same as the sanitizer of addresses, a seventh of the time that GCC takes.
  set(sanitize -fsanitize=address,undefined -fno-sanitize=null,vptr,object-size -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_compile_options(nybble_options INTERFACE ${sanitize})
  target_link_options(nybble_options INTERFACE ${sanitize})
  # Unoptimized sanitized code is too slow for tests that run a model; full debug information doubles the time to
  # compile, and lines are what a sanitizer's report needs.
  add_compile_options(-O1 -g1)
  # Tests and the command line, which take longer to optimize than to run. The libraries do not: src/text, src/api and
  # the like at -O0 gave back in tests what they saved in the build.
  set(NYBBLE_COLD_OPTIONS -O0)
  target_compile_definitions(nybble_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(NYBBLE_FUZZ)
  target_compile_options(nybble_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
