// A table of a database that an engine reaches by SQL: what the DuckDB table and the DuckLake table
// have in common, which is all but how the database is opened. A commit is one transaction: the
// rows, the table's next version in `_sluice_table` and the proof in `_sluice_ledger` become
// visible together. Both lie in the schema of the table; a table that someone else made is taken
// as it is and gets its entries with the first write.
//
// The transaction is open between prepare and commit or abort: the connection does nothing else
// meanwhile. Every commit moves the version on from the one that it saw, and the database refuses
// the second of two transactions that do so. A failed commit is looked up before anything is said
// of it. No primary key is declared for rows; uniqueness is checked where a write asks for it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/dialect/duckdb/codec.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/table_id.h"
#include "sluice/table/table.h"

namespace sluice::table {

/// Files in which a database keeps rows and for which it does not answer: a commit must not name a
/// file that a power cut can take, and what takes a lost reply for a failure removes files that the
/// commit names. Of one connection, whose transactions it sees.
class CommitFiles {
 public:
  virtual ~CommitFiles() = default;
  /// Before a transaction begins: what is written from now on is its own.
  virtual Status begin(const Context& context) = 0;
  /// Before COMMIT: its files are flushed, and kept under second names.
  virtual Status keep(const Context& context) = 0;
  /// After COMMIT: Corrupt when a file that it names is gone, and nobody kept it.
  virtual Status check_landed(const Context& context) = 0;
  /// The outcome is known: the second names go.
  virtual void release() = 0;
  /// Files that the catalog names and that are gone come back, whoever kept them.
  virtual Status restore(const Context& context) = 0;
  /// InvalidArgument where another database keeps files in the same place: which of them are no
  /// one's cannot be told.
  virtual Status check_alone(const Context& context) = 0;
  /// Forgets versions that were replaced before the instant, and which files only they needed.
  virtual Status expire(const Context& context, sys_micros older_than) = 0;
  /// Removes older files that no version names.
  virtual Result<Maintained> sweep(const Context& context, sys_micros older_than) = 0;
};

/// One table, and in what its database differs from others.
struct SqlTable {
  plan::TableId id;
  TableDescription description;
  /// Primary keys are kept by the database; where not, the version alone keeps entries apart.
  bool has_primary_keys = false;
  /// `ALTER TABLE ... SET PARTITIONED BY` and `SET SORTED BY` lay the rows out.
  bool has_partitions = false;
  /// The statement by which new files of the table have a codec, once the table is committed. Null:
  /// there are no files.
  std::function<std::string(dialect::Codec codec)> render_codec = nullptr;
  /// Statements that put small files together; empty: the database lays rows out by itself.
  std::vector<std::string> compactions;
  /// A query of one number: the files of the table. Empty: nobody can tell.
  std::string count_files;
  /// A query of places and sizes: the data files of the newest version. Empty: the database answers
  /// for its rows.
  std::string list_files;
  /// Older snapshots can be read (`AT (VERSION => n)`), and rows know theirs (`snapshot_id`).
  bool has_snapshots = false;
  /// Columns become wider as whole numbers and as floats; else as every type does.
  bool widens_numbers_alone = false;
  /// Null: the database answers for its files.
  std::unique_ptr<CommitFiles> files;
};

/// `connection` is one of an engine that speaks DuckDB's SQL and has transactions; it outlives the
/// table.
Result<std::unique_ptr<Table>> make_sql_table(engine::Connection& connection, SqlTable table);

}  // namespace sluice::table
