# libtpretrain (all layers but the program), the program, and their export.
include(CMakePackageConfigHelpers)

get_property(layers GLOBAL PROPERTY TPRETRAIN_LAYERS)
list(REMOVE_ITEM layers tpretrain_cli)

add_library(tpretrain SHARED)
add_library(tpretrain::tpretrain ALIAS tpretrain)
tpretrain_compile_options(tpretrain)
foreach(layer IN LISTS layers)
  target_sources(tpretrain PRIVATE $<TARGET_OBJECTS:${layer}>)
endforeach()
# The place of generated headers is part of the exported build tree, so it must exist.
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include)
target_include_directories(tpretrain PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(tpretrain PUBLIC LibTorch::cpu
  PRIVATE $<BUILD_INTERFACE:yaml-cpp::yaml-cpp> $<BUILD_INTERFACE:fmt::fmt>
          $<BUILD_INTERFACE:spdlog::spdlog> ${TPRETRAIN_ZSTD_LIBRARY} ${TPRETRAIN_UTF8PROC_LIBRARY}
          ${TPRETRAIN_SENTENCEPIECE_LIBRARY} ${TPRETRAIN_TURBOJPEG_LIBRARY} ${TPRETRAIN_WEBP_LIBRARY}
          $<BUILD_INTERFACE:PNG::PNG> $<BUILD_INTERFACE:ZLIB::ZLIB> $<BUILD_INTERFACE:LibTorch::openmp> ${CMAKE_DL_LIBS})
set_target_properties(tpretrain PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0
                      INSTALL_RPATH "$ORIGIN")

if(TARGET tpretrain_cli)
add_executable(tpretrain_program $<TARGET_OBJECTS:tpretrain_cli>)
tpretrain_compile_options(tpretrain_program)
target_link_libraries(tpretrain_program PRIVATE tpretrain)
set_target_properties(tpretrain_program PROPERTIES OUTPUT_NAME tpretrain
                      INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
install(TARGETS tpretrain_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

install(TARGETS tpretrain EXPORT tpretrainTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tpretrain)
install(EXPORT tpretrainTargets NAMESPACE tpretrain:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/tpretrainConfig.cmake.in
  ${PROJECT_BINARY_DIR}/tpretrainConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tpretrainConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tpretrainConfig.cmake
              ${PROJECT_BINARY_DIR}/tpretrainConfigVersion.cmake DESTINATION ${package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/cmake/libtorch.cmake DESTINATION ${package_dir})
export(EXPORT tpretrainTargets NAMESPACE tpretrain::
       FILE ${PROJECT_BINARY_DIR}/tpretrainTargets.cmake)
file(COPY ${PROJECT_SOURCE_DIR}/cmake/libtorch.cmake DESTINATION ${PROJECT_BINARY_DIR})
