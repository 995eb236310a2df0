# nybble_folder(name USES folders... LINK libraries...): the library nybble_<name> made of src/<name>/*.cpp,
# its units of ISA levels (src/<name>/<isa>/*.cpp), and, with NYBBLE_TESTS, <name>_test made of *_test.cpp.
set(NYBBLE_AVX2_FLAGS -mavx2 -mfma -mf16c)
set(NYBBLE_AVX512_FLAGS -mavx512f -mavx512bw -mavx512vl -mavx512dq -mfma -mf16c)

function(nybble_folder name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;LINK")
  set(dir ${PROJECT_SOURCE_DIR}/src/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(TRANSFORM arg_USES PREPEND nybble_)

  if(sources)
    add_library(nybble_${name} STATIC ${sources})
    target_link_libraries(nybble_${name} PUBLIC nybble_options ${arg_USES} ${arg_LINK})
    target_precompile_headers(nybble_${name} REUSE_FROM nybble_pch)
    nybble_isa_units(${name})
  else()
    add_library(nybble_${name} INTERFACE)
    target_link_libraries(nybble_${name} INTERFACE nybble_options ${arg_USES} ${arg_LINK})
  endif()

  if(NYBBLE_TESTS AND tests)
    nybble_test(${name}_test nybble_${name} ${tests})
  endif()
endfunction()

# Units of one ISA level: own flags, hidden symbols, no precompiled header (trap 1 of docs/decisions/0004).
function(nybble_isa_units name)
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    return()
  endif()
  foreach(isa avx2 avx512)
    string(TOUPPER ${isa} upper)
    file(GLOB units CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/${isa}/*.cpp)
    if(units)
      set_source_files_properties(${units} PROPERTIES SKIP_PRECOMPILE_HEADERS ON
        COMPILE_OPTIONS "${NYBBLE_${upper}_FLAGS};-fvisibility=hidden;-O3")
      target_sources(nybble_${name} PRIVATE ${units})
    endif()
  endforeach()
endfunction()

# A GoogleTest program; it runs in the root of the source tree, so tests name files relative to it.
function(nybble_test test library)
  find_package(GTest REQUIRED)
  add_executable(${test} ${ARGN})
  target_link_libraries(${test} PRIVATE ${library} GTest::gmock GTest::gtest_main)
  if(NOT TARGET nybble_test_pch)
    add_library(nybble_test_pch OBJECT ${PROJECT_BINARY_DIR}/pch.cpp)
    target_link_libraries(nybble_test_pch PUBLIC nybble_options GTest::gmock)
    target_precompile_headers(nybble_test_pch PRIVATE <algorithm> <array> <cmath> <filesystem> <fstream>
      <memory> <span> <string> <vector> <fmt/format.h> <nlohmann/json.hpp> <gmock/gmock.h> <gtest/gtest.h>)
  endif()
  target_precompile_headers(${test} REUSE_FROM nybble_test_pch)
  add_test(NAME ${test} COMMAND ${test} --gtest_brief=1 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endfunction()
