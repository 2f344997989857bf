// The table formats as a process opens them that has a folder and nothing else. What is opened
// owns all that it needs but the warm engine, which outlives it; one thread uses it, in the process
// that opened it. Tables lie in the folder alone: a copy of it is a copy of the table. Only the
// catalog of a server does not.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/engine/engine.h"
#include "sluice/storage/storage.h"
#include "sluice/table/table.h"

namespace sluice::crash {

struct Opened {
  std::unique_ptr<engine::Engine> engine;  // null: the one that it was opened with
  std::unique_ptr<engine::Connection> connection;
  std::unique_ptr<storage::Storage> storage;
  std::unique_ptr<table::Table> table;
  /// What a reader who knows nothing of Sluice reads from, as a FROM item.
  std::function<std::string()> rows;
};

struct Format {
  std::string name;
  /// Every how many of a commit's calls a short run breaks.
  int stride = 1;
  /// A part of the table lies in a server: a folder is not all of it.
  bool has_server = false;
  /// `warm` is an engine in memory without threads of its own.
  std::function<Opened(engine::Engine& warm, const std::string& folder)> open;
};

Format duckdb_format();
Format parquet_format();
/// Catalogs: "file", "sqlite", "postgres".
Format lake_format(const std::string& catalog);
/// Empty name: built without Delta tables.
Format delta_format();

/// Those that this build and this machine have.
std::vector<Format> all_formats();

/// Lines of the rows' columns, ordered.
std::vector<std::string> read_rows(Opened& opened, const std::string& columns);

}  // namespace sluice::crash
