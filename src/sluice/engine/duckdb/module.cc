#include "sluice/engine/module.h"

#include "sluice/engine/duckdb/duckdb.h"

extern "C" const sluice::engine::Module* sluice_engine_module() {
  static const sluice::engine::Module module{.build_id = SLUICE_BUILD_ID,
                                             .engine_name = "duckdb",
                                             .make = sluice::engine::make_duckdb_engine};
  return &module;
}
