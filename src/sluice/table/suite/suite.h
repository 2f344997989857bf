// The promises of the table port as tests, run over every format. A new format is one line in the
// list of cases in suite_test.cc; where it cannot keep a promise, that is a field of its case and
// not a missing test. The tests lie in a library so that a format which needs a server can run them
// in its own program. A program instantiates both suites.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/engine/engine.h"
#include "sluice/table/table.h"

namespace sluice::table {

/// Someone who writes the table: a connection and a Table of its own.
struct Writer {
  engine::Connection& connection;
  Table& table;
};

/// Where one table may be, and everyone who works on it.
class TablePlace {
 public:
  virtual ~TablePlace() = default;
  /// Each call gives another writer; the place owns it. Safe from any thread.
  virtual Writer open_writer() = 0;
  /// What a reader who knows nothing of Sluice reads from, as a FROM item of DuckDB's SQL.
  virtual std::string foreign_rows() = 0;
  virtual engine::Connection& reader() = 0;
  /// Names of data files that no version names; empty where a format has no files.
  virtual std::vector<std::string> stray_files() = 0;
};

struct TableCase {
  std::string name;
  std::function<std::unique_ptr<TablePlace>()> make;

  /// Partitions are kept as the table is made with them.
  bool has_partitions = true;
  /// A commit writes files, so that a receipt counts them.
  bool has_files = true;
  /// Column names may hold blanks and signs; where not they are Unsupported, by name.
  bool has_all_names = true;
  /// A write that is refused while its rows are written may leave a file; maintenance takes it.
  bool may_leave_refused_files = false;
  /// Unsigned numbers, times of day and UUIDs are kept; where not they are Unsupported, by name.
  bool has_all_types = true;
  /// Older versions can be read; where not they are Unsupported.
  bool keeps_versions = true;
  /// Small files are put together; where not that is Unsupported.
  bool has_compaction = true;
  /// The rows of small writes lie in a catalog until a compaction makes files of them.
  bool keeps_small_writes_in_catalog = false;
  /// Columns are widened, renamed, dropped and made required; where not these are Unsupported.
  bool evolves_in_place = true;
  /// Commits of a long history: enough to cross whatever a format folds together.
  int long_history = 34;
};

/// Called by the suite, so that a linker takes the tests of these files along.
void link_scd2_suite();
void link_scd2_deletes_suite();
void link_delete_suite();
void link_maintain_suite();
void link_merge_suite();

inline void PrintTo(const TableCase& one, std::ostream* out) { *out << one.name; }

class TableSuite : public testing::TestWithParam<TableCase> {
 protected:
  TableSuite();

  plan::CreateTable trips() const;
  void create();

  /// A write whose rows are the given SQL query, run on the writer's connection.
  plan::Write write_of(const Writer& writer, plan::WriteMode mode, std::string_view rows);
  CommitKey key_of(std::string key, std::string fingerprint = "f") const;
  Result<std::unique_ptr<Prepared>> prepare(const Writer& writer, plan::WriteMode mode,
                                            std::string_view rows, const CommitKey& key);
  /// Prepares and commits as the only writer.
  Result<Receipt> write(plan::WriteMode mode, std::string_view rows);
  Result<Receipt> write(const Writer& writer, plan::WriteMode mode, std::string_view rows,
                        const CommitKey& key);
  /// As a run does: looks the key up, prepares, commits, begins again after a conflict.
  Result<Receipt> write_until_committed(const Writer& writer, const plan::WriteMode& mode,
                                        std::string_view rows, const CommitKey& key);

  /// The rows as a foreign reader sees them: "1|ann|2.50", ordered.
  std::vector<std::string> rows(std::string_view columns = "id, name, amount");
  std::int64_t count(std::string_view where = "TRUE");
  /// As rows(), of a version and read by Sluice.
  Result<std::vector<std::string>> rows_at(const At& at,
                                           std::string_view columns = "id, name, amount");

  /// Merges by the first of `names`, under which an engine tells of the files that it reads.
  void merge_by_a_column_called(const std::vector<std::string>& names);

  std::unique_ptr<TablePlace> place_;
  Writer writer_;
  Context context_;
  int writes_ = 0;
};

/// Histories, snapshots and change events: what table/change works out by the same SQL for every
/// format. A format whose commits are slow runs these in the long run.
class ChangeSuite : public TableSuite {};

}  // namespace sluice::table
