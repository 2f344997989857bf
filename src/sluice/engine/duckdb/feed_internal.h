// Rows of ours as a table function of DuckDB's: a statement reads them as it runs, a vector at a
// time, so that nothing is gathered before it and an INSERT is one pass over one pipeline. The rows
// keep their order, since the function gives them to one thread at a time.
//
// The function is known to the whole instance; a feed is found by its number and from its own
// connection only, while the call that brought it lasts. RowFeeds is safe from any thread, a feed
// is used by one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/result.h"
#include "sluice/engine/duckdb/handle_internal.h"

namespace sluice::engine {

class DuckGuard;
class RowFeed;

/// The feeds of one instance, by number.
class RowFeeds {
 public:
  /// Makes the table function known; `this` outlives the instance.
  Status attach(duckdb_connection connection);

  std::int64_t add(RowFeed& feed);
  void remove(std::int64_t number);
  /// nullptr when there is none, or it belongs to another connection.
  RowFeed* find(std::int64_t number, idx_t connection_id);

 private:
  std::mutex mutex_;
  std::map<std::int64_t, RowFeed*> feeds_;
  std::int64_t last_ = 0;
};

/// Runs one statement over `rows`, which it reads as the relation `name`; how many rows came. It is
/// not run where there are none.
Result<std::int64_t> run_over_rows(const DuckGuard& guard, const std::string& sql,
                                   const std::string& name, ColumnStream rows);

}  // namespace sluice::engine
