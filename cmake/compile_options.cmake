# Compile options as functions on targets: nothing is set globally.

find_program(TPRETRAIN_CCACHE ccache)
if(TPRETRAIN_CCACHE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TPRETRAIN_CCACHE})
endif()
find_program(TPRETRAIN_MOLD mold)
find_package(Threads REQUIRED)

function(tpretrain_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF)
  # -Wrestrict: g++ 12 warns falsely at `"text" + std::string` (GCC bug 105651).
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wno-unused-parameter
                         -Wno-missing-field-initializers $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
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
