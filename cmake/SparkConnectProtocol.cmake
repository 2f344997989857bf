# The Spark Connect protocol as one library, generated from the .proto files that `./dev setup` fetched. Compiled
# without sanitizers and without our warnings: it is generated code of others.
find_package(PkgConfig REQUIRED)
pkg_check_modules(GrpcCpp REQUIRED IMPORTED_TARGET grpc++ protobuf)
find_program(PROTOC protoc REQUIRED)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

set(_protos "${PROJECT_SOURCE_DIR}/build/deps/spark-connect-proto/proto")
set(_generated "${CMAKE_BINARY_DIR}/spark-connect")
set(_sources)
foreach(name base catalog commands common expressions ml ml_common pipelines relations types)
  set(_outputs "${_generated}/spark/connect/${name}.pb.cc" "${_generated}/spark/connect/${name}.pb.h")
  set(_grpc)
  if(name STREQUAL "base")
    list(APPEND _outputs "${_generated}/spark/connect/base.grpc.pb.cc" "${_generated}/spark/connect/base.grpc.pb.h")
    set(_grpc "--grpc_out=${_generated}" "--plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN}")
  endif()
  add_custom_command(OUTPUT ${_outputs}
    COMMAND ${PROTOC} -I "${_protos}" "--cpp_out=${_generated}" ${_grpc} "spark/connect/${name}.proto"
    DEPENDS "${_protos}/spark/connect/${name}.proto" VERBATIM
    COMMENT "Generating spark/connect/${name}")
  list(APPEND _sources ${_outputs})
endforeach()
file(MAKE_DIRECTORY "${_generated}")

add_library(sluice_spark_protocol STATIC ${_sources})
target_include_directories(sluice_spark_protocol SYSTEM PUBLIC "${_generated}")
target_link_libraries(sluice_spark_protocol PUBLIC PkgConfig::GrpcCpp)
target_compile_options(sluice_spark_protocol PRIVATE -O0 -g0 -w "-ffile-prefix-map=${CMAKE_BINARY_DIR}=build")
