# `cmake --install` and find_package(sluice CONFIG): the CMake package and the licences. Targets and headers
# are installed where they are declared (SluiceShared.cmake).

include(CMakePackageConfigHelpers)
set(SLUICE_PACKAGE_DIRECTORY "${CMAKE_INSTALL_LIBDIR}/cmake/sluice")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/sluiceConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/sluiceConfig.cmake" INSTALL_DESTINATION "${SLUICE_PACKAGE_DIRECTORY}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/sluiceConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/sluiceConfig.cmake" "${PROJECT_BINARY_DIR}/sluiceConfigVersion.cmake"
  DESTINATION "${SLUICE_PACKAGE_DIRECTORY}")
install(EXPORT sluiceTargets NAMESPACE sluice:: DESTINATION "${SLUICE_PACKAGE_DIRECTORY}")

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
if(TARGET sluice_duckdb AND DuckDB_SOURCE STREQUAL "pinned")
  install(FILES "${DuckDB_INCLUDE_DIR}/../LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}" RENAME LICENSE.duckdb)
endif()
