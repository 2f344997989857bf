# The Rust side (bridge/), which `./dev setup` and `./dev build` make with cargo where Rust is new enough:
# Bridge::Bridge, or Bridge_FOUND false. A library of other sources than these is not taken.
set(Bridge_ROOT "${PROJECT_SOURCE_DIR}/build/deps/bridge")
find_program(Bridge_PYTHON python3 REQUIRED)
execute_process(COMMAND "${Bridge_PYTHON}" "${PROJECT_SOURCE_DIR}/tools/dev/deps/bridge.py"
  OUTPUT_VARIABLE Bridge_KEY OUTPUT_STRIP_TRAILING_WHITESPACE)
set(Bridge_LIBRARY "")
if(EXISTS "${Bridge_ROOT}/${Bridge_KEY}/libsluice_bridge.a")
  set(Bridge_LIBRARY "${Bridge_ROOT}/${Bridge_KEY}/libsluice_bridge.a")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Bridge REQUIRED_VARS Bridge_LIBRARY)
if(Bridge_FOUND AND NOT TARGET Bridge::Bridge)
  add_library(Bridge::Bridge STATIC IMPORTED)
  set_target_properties(Bridge::Bridge PROPERTIES
    IMPORTED_LOCATION "${Bridge_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${PROJECT_SOURCE_DIR}/bridge/include"
    INTERFACE_LINK_LIBRARIES "${CMAKE_DL_LIBS};m;pthread")
endif()
