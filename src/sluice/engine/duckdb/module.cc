#include "sluice/engine/module.h"

#include "sluice/engine/duckdb/duckdb.h"

extern "C" const sluice::engine::Module* sluice_engine_module() {
  using namespace sluice::engine;
  static const Module module{
      .build_id = SLUICE_BUILD_ID, .engine_name = "duckdb", .make = make_duckdb_engine};
  return &module;
}
