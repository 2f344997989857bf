# Gives a module.cc of src/sluice the macro SLUICE_BUILD_ID, by which an engine that is loaded on demand is told
# to belong to the program that loads it. Their C++ types are shared, so everything that shapes them counts:
# version, compiler, flags and the headers that both sides see. sluice_module() calls it for its folder.
function(sluice_stamp)
  file(GLOB headers CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/src/sluice/base/*.h" "${PROJECT_SOURCE_DIR}/src/sluice/schema/*.h"
    "${PROJECT_SOURCE_DIR}/src/sluice/plan/*.h" "${PROJECT_SOURCE_DIR}/src/sluice/engine/*.h")
  set(shape "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_BUILD_TYPE} ${CMAKE_CXX_FLAGS} ${SLUICE_SANITIZE}")
  foreach(header IN LISTS headers)
    file(SHA256 "${header}" digest)
    string(APPEND shape " ${digest}")
  endforeach()
  string(SHA256 id "${shape}")
  string(SUBSTRING "${id}" 0 16 id)
  set(id "${PROJECT_VERSION}+${id}")
  set_property(GLOBAL PROPERTY SLUICE_BUILD_ID "${id}")
  list(TRANSFORM ARGN PREPEND "${PROJECT_SOURCE_DIR}/src/sluice/" OUTPUT_VARIABLE files)
  set_source_files_properties(${files} PROPERTIES COMPILE_DEFINITIONS "SLUICE_BUILD_ID=\"${id}\"")
endfunction()
