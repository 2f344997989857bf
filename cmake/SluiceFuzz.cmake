# Fuzz targets: <folder>/<name>_fuzz.cc defines LLVMFuzzerTestOneInput.
#
#   sluice_fuzz_target(contract/source yaml LIBS sluice_contract_source)
#
# In the fuzz preset it becomes a libFuzzer program (./dev fuzz yaml). Everywhere else it becomes the test
# yaml_fuzz, which replays the committed corpus test/fuzz/corpus/yaml: what was found once stays mended.

function(sluice_fuzz_target folder name)
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  set(target ${name}_fuzz)
  set(source "${PROJECT_SOURCE_DIR}/src/sluice/${folder}/${name}_fuzz.cc")
  set(corpus "${PROJECT_SOURCE_DIR}/test/fuzz/corpus/${name}")
  if(NOT SLUICE_FUZZ AND NOT SLUICE_TESTS)
    return()
  endif()
  add_executable(${target} "${source}")
  sluice_compile_options(${target} product)
  target_link_libraries(${target} PRIVATE ${arg_LIBS})
  if(SLUICE_FUZZ)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
    return()
  endif()
  target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/test/fuzz/replay.cc")
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/test")
  add_test(NAME ${target} COMMAND ${target} "${corpus}")
  set_tests_properties(${target} PROPERTIES ENVIRONMENT "${SLUICE_TEST_ENVIRONMENT}")
endfunction()
