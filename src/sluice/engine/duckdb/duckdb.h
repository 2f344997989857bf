// The embedded engine: DuckDB through its C API, in memory or on one file.
//
// Takes every option of EngineOptions: `address` is the database file (empty: in memory). It never
// fetches an extension and never loads one by itself. TimeZone is UTC. A locked engine reaches the
// allowed paths and its own file only, and no statement can change that.
// A file is one instance per process: engines on the same file share it and must be opened with the
// same options. Another process that holds the file makes opening Unavailable.
// The pinned build has core_functions, parquet, json, icu and autocomplete compiled in; all else
// (httpfs, delta, iceberg ...) is an extension that is loaded by path.
// Spilled data lies in a folder of the engine's own (mode 0700) that goes with the engine.
#pragma once

#include <memory>

#include "sluice/base/result.h"
#include "sluice/engine/engine.h"

namespace sluice::engine {

Result<std::unique_ptr<Engine>> make_duckdb_engine(const EngineOptions& options = {});

}  // namespace sluice::engine
