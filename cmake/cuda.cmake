# CUDA where its toolkit is, and builds have no sanitizers, which do not see what runs on a GPU. The program needs no
# CUDA to start: its runtime is linked statically, cuBLAS is loaded when it is wanted.
option(NYBBLE_CUDA "Compile for NVIDIA GPUs, where nvcc 12 or newer is found" ON)

# NYBBLE_NVCC: the compiler, or false.
find_program(NYBBLE_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
if(NYBBLE_NVCC)
  execute_process(COMMAND ${NYBBLE_NVCC} --version OUTPUT_VARIABLE version)
  string(REGEX MATCH "release ([0-9]+)" version "${version}")
  if(CMAKE_MATCH_1 LESS 12)
    message("  skipped: ${NYBBLE_NVCC} is ${version}; C++20 needs 12 or newer, so nothing is compiled for CUDA")
    set(NYBBLE_NVCC FALSE)
  endif()
else()
  message("  skipped: no nvcc, so nothing is compiled for CUDA")
endif()

set(NYBBLE_HAS_CUDA FALSE)
if(NYBBLE_NVCC AND NYBBLE_CUDA AND NOT NYBBLE_SANITIZE)
  get_filename_component(cuda_root ${NYBBLE_NVCC} REALPATH)
  get_filename_component(cuda_root ${cuda_root}/../.. ABSOLUTE)
  find_path(NYBBLE_CUDA_INCLUDE cublas_v2.h PATHS ${cuda_root}/include ${cuda_root}/targets/x86_64-linux/include)
  find_library(NYBBLE_CUDART cudart_static PATHS ${cuda_root}/lib64 ${cuda_root}/targets/x86_64-linux/lib)
  if(NYBBLE_CUDA_INCLUDE AND NYBBLE_CUDART)
    set(NYBBLE_HAS_CUDA TRUE)
  else()
    message("  skipped: no header of cuBLAS or no libcudart_static.a in ${cuda_root}, so nothing runs on GPUs")
  endif()
endif()

# nybble_cuda_units(name): the units of src/<name>/cuda, or those of src/<name>/no_cuda in their place.
# Machine code for the A100 and newer and for the H100 and newer, and for what comes after them what its driver compiles.
function(nybble_cuda_units name)
  set(dir ${PROJECT_SOURCE_DIR}/src/${name})
  if(NOT NYBBLE_HAS_CUDA)
    file(GLOB units CONFIGURE_DEPENDS ${dir}/no_cuda/*.cpp)
    target_sources(nybble_${name} PRIVATE ${units})
    return()
  endif()
  file(GLOB units CONFIGURE_DEPENDS ${dir}/cuda/*.cpp)
  target_sources(nybble_${name} PRIVATE ${units})
  target_include_directories(nybble_${name} SYSTEM PRIVATE ${NYBBLE_CUDA_INCLUDE})
  target_link_libraries(nybble_${name} PRIVATE ${NYBBLE_CUDART} ${CMAKE_DL_LIBS} Threads::Threads rt)
  file(GLOB kernels CONFIGURE_DEPENDS ${dir}/cuda/*.cu)
  foreach(kernel ${kernels})
    get_filename_component(unit ${kernel} NAME_WE)
    set(object ${PROJECT_BINARY_DIR}/cuda/${name}/${unit}.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${NYBBLE_NVCC} -std=c++20 -O3 -Xcompiler -fPIC,-Wall,-Wextra -Werror all-warnings
              -gencode arch=compute_80,code=[compute_80,sm_80] -gencode arch=compute_90,code=[compute_90,sm_90]
              -I${PROJECT_SOURCE_DIR}/include -I${PROJECT_SOURCE_DIR}/src
              -MD -MF ${object}.d -MT ${object} -c -o ${object} ${kernel}
      DEPENDS ${kernel} DEPFILE ${object}.d COMMENT "Compiling ${name}/cuda/${unit}.cu for CUDA" VERBATIM)
    target_sources(nybble_${name} PRIVATE ${object})
    set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  endforeach()
endfunction()
