# Arrow C++. A system-wide one is taken where it exists; else the one inside the Python wheel that
# `./dev setup` put under build/deps.
find_package(Arrow CONFIG QUIET)
if(TARGET Arrow::arrow_shared)
  set(ArrowCpp_LIBRARY Arrow::arrow_shared)
  if(NOT TARGET ArrowCpp::Arrow)
    add_library(ArrowCpp::Arrow ALIAS Arrow::arrow_shared)
  endif()
else()
  set(_pinned "${PROJECT_SOURCE_DIR}/build/deps/pyarrow")
  find_path(ArrowCpp_INCLUDE_DIR arrow/api.h PATHS "${_pinned}/include" NO_DEFAULT_PATH)
  find_file(ArrowCpp_LIBRARY libarrow.so.2600 PATHS "${_pinned}/lib" NO_DEFAULT_PATH)
  set(ArrowCpp_BUNDLE "${ArrowCpp_LIBRARY}")  # installed beside its user
  if(ArrowCpp_INCLUDE_DIR AND ArrowCpp_LIBRARY AND NOT TARGET ArrowCpp::Arrow)
    add_library(ArrowCpp::Arrow SHARED IMPORTED)
    set_target_properties(ArrowCpp::Arrow PROPERTIES
      IMPORTED_LOCATION "${ArrowCpp_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${ArrowCpp_INCLUDE_DIR}"
      INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${ArrowCpp_INCLUDE_DIR}")
  endif()
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ArrowCpp REQUIRED_VARS ArrowCpp_LIBRARY
  REASON_FAILURE_MESSAGE "run ./dev setup, which fetches the pinned one")
