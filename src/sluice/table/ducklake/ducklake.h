// A table of a DuckLake: its data are Parquet files, its catalog is a database, which is the file
// of a DuckDB (one process at a time), a file of SQLite (a few) or PostgreSQL (many). The rows and
// the ledger row that proves them are one snapshot of the lake; table/sql has the rest.
//
// DuckLake rebases a commit that lost against another by itself, also past a ledger row with the
// same key: that is turned off for the whole engine when the lake is attached, so that every commit
// holds on the snapshot that it read or fails. The extensions are loaded by path from beside the
// engine's module; nothing is fetched. A DuckDB file may be attached once in a process: share the
// engine. After attaching, statements of the engine reach the lake and nothing else.
//
// Files of a commit are flushed, and kept until its outcome is known: the extension removes them
// when a server's reply is lost (lake_files_internal.h). The data lie on a disk that knows hard
// links.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/engine/module.h"
#include "sluice/plan/table_id.h"
#include "sluice/table/table.h"

namespace sluice::table {

struct LakeOptions {
  /// "lake.ducklake" is the file of a DuckDB; "sqlite:lake.sqlite"; "postgres:dbname=lake
  /// host=...".
  std::string catalog;
  /// Folder of the data files of a new lake, absolute. Empty: the catalog's file with ".files"
  /// behind its name. A lake that is there keeps its own, whose name may go through a link; data
  /// that lie beside the catalog may be moved with it.
  std::string data_path;
  /// By which SQL names the lake.
  std::string name = "lake";
  /// Schema of a PostgreSQL database that holds the catalog; empty: its default.
  std::string catalog_schema;
  /// How long a DuckDB file that another process holds is waited for.
  int lock_wait_ms = 0;
  /// Rows up to which an insert lies in the catalog and not in a file; empty: the lake's own.
  std::string inline_rows_max;
  /// Absolute folders that statements may reach besides the lake's own.
  std::vector<std::string> other_folders;
  engine::ModuleSearch search;
};

/// What is loaded for this catalog, and whether all of it is there: Unsupported says how to get it.
Status check_lake_extensions(const std::string& catalog, const engine::ModuleSearch& search = {});

/// Attaches the lake to the connection's engine, for all of its connections, and makes it when it
/// is not there. Unavailable, with the process that holds it, when a DuckDB file stays locked.
Status attach_lake(const Context& context, engine::Connection& connection,
                   const LakeOptions& options);

/// Whether the connection's engine has this lake. InvalidArgument when it calls another database
/// by the name, or when its statements do not reach `other_folders`.
Result<bool> is_lake_attached(const Context& context, engine::Connection& connection,
                              const LakeOptions& options);

/// `id` is lake.schema.table of an attached lake. `connection` outlives the table.
Result<std::unique_ptr<Table>> make_ducklake_table(engine::Connection& connection,
                                                   const plan::TableId& id);

}  // namespace sluice::table
