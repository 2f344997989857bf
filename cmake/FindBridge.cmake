# The Rust side (bridge/), which `./dev setup` and `./dev build` make with cargo where Rust is new enough:
# Bridge::Delta and Bridge::Template, or Bridge_FOUND false. Libraries of other sources than these are not taken.
set(Bridge_ROOT "${PROJECT_SOURCE_DIR}/build/deps/bridge")
find_program(Bridge_PYTHON python3 REQUIRED)
execute_process(COMMAND "${Bridge_PYTHON}" "${PROJECT_SOURCE_DIR}/tools/dev/deps/bridge.py"
  OUTPUT_VARIABLE Bridge_KEY OUTPUT_STRIP_TRAILING_WHITESPACE)
foreach(_part Delta Template)
  string(TOLOWER "${_part}" _name)
  set(Bridge_${_part}_LIBRARY "")
  if(EXISTS "${Bridge_ROOT}/${Bridge_KEY}/libsluice_bridge_${_name}.a")
    set(Bridge_${_part}_LIBRARY "${Bridge_ROOT}/${Bridge_KEY}/libsluice_bridge_${_name}.a")
  endif()
endforeach()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Bridge REQUIRED_VARS Bridge_Delta_LIBRARY Bridge_Template_LIBRARY)
foreach(_part Delta Template)
  if(Bridge_FOUND AND NOT TARGET Bridge::${_part})
    add_library(Bridge::${_part} STATIC IMPORTED)
    set_target_properties(Bridge::${_part} PROPERTIES
      IMPORTED_LOCATION "${Bridge_${_part}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${PROJECT_SOURCE_DIR}/bridge/include"
      INTERFACE_LINK_LIBRARIES "${CMAKE_DL_LIBS};m;pthread")
  endif()
endforeach()
