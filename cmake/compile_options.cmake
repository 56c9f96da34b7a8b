# Compile options as functions on targets: nothing is set globally.

find_program(TPRETRAIN_CCACHE ccache)
if(TPRETRAIN_CCACHE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TPRETRAIN_CCACHE})
endif()
find_program(TPRETRAIN_MOLD mold)
find_package(Threads REQUIRED)

# Warnings that g++ gives falsely: -Wrestrict at `"text" + std::string` (12, GCC bug 105651), the
# other two at std::vector<bool> in LibTorch's headers (13).
set(TPRETRAIN_NO_WARNINGS)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND TPRETRAIN_NO_WARNINGS -Wno-restrict)
  if(CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    list(APPEND TPRETRAIN_NO_WARNINGS -Wno-array-bounds -Wno-stringop-overflow)
  endif()
endif()

function(tpretrain_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF)
  # Assertions name files from the root of the project: objects do not depend on where it lies.
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wno-unused-parameter
                         -Wno-missing-field-initializers ${TPRETRAIN_NO_WARNINGS}
                         -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=
                         $<$<BOOL:${TPRETRAIN_WERROR}>:-Werror>)
  if(TPRETRAIN_FAILPOINTS)
    target_compile_definitions(${target} PRIVATE TPRETRAIN_FAILPOINTS)
  endif()
  if(TPRETRAIN_SANITIZERS)
    list(JOIN TPRETRAIN_SANITIZERS "," sanitizers)
    target_compile_options(${target} PRIVATE -fsanitize=${sanitizers} -fno-omit-frame-pointer)
    target_compile_definitions(${target} PRIVATE TPRETRAIN_SANITIZED)
    target_link_options(${target} PUBLIC -fsanitize=${sanitizers})
  endif()
  if(TPRETRAIN_MOLD)
    target_link_options(${target} PRIVATE -fuse-ld=mold)
  endif()
endfunction()
