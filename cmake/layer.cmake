# A layer is one OBJECT library per folder of src/. `libtpretrain` is made of all of them; a test
# links just the layers it is about, so that a broken upper layer never stops a lower test.

# tpretrain_add_layer(NAME SOURCES file... [LINKS target...] [UNITY files])
# UNITY compiles that many files together where LibTorch's headers cost more than the files.
function(tpretrain_add_layer name)
  cmake_parse_arguments(arg "" "UNITY" "SOURCES;LINKS" ${ARGN})
  add_library(tpretrain_${name} OBJECT ${arg_SOURCES})
  tpretrain_compile_options(tpretrain_${name})
  target_include_directories(tpretrain_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_include_directories(tpretrain_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(tpretrain_${name} PUBLIC ${arg_LINKS})
  if(arg_UNITY)
    set_target_properties(tpretrain_${name} PROPERTIES
                          UNITY_BUILD ${TPRETRAIN_UNITY} UNITY_BUILD_BATCH_SIZE ${arg_UNITY})
  endif()
  set_property(GLOBAL APPEND PROPERTY TPRETRAIN_LAYERS tpretrain_${name})
endfunction()

# tpretrain_add_test(NAME SOURCES file... [LAYERS layer...] [LINKS target...] [LABELS label...]
#                    [TIMEOUT seconds] [UNITY])
# Without LAYERS the test links libtpretrain.
function(tpretrain_add_test name)
  cmake_parse_arguments(arg "UNITY" "TIMEOUT" "SOURCES;LAYERS;LINKS;LABELS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  tpretrain_compile_options(${name})
  # What is tested is optimised, the tests themselves little: that is a quarter of their build.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_include_directories(${name} PRIVATE
    ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE
    TP_SOURCE_DIR="${PROJECT_SOURCE_DIR}" TP_BINARY_DIR="${PROJECT_BINARY_DIR}")
  if(arg_LAYERS)
    foreach(layer IN LISTS arg_LAYERS)
      target_link_libraries(${name} PRIVATE tpretrain_${layer})
    endforeach()
  else()
    target_link_libraries(${name} PRIVATE tpretrain)
  endif()
  target_link_libraries(${name} PRIVATE ${arg_LINKS} GTest::gtest_main GTest::gmock)
  if(arg_UNITY)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ${TPRETRAIN_UNITY} UNITY_BUILD_BATCH_SIZE 8)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS fast)
  endif()
  # One entry a program: loading LibTorch for each of a thousand cases would take most of the time.
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()
