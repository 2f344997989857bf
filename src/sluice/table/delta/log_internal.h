// One version of a Delta table as the kernel reads it, and the commits in its log. The wrapper
// around bridge/include/sluice_delta.h: kinds become error codes, texts and snapshots are freed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/storage/storage.h"
#include "sluice/table/files/never_null.h"
#include "sluice/table/table.h"

struct sluice_delta_snapshot;

namespace sluice::table::delta {

/// What a commit of ours says of itself, in its operationParameters.
struct Note {
  std::string key;
  std::string fingerprint;
  std::string operation;
  std::int64_t rows = 0;
  Receipt receipt;
};
std::string render_note(const Note& note);

/// One data file that a commit adds; `path` is relative to the root and as the disk has it.
struct AddedFile {
  std::string path;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::map<std::string, std::optional<std::string>> partition;
  /// Column, then nulls, min and max as JSON; min and max may be empty.
  struct Stats {
    std::int64_t nulls = 0;
    std::string min;
    std::string max;
  };
  std::map<std::string, Stats> stats;
};

struct CommitRequest {
  Note note;
  std::vector<AddedFile> added;
  /// As the log has them.
  std::vector<std::string> removed;
};

struct Landed;

class Snapshot {
 public:
  /// Empty when there is no table.
  static Result<std::optional<Snapshot>> find(const std::string& root);
  /// Takes a snapshot of the bridge over.
  static Result<Snapshot> make(sluice_delta_snapshot* handle, const std::string& root);

  const std::string& root() const { return root_; }
  const TableState& state() const { return state_; }
  bool has_change_feed() const { return has_change_feed_; }
  /// The property is true, in letters of any case as other programs take it.
  bool is_on(const char* property) const;
  /// Why the kernel commits nothing to this table; empty when it does.
  const std::string& refusal() const { return refusal_; }
  /// Columns that the table's own program fills with a default where rows lack them.
  const std::vector<std::string>& defaulted() const { return defaulted_; }
  /// Nested columns, and parts of them, that are never NULL.
  const std::vector<NestedPart>& never_null() const { return never_null_; }

  Result<ColumnStream> files() const;
  /// The version at which `key` was committed last.
  Result<std::optional<std::int64_t>> find_transaction(std::string_view key) const;
  Result<Landed> commit(const CommitRequest& request) const;
  /// The same version, which is read from its checkpoint.
  Result<Snapshot> write_checkpoint() const;

 private:
  struct Free {
    void operator()(sluice_delta_snapshot* snapshot) const;
  };
  Status read_description();
  /// Another state of the log of the same table, with its columns.
  Snapshot with_handle(sluice_delta_snapshot* handle) const;

  std::unique_ptr<sluice_delta_snapshot, Free> handle_;
  std::string root_;
  TableState state_;
  bool has_change_feed_ = false;
  std::string refusal_;
  std::vector<std::string> defaulted_;
  std::vector<NestedPart> never_null_;
};

/// What became of a commit, and the version that it made, where the kernel gives it.
struct Landed {
  CommitOutcome outcome;
  std::optional<Snapshot> next;
};

/// The version that was made, where the kernel gives it.
Result<std::optional<Snapshot>> create_delta(const std::string& root,
                                             const plan::CreateTable& create,
                                             const Properties& properties, const Note& note);

inline constexpr std::uint64_t kLogEntryBytesMax = std::uint64_t{512} << 20;

/// A path of the log as the disk has it.
std::string decode_path(std::string_view path);

/// Unauthorized where no file can be made in the log's folder: a missing right, a read-only disk.
Status check_log_takes(const std::string& root);

/// Where the log has the commit of a version.
std::string entry_path(std::int64_t version);

/// One entry of the log.
struct LogEntry {
  Note note;
  /// False when another program wrote it: then only operation and committed_at are filled.
  bool is_ours = false;
  /// Of the files it removed, as the log has them.
  std::vector<std::string> removed;

  /// Of the table after it: what we counted.
  std::optional<std::int64_t> rows() const {
    return is_ours && note.rows >= 0 ? std::optional(note.rows) : std::nullopt;
  }
};

/// Empty when the log no longer has it.
Result<std::optional<LogEntry>> find_log_entry(const Context& context, storage::Storage& storage,
                                               std::int64_t version);

/// "<stream>#<number>": its batch has a record of its own, which says what was written.
bool is_numbered(std::string_view key);

/// The commit of a key that the table knows. Where the log was cleaned of it, the commit of a
/// numbered key has its version alone, and that of another is Corrupt.
Result<StoredCommit> find_stored_commit(const Context& context, storage::Storage& storage,
                                        std::string_view key, std::int64_t version);

}  // namespace sluice::table::delta
