// The port to one table in one format: the only way rows become visible. A write is prepared
// against one version (files are written or statements are made ready, nothing is visible) and
// committed in one step that carries its key, so that the proof of the commit is part of it. Lookup
// and commit are one compare-and-swap: the commit holds only on the version that was prepared
// against, where the key was not found. The loop around it (retry, resolve, receipt) is
// run/write.h.
//
// A Table is used by one thread at a time; any number of Tables in any number of processes may
// write the same table. Every table passes table/suite.h; deviations are declared there as data.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/base/uuid.h"
#include "sluice/plan/expr.h"
#include "sluice/plan/write.h"
#include "sluice/schema/evolution.h"
#include "sluice/schema/schema.h"

namespace sluice::table {

/// Who commits what. `key` is unique for one intent: a caller's idempotency key, or
/// "<stream>#<batch>".
struct CommitKey {
  std::string key;
  /// Of the request; a known key with another fingerprint is InvalidArgument.
  std::string fingerprint;
  /// Names the files and stamps the rows; new for every operation.
  Uuid ingest_id;
};

/// What one commit did. Stored with the commit: the same key gets the same receipt again.
struct Receipt {
  Uuid ingest_id;
  std::int64_t version = 0;
  std::int64_t rows_in = 0;
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::int64_t deleted = 0;
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  sys_micros committed_at;
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

struct StoredCommit {
  Receipt receipt;
  std::string fingerprint;  // empty: a numbered key, of which only the version is known any more
  friend bool operator==(const StoredCommit&, const StoredCommit&) = default;
};

/// What is said of a table: who owns it, how it is classified.
using Properties = std::map<std::string, std::string>;

struct TableState {
  std::int64_t version = 0;  // of the newest commit; 0: created, nothing written
  schema::Schema schema;
  std::vector<plan::PartitionField> partition_by;
  Properties properties;
  /// Required columns that the table fills where rows lack them.
  std::vector<std::string> filled;
};

/// A write that waits for its commit. Made by prepare, spent by commit or abort.
class Prepared {
 public:
  virtual ~Prepared() = default;
  /// What the commit would do, counted against the version it was prepared on.
  virtual const Receipt& expected() const = 0;
  /// Removes what prepare wrote. Not for a write whose outcome is unknown.
  virtual Status abort(const Context& context) = 0;
};

struct Committed {
  Receipt receipt;
};
/// The version moved on, or another writer holds the table: nothing of this write is visible.
struct Conflict {
  std::string with;
};
/// No one knows; look the key up before saying anything. No data file was removed.
struct Unknown {
  Error cause;
};
using CommitOutcome = std::variant<Committed, Conflict, Unknown>;

struct Version {
  std::int64_t version = 0;
  sys_micros committed_at;
  std::string operation;  // "append", "merge", ...
  std::string key;
  /// Of the table after it; empty: nothing says it, as of versions that others wrote.
  std::optional<std::int64_t> rows;
};

struct TableDescription {
  std::string uri;
  std::string format;
  /// What a reader that does not know this format's log may see in mid-commit; empty: nothing odd.
  std::string reader_note;
  /// An append takes over files of `uri` whose names begin with this and its ingest id and end so.
  /// No ending: it takes none.
  std::string staged_prefix;
  std::string staged_ending;
};

/// Which version is meant: the newest, one by its number, or the last that was committed by an
/// instant.
struct At {
  std::optional<std::int64_t> version;
  std::optional<sys_micros> instant;
};

/// Removes what writes left behind that were never committed, from before an instant. Every version
/// can be read as before.
struct Clean {
  sys_micros older_than;
};
/// As Clean, and forgets commit keys from before the instant and removes what only versions need
/// that were replaced before it: those can no longer be read.
struct Vacuum {
  sys_micros older_than;
};
/// Puts the rows of small files together, and leaves rows that are deleted in their files out.
struct Compact {
  /// Files below half of this are small; new ones have about this size.
  std::uint64_t file_bytes = std::uint64_t{128} << 20;
};
/// Changes the columns, all of them or none. A change that is done already is InvalidArgument; what
/// a format cannot change is Unsupported and names the alternative.
struct Evolve {
  std::vector<schema::Change> changes;
};
/// Says something else of the table, or more: properties, and comments of columns that are there.
/// What is not named stays. Properties that change how a format writes are Unsupported.
struct Describe {
  Properties properties;
  std::map<std::string, std::string> comments;
};
/// What may be repeated without harm and so needs no key.
using Maintenance = std::variant<Clean, Vacuum, Compact, Evolve, Describe>;

std::string_view maintenance_name(const Maintenance& request);  // "clean", "compact", ...

/// What maintenance did. Of a compaction, files of versions count.
struct Maintained {
  std::int64_t deleted = 0;
  std::int64_t failed = 0;
  std::int64_t scanned = 0;
  std::int64_t written = 0;
  /// That it made; empty: the rows and columns are those of the version that was there.
  std::optional<std::int64_t> version;
};

class Table {
 public:
  virtual ~Table() = default;
  Table(const Table&) = delete;
  Table(Table&&) = delete;
  Table& operator=(const Table&) = delete;
  Table& operator=(Table&&) = delete;

  const TableDescription& describe() const { return description_; }

  /// Makes the table unless it is there. There with another schema is for the caller to compare.
  /// Properties and comments of columns are kept as the format keeps such things.
  virtual Status create(const Context& context, const plan::CreateTable& create,
                        const Properties& properties) = 0;
  Status create(const Context& context, const plan::CreateTable& create) {
    return this->create(context, create, Properties{});
  }

  /// As create, but a table that is not there is made by the first commit of this Table, as one
  /// with it or right before it: without a commit nothing is made. Until then find_state tells of
  /// it and prepare works on it as if it were there.
  virtual Status create_at_commit(const Context& context, const plan::CreateTable& create,
                                  const Properties& properties) {
    return this->create(context, create, properties);
  }

  /// Empty when the table does not exist.
  virtual Result<std::optional<TableState>> find_state(const Context& context) = 0;

  virtual Result<std::optional<StoredCommit>> find_commit(const Context& context,
                                                          std::string_view key) = 0;

  /// `rows` is empty unless write.source is Batches.
  virtual Result<std::unique_ptr<Prepared>> prepare(const Context& context,
                                                    const plan::Write& write, ColumnStream rows,
                                                    const CommitKey& key) = 0;

  /// An Error means that nothing was sent; after that point only an outcome is returned.
  virtual Result<CommitOutcome> commit(const Context& context,
                                       std::unique_ptr<Prepared> prepared) = 0;

  /// Newest first.
  virtual Result<std::vector<Version>> history(const Context& context) = 0;

  /// Makes the temporary view `name` of the table's connection: the rows of one version with the
  /// columns that it had. NotFound when there is no such version any more; Unsupported where only
  /// the newest is kept.
  virtual Status make_view(const Context& context, const At& at, const std::string& name) = 0;

  /// CommitConflict when another writer was first: nothing was changed, ask again.
  virtual Result<Maintained> maintain(const Context& context, const Maintenance& request) = 0;

 protected:
  explicit Table(TableDescription description) : description_(std::move(description)) {}

 private:
  TableDescription description_;
};

/// The number of the version that `at` means, by the table's history. NotFound when there is none.
Result<std::int64_t> load_version(const Context& context, Table& table, const At& at);

}  // namespace sluice::table
