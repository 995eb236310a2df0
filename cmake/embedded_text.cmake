# nybble_embedded_text(target file function): compiles a text file into the target, as
# std::string_view nybble::<function>().
function(nybble_embedded_text target file function)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} bytes HEX)
  # As hexadecimal bytes: a text may hold whatever would end a literal or mean something to CMake.
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  set(source ${PROJECT_BINARY_DIR}/${function}.cpp)
  string(CONCAT text "// Made by cmake/embedded_text.cmake.\n#include <string_view>\n\nnamespace nybble {\nnamespace {\n\n"
                "constexpr unsigned char bytes[] = {${bytes}};\n\n}  // namespace\n\n"
                "std::string_view ${function}();\nstd::string_view ${function}() {\n"
                "  return {reinterpret_cast<const char*>(bytes), sizeof(bytes)};\n}\n\n}  // namespace nybble\n")
  file(CONFIGURE OUTPUT ${source} CONTENT "${text}" @ONLY)
  target_sources(${target} PRIVATE ${source})
  set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()
