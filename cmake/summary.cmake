message(STATUS "tpretrain ${PROJECT_VERSION}: ${CMAKE_BUILD_TYPE}, tests ${TPRETRAIN_TESTS}, "
               "unity ${TPRETRAIN_UNITY}, failpoints ${TPRETRAIN_FAILPOINTS}, "
               "sanitizers '${TPRETRAIN_SANITIZERS}', ccache ${TPRETRAIN_CCACHE}")
