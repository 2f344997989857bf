# Extensions of the embedded engine that `./dev setup GROUP` puts below build/deps. Each is laid beside the
# engine's module, from where it is loaded by its path when it is needed; nothing links it.
#
#   sluice_extension(ducklake duckdb-ducklake)    lib/sluice/ducklake.duckdb_extension

function(sluice_extension name artifact)
  set(file "${PROJECT_SOURCE_DIR}/build/deps/${artifact}/${name}.duckdb_extension")
  if(NOT EXISTS "${file}")
    message(FATAL_ERROR "${name}.duckdb_extension is not there: deps/deps.toml says which ./dev setup GROUP brings ${artifact}")
  endif()
  file(MAKE_DIRECTORY "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/sluice")
  file(CREATE_LINK "${file}" "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/sluice/${name}.duckdb_extension" SYMBOLIC)
  install(FILES "${file}" DESTINATION "${SLUICE_ENGINE_DIRECTORY}")
endfunction()
