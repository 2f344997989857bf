# One folder, one target, only its allowed dependencies:
#
#   sluice_module(plan DEPS schema)                  src/sluice/plan/*.cc -> library sluice_plan, tests sluice_plan_test
#   sluice_module(engine/duckdb DEPS engine LIBS DuckDB::DuckDB)
#
# A main.cc is left to the program, *_fuzz.cc to SluiceFuzz.cmake. Files named *_test.cc become the folder's
# test program. A folder's own subfolders are its own modules.
# DEPS are folders of ours, LIBS are foreign targets; both are seen by whoever links this folder. TEST_LABELS
# service:spark starts that server around the folder's tests, long keeps them out of the short run. APART keeps
# a folder out of libsluice.so: an engine, the command line, a suite of tests.

include(SluiceBuildId)

function(sluice_target_name out folder)
  string(REPLACE "/" "_" name "${folder}")
  set(${out} "sluice_${name}" PARENT_SCOPE)
endfunction()

function(sluice_module folder)
  cmake_parse_arguments(arg "APART" "" "DEPS;LIBS;TEST_DEPS;TEST_LIBS;TEST_LABELS" ${ARGN})
  set(directory "${PROJECT_SOURCE_DIR}/src/sluice/${folder}")
  sluice_target_name(target "${folder}")
  file(GLOB sources CONFIGURE_DEPENDS "${directory}/*.cc")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|/main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  if(sources)
    add_library(${target} STATIC ${sources})
    sluice_compile_options(${target} product)
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} "${PROJECT_SOURCE_DIR}/src")
  foreach(dependency IN LISTS arg_DEPS)
    sluice_target_name(dependency_target "${dependency}")
    target_link_libraries(${target} ${scope} ${dependency_target})
  endforeach()
  target_link_libraries(${target} ${scope} ${arg_LIBS})
  if(NOT arg_APART)
    set_property(GLOBAL APPEND PROPERTY SLUICE_FOLDERS "${folder}")
  endif()
  set_target_properties(${target} PROPERTIES SLUICE_DEPS "${arg_DEPS}" SLUICE_LIBS "${arg_LIBS}")

  if(EXISTS "${directory}/module.cc")
    sluice_stamp("${folder}/module.cc")
  endif()

  if(SLUICE_TESTS AND tests)
    sluice_unit_test(${target}_test SOURCES ${tests} LIBS ${target} ${arg_TEST_LIBS})
    foreach(dependency IN LISTS arg_TEST_DEPS)
      sluice_target_name(dependency_target "${dependency}")
      target_link_libraries(${target}_test PRIVATE ${dependency_target})
    endforeach()
    set_tests_properties(${target}_test PROPERTIES LABELS "${arg_TEST_LABELS}")
  endif()
endfunction()

# A GoogleTest program, run as one test; its cases are counted from the report that it writes.
function(sluice_unit_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  sluice_compile_options(${name} test)
  target_link_libraries(${name} PRIVATE ${arg_LIBS} GTest::gmock_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/test")
  add_test(NAME ${name} COMMAND ${name} "--gtest_output=xml:${CMAKE_BINARY_DIR}/report/${name}.xml")
  set_tests_properties(${name} PROPERTIES
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" ENVIRONMENT "${SLUICE_TEST_ENVIRONMENT}")
endfunction()

set(SLUICE_TEST_ENVIRONMENT
  "ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1"
  "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/test/lsan.supp:print_suppressions=0"
  "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/test/tsan.supp:halt_on_error=1"
  "UBSAN_OPTIONS=print_stacktrace=1")
