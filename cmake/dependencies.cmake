# Third-party packages as imported targets.

find_package(yaml-cpp REQUIRED)
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(ZLIB REQUIRED)
find_path(TPRETRAIN_ZSTD_INCLUDE zstd.h REQUIRED)
find_library(TPRETRAIN_ZSTD_LIBRARY zstd REQUIRED)
find_path(TPRETRAIN_UTF8PROC_INCLUDE utf8proc.h REQUIRED)
find_library(TPRETRAIN_UTF8PROC_LIBRARY utf8proc REQUIRED)
find_path(TPRETRAIN_XXHASH_INCLUDE xxhash.h REQUIRED)

include(libtorch)
