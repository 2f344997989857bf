// What the manifests of a Parquet folder say, as values and as JSON. One entry a version; an entry
// whose version is a multiple of kCheckpointEvery also holds the whole state, so that a reader
// needs the last of those and at most kCheckpointEvery - 1 entries after it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/table/table.h"

namespace sluice::table::internal {

/// What a reader knows; an entry says the lowest that reads it. Of columns that changed: 2.
inline constexpr int kManifestFormat = 2;
inline constexpr std::int64_t kCheckpointEvery = 16;

struct DataFile {
  std::string path;  // its visible name, relative to the table's root
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  friend bool operator==(const DataFile&, const DataFile&) = default;
};

/// One version: what its commit did.
struct Entry {
  std::int64_t version = 0;
  std::string operation;  // "create", "append", "merge", ...
  std::string key;
  std::string fingerprint;
  Receipt receipt;
  std::int64_t rows = 0;  // of the table after it
  std::vector<DataFile> added;
  std::vector<std::string> removed;
  /// The columns from this version on; absent: those of the version before.
  std::optional<schema::Schema> schema;
  /// What is said of the table from this version on; absent: as of the version before.
  std::optional<Properties> properties;
  /// Files of older versions lack columns of `schema`.
  bool adds_columns = false;
  friend bool operator==(const Entry&, const Entry&) = default;
};

/// The table after an entry.
struct ManifestState {
  TableState table;
  std::vector<DataFile> files;  // in the order they were added
  std::map<std::string, StoredCommit, std::less<>> commits;
  /// Some files were written before columns were added.
  bool may_lack_columns = false;
  Entry newest;

  std::int64_t rows() const;
};

/// "_sluice/manifest/00000000000000000042.json".
std::string manifest_path(std::int64_t version);

bool is_checkpoint(std::int64_t version);

void apply_entry(ManifestState& state, const Entry& entry);

/// Forgets commits before `older_than`, except the one with the highest number of each stream: a
/// key "<stream>#<number>" is looked for however long a stream rests.
void forget_commits(ManifestState& state, sys_micros older_than);

/// `state` is written along when the entry is a checkpoint: the state after the entry.
std::string render_entry(const Entry& entry, const ManifestState* state);

struct ParsedEntry {
  Entry entry;
  std::optional<ManifestState> state;
};
/// Corrupt, or Unsupported for a format number of the future; `path` is named.
Result<ParsedEntry> parse_entry(std::string_view text, std::string_view path);

}  // namespace sluice::table::internal
