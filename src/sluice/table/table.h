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
#include <variant>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/base/uuid.h"
#include "sluice/plan/expr.h"
#include "sluice/plan/write.h"
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
  std::string fingerprint;
  friend bool operator==(const StoredCommit&, const StoredCommit&) = default;
};

struct TableState {
  std::int64_t version = 0;  // of the newest commit; 0: created, nothing written
  schema::Schema schema;
  std::vector<plan::PartitionField> partition_by;
  std::map<std::string, std::string> properties;
};

/// A write that waits for its commit. Made by prepare, spent by commit or abort.
class Prepared {
 public:
  virtual ~Prepared() = default;
  /// What the commit would do, counted against the version it was prepared on.
  virtual const Receipt& expected() const = 0;
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
  std::int64_t rows = 0;  // of the table after it
};

struct TableDescription {
  std::string uri;
  std::string format;
  /// What a reader that does not know this format's log may see in mid-commit; empty: nothing odd.
  std::string reader_note;
};

/// What maintenance removed.
struct Maintained {
  std::int64_t deleted = 0;
  std::int64_t failed = 0;
  std::int64_t scanned = 0;
};

class Table {
 public:
  virtual ~Table() = default;

  virtual TableDescription describe() const = 0;

  /// Makes the table unless it is there. There with another schema is for the caller to compare.
  virtual Status create(const Context& context, const plan::CreateTable& create) = 0;

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

  /// Removes what prepare wrote. Not for a write whose outcome is unknown.
  virtual Status abort(const Context& context, std::unique_ptr<Prepared> prepared) = 0;

  /// Newest first.
  virtual Result<std::vector<Version>> history(const Context& context) = 0;

  /// Removes files that no retained version names and that are older than `older_than`.
  virtual Result<Maintained> maintain(const Context& context, sys_micros older_than) = 0;
};

}  // namespace sluice::table
