# Arrow C++ for the parts that need it, as Arrow::arrow and Arrow::parquet. A system-wide Arrow is taken when
# there is one; else the pinned one that `./dev setup spark` put under build/deps.
set(_arrow_pinned "${PROJECT_SOURCE_DIR}/build/deps/pyarrow")
find_package(Arrow ${Arrow_FIND_VERSION} CONFIG QUIET)
if(TARGET Arrow::arrow_shared)
  set(Arrow_SOURCE "system")
  set(Arrow_LIBRARY Arrow::arrow_shared)
  find_package(Parquet CONFIG QUIET)
  if(NOT TARGET Arrow::arrow)
    add_library(Arrow::arrow ALIAS Arrow::arrow_shared)
  endif()
  if(TARGET Parquet::parquet_shared AND NOT TARGET Arrow::parquet)
    add_library(Arrow::parquet ALIAS Parquet::parquet_shared)
  endif()
else()
  set(Arrow_SOURCE "pinned")
  find_path(Arrow_INCLUDE_DIR arrow/api.h PATHS "${_arrow_pinned}/include" NO_DEFAULT_PATH)
  foreach(_name arrow parquet)
    string(TOUPPER ${_name} _upper)
    file(GLOB _found "${_arrow_pinned}/lib/lib${_name}.so.*")
    set(Arrow_${_upper} "${_found}")
    if(Arrow_INCLUDE_DIR AND _found AND NOT TARGET Arrow::${_name})
      add_library(Arrow::${_name} SHARED IMPORTED)
      set_target_properties(Arrow::${_name} PROPERTIES
        IMPORTED_LOCATION "${_found}"
        INTERFACE_INCLUDE_DIRECTORIES "${Arrow_INCLUDE_DIR}"
        INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${Arrow_INCLUDE_DIR}")
    endif()
  endforeach()
  set(Arrow_LIBRARY "${Arrow_ARROW}")
  set(Arrow_BUNDLE "${Arrow_ARROW}")  # installed beside its user
  if(TARGET Arrow::parquet)
    target_link_libraries(Arrow::parquet INTERFACE Arrow::arrow)
  endif()
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Arrow REQUIRED_VARS Arrow_LIBRARY
  REASON_FAILURE_MESSAGE "run ./dev setup spark, which fetches the pinned one")
