# Tests that are no GoogleTest programs. Each is counted case by case from the report that it writes.
#
#   sluice_python_test(cli_run FILES test/cli/run_test.py)            unittest; SLUICE and SLUICE_BUILD are set
#   sluice_python_test(kill_loop FILES ... LABELS long TIMEOUT 3600)  runs under ./dev test --long only
#   sluice_python_test(spark_slice FILES ... LABELS service:spark)    ./dev test starts the server around it
#   sluice_skipped_test(sluice_engine_spark_test REASON "no Java")    counted as skipped, with its reason

find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)

# The Python modules of deps/deps.toml.
set(SLUICE_PYTHON_PATH "")
foreach(module IN ITEMS pyarrow duckdb polars deltalake arro3 deprecated wrapt)
  list(APPEND SLUICE_PYTHON_PATH "${PROJECT_SOURCE_DIR}/build/deps/${module}-module")
endforeach()
list(JOIN SLUICE_PYTHON_PATH ":" SLUICE_PYTHON_PATH)

function(sluice_python_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "FILES;LABELS;ENVIRONMENT" ${ARGN})
  set(files ${arg_FILES})
  list(TRANSFORM files PREPEND "${PROJECT_SOURCE_DIR}/")
  add_test(NAME ${name} COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tools/dev/python_tests.py"
    --report "${CMAKE_BINARY_DIR}/report/${name}.xml" ${files})
  set_tests_properties(${name} PROPERTIES
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" LABELS "${arg_LABELS}"
    ENVIRONMENT "SLUICE=${CMAKE_BINARY_DIR}/bin/sluice;SLUICE_BUILD=${CMAKE_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1;PYTHONPATH=${SLUICE_PYTHON_PATH};${SLUICE_TEST_ENVIRONMENT};${arg_ENVIRONMENT}")
  if(arg_TIMEOUT)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT})
  endif()
endfunction()

function(sluice_skipped_test name)
  cmake_parse_arguments(arg "" "REASON" "" ${ARGN})
  add_test(NAME ${name} COMMAND sh -c "echo \"$1\"; exit 77" skipped "${arg_REASON}")
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77)
endfunction()
