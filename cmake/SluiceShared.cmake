# What users link and run, made of the folders of src/sluice. Unit tests link the folders' own libraries.
#
#   sluice_shared_library()                                 lib/libsluice.so, target sluice, alias sluice::sluice:
#                                                           all folders declared before it that are not APART,
#                                                           or those of FOLDERS
#   sluice_engine_module(duckdb FOLDERS engine/duckdb       lib/sluice/libsluice_duckdb.so, sluice::duckdb,
#                        BUNDLE ${DuckDB_BUNDLE})           with pinned libraries beside it
#   sluice_program(sluice MAIN cli/main.cc FOLDERS cli)     bin/sluice, target sluice_program_sluice
#
# Each takes all objects of its folders; what it needs of other folders comes from libsluice.so, so there is
# one copy of everything in a process. An engine module may need a foreign library that libsluice.so must not
# name (DuckDB, Arrow, gRPC). Headers of the folders are installed, *_internal.h are not. The build tree has
# the shape of the installed one, so both run with the same relative search paths.

set(SLUICE_EXPORTS "${PROJECT_SOURCE_DIR}/cmake/exports.map")
set(SLUICE_ENGINE_DIRECTORY "${CMAKE_INSTALL_LIBDIR}/sluice")

# Foreign targets of some folders and of all that they need.
function(sluice_foreign_libraries out)
  set(waiting ${ARGN})
  set(seen "")
  set(libraries "")
  while(waiting)
    list(POP_FRONT waiting folder)
    if(NOT folder IN_LIST seen)
      list(APPEND seen "${folder}")
      sluice_target_name(target "${folder}")
      get_target_property(own ${target} SLUICE_LIBS)
      get_target_property(needed ${target} SLUICE_DEPS)
      list(APPEND libraries ${own})
      list(APPEND waiting ${needed})
    endif()
  endwhile()
  list(REMOVE_DUPLICATES libraries)
  set(${out} ${libraries} PARENT_SCOPE)
endfunction()

# Adds a target's objects and foreign libraries from its folders.
function(sluice_add_folders target)
  foreach(folder IN LISTS ARGN)
    sluice_target_name(library "${folder}")
    get_target_property(type ${library} TYPE)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:${library}>)
    endif()
  endforeach()
  sluice_foreign_libraries(foreign ${ARGN})
  foreach(library IN LISTS foreign)
    # Whoever links the installed library needs none of these.
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${library}>)
  endforeach()
endfunction()

function(sluice_install_headers)
  foreach(folder IN LISTS ARGN)
    file(GLOB headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/sluice/${folder}/*.h")
    list(FILTER headers EXCLUDE REGEX "_internal\\.h$")
    install(FILES ${headers} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/sluice/${folder}")
  endforeach()
endfunction()

# Where a target finds its libraries, relative to itself.
function(sluice_set_search_path target)
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "${ARGN}")
  if(CMAKE_INSTALL_LIBDIR STREQUAL "lib")
    set_target_properties(${target} PROPERTIES BUILD_WITH_INSTALL_RPATH ON)
  endif()
endfunction()

function(sluice_link_shared target)
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX LINK_DEPENDS "${SLUICE_EXPORTS}")
  target_link_options(${target} PRIVATE "-Wl,--version-script=${SLUICE_EXPORTS}")
  if(NOT (SLUICE_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang"))
    # Clang leaves the sanitizers' names to the executable.
    target_link_options(${target} PRIVATE -Wl,--no-undefined)
  endif()
endfunction()

function(sluice_shared_library)
  cmake_parse_arguments(arg "" "" "FOLDERS" ${ARGN})
  if(NOT arg_FOLDERS)
    get_property(arg_FOLDERS GLOBAL PROPERTY SLUICE_FOLDERS)
  endif()
  foreach(folder IN LISTS arg_FOLDERS)
    sluice_target_name(target "${folder}")
    get_target_property(needed ${target} SLUICE_DEPS)
    foreach(dependency IN LISTS needed)
      if(NOT dependency IN_LIST arg_FOLDERS)
        message(FATAL_ERROR "libsluice.so: '${folder}' needs '${dependency}', which is not part of it")
      endif()
    endforeach()
  endforeach()
  add_library(sluice SHARED)
  add_library(sluice::sluice ALIAS sluice)
  sluice_add_folders(sluice ${arg_FOLDERS})
  sluice_link_shared(sluice)
  target_compile_features(sluice INTERFACE cxx_std_23)
  target_include_directories(sluice INTERFACE
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  set_target_properties(sluice PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  sluice_set_search_path(sluice "$ORIGIN")
  install(TARGETS sluice EXPORT sluiceTargets)
  sluice_install_headers(${arg_FOLDERS})
endfunction()

function(sluice_engine_module name)
  cmake_parse_arguments(arg "" "" "FOLDERS;BUNDLE" ${ARGN})
  set(target sluice_${name})
  add_library(${target} SHARED)
  add_library(sluice::${name} ALIAS ${target})
  sluice_add_folders(${target} ${arg_FOLDERS})
  target_link_libraries(${target} PUBLIC sluice)
  sluice_link_shared(${target})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/sluice")
  sluice_set_search_path(${target} "$ORIGIN;$ORIGIN/..")
  foreach(library IN LISTS arg_BUNDLE)
    get_filename_component(file "${library}" NAME)
    file(MAKE_DIRECTORY "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/sluice")
    file(CREATE_LINK "${library}" "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/sluice/${file}" SYMBOLIC)
    install(FILES "${library}" DESTINATION "${SLUICE_ENGINE_DIRECTORY}")
  endforeach()
  install(TARGETS ${target} EXPORT sluiceTargets LIBRARY DESTINATION "${SLUICE_ENGINE_DIRECTORY}")
  sluice_install_headers(${arg_FOLDERS})
endfunction()

function(sluice_program name)
  cmake_parse_arguments(arg "" "MAIN" "FOLDERS" ${ARGN})
  set(target sluice_program_${name})
  add_executable(${target} "${PROJECT_SOURCE_DIR}/src/sluice/${arg_MAIN}")
  sluice_compile_options(${target} product)
  sluice_add_folders(${target} ${arg_FOLDERS})
  target_link_libraries(${target} PRIVATE sluice)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name})
  sluice_set_search_path(${target} "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  install(TARGETS ${target})
endfunction()
