# DuckDB's C API. A system-wide DuckDB is taken when it is exactly the pinned version (its extensions must
# match); else the pinned one that `./dev setup` put under build/deps.
set(_pinned "${PROJECT_SOURCE_DIR}/build/deps")
find_package(DuckDB ${DuckDB_FIND_VERSION} EXACT CONFIG QUIET)
if(TARGET duckdb)
  set(DuckDB_LIBRARY duckdb)
  set(DuckDB_SOURCE "system")
  if(NOT TARGET DuckDB::DuckDB)
    add_library(DuckDB::DuckDB ALIAS duckdb)
  endif()
else()
  find_path(DuckDB_INCLUDE_DIR duckdb.h PATHS "${_pinned}/duckdb-header/include" NO_DEFAULT_PATH)
  find_library(DuckDB_LIBRARY duckdb PATHS "${_pinned}/duckdb/lib" NO_DEFAULT_PATH)
  set(DuckDB_SOURCE "pinned")
  set(DuckDB_BUNDLE "${DuckDB_LIBRARY}")  # installed beside its user
  if(DuckDB_INCLUDE_DIR AND DuckDB_LIBRARY AND NOT TARGET DuckDB::DuckDB)
    add_library(DuckDB::DuckDB SHARED IMPORTED)
    set_target_properties(DuckDB::DuckDB PROPERTIES
      IMPORTED_LOCATION "${DuckDB_LIBRARY}" IMPORTED_NO_SONAME TRUE
      INTERFACE_INCLUDE_DIRECTORIES "${DuckDB_INCLUDE_DIR}"
      INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${DuckDB_INCLUDE_DIR}")
  endif()
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DuckDB REQUIRED_VARS DuckDB_LIBRARY
  REASON_FAILURE_MESSAGE "run ./dev setup, which fetches the pinned one")
