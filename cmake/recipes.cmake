# nybble_recipes(target): compiles the files of src/api/recipes into the target, as recipe_files() of
# src/quantize/recipe_file.h.
function(nybble_recipes target)
  file(GLOB recipes CONFIGURE_DEPENDS
       ${PROJECT_SOURCE_DIR}/src/api/recipes/*.recipe ${PROJECT_SOURCE_DIR}/src/api/recipes/*.table)
  set(entries "")
  foreach(recipe IN LISTS recipes)
    get_filename_component(name ${recipe} NAME)
    file(READ ${recipe} text)
    string(APPEND entries "    {\"${name}\", R\"data(${text})data\"},\n")
    set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${recipe})
  endforeach()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/recipe_data.cpp @ONLY CONTENT
"// Made by cmake/recipes.cmake from src/api/recipes.
#include \"quantize/recipe_file.h\"

namespace nybble::quantize {

std::span<const DataFile> recipe_files() {
  static constexpr DataFile files[] = {
@entries@  };
  return files;
}

}  // namespace nybble::quantize
")
  target_sources(${target} PRIVATE ${PROJECT_BINARY_DIR}/recipe_data.cpp)
endfunction()
