# LibTorch::cpu (torch_cpu + c10) from ${TPRETRAIN_LIBTORCH}, a folder with include/ and lib/.
# Used by the build and installed for consumers. The package inside the wheel is not used: it sets
# global flags (docs/adr/0003-libtorch-wheel.md).

if(TARGET LibTorch::cpu)
  return()
endif()
if(NOT EXISTS ${TPRETRAIN_LIBTORCH}/lib/libtorch_cpu.so)
  message(FATAL_ERROR "LibTorch is not at ${TPRETRAIN_LIBTORCH}; run tools/setup, "
                      "or set TPRETRAIN_LIBTORCH to a folder with include/ and lib/")
endif()
add_library(LibTorch::c10 SHARED IMPORTED GLOBAL)
set_target_properties(LibTorch::c10 PROPERTIES IMPORTED_LOCATION ${TPRETRAIN_LIBTORCH}/lib/libc10.so)
add_library(LibTorch::cpu SHARED IMPORTED GLOBAL)
set_target_properties(LibTorch::cpu PROPERTIES
  IMPORTED_LOCATION ${TPRETRAIN_LIBTORCH}/lib/libtorch_cpu.so
  INTERFACE_LINK_LIBRARIES LibTorch::c10
  INTERFACE_COMPILE_DEFINITIONS "AT_PER_OPERATOR_HEADERS;USE_C10D_GLOO")
target_include_directories(LibTorch::cpu SYSTEM INTERFACE
  ${TPRETRAIN_LIBTORCH}/include ${TPRETRAIN_LIBTORCH}/include/torch/csrc/api/include)
# libtorch_cpu.so needs libcudart and libcupti even in a program that never touches a GPU. They are
# found at run time through the loader path or beside LibTorch (tools/setup puts them there).
target_link_options(LibTorch::cpu INTERFACE -Wl,--allow-shlib-undefined
                    -Wl,-rpath,${TPRETRAIN_LIBTORCH}/lib)

# OpenMP regions of our own run on LibTorch's copy of libgomp: a process must not hold two.
add_library(LibTorch::openmp INTERFACE IMPORTED GLOBAL)
target_compile_options(LibTorch::openmp INTERFACE -fopenmp)
target_link_libraries(LibTorch::openmp INTERFACE ${TPRETRAIN_LIBTORCH}/lib/libgomp.so.1)
