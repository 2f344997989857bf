// Rows of one ingest as Parquet files under <root>/_staging/<ingest_id>/, written by the engine as
// they come: one part is under way at a time, so memory is one part whatever the size of the
// source. The files are gone when their owner is; what a killed process leaves lies under a name
// that tells its age, by which cleanup_staged finds it.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/orm/session/options.h"
#include "sluice/orm/session/session.h"
#include "sluice/storage/storage.h"

namespace sluice::orm {

/// The ingests of a session that have staged files now; a cleanup leaves them alone whatever their
/// age. Safe from any thread.
class StagingUnderway {
 public:
  void add(const std::string& ingest_id);
  void remove(const std::string& ingest_id);
  bool holds(const std::string& ingest_id) const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> ids_;
};

struct StagingOptions {
  std::string ingest_id;
  Compression compression = Compression::Zstd;
  std::uint64_t part_bytes = 0;
  std::int64_t part_rows = 0;
};

std::string staging_prefix(std::string_view ingest_id);

class StagedParts {
 public:
  /// Unsupported where the engine does not write to this storage.
  static Result<StagedParts> write(const Context& context, storage::Storage& storage,
                                   StagingUnderway& underway, engine::Connection& connection,
                                   ColumnStream rows, const StagingOptions& options);
  StagedParts(StagedParts&& other) noexcept;
  StagedParts& operator=(StagedParts&&) = delete;
  StagedParts(const StagedParts&) = delete;
  StagedParts& operator=(const StagedParts&) = delete;
  ~StagedParts();

  /// For the engine.
  std::vector<std::string> uris() const;
  std::size_t size() const { return paths_.size(); }

 private:
  StagedParts(storage::Storage& storage, StagingUnderway& underway, std::string ingest_id);

  storage::Storage* storage_;
  StagingUnderway* underway_;
  std::string ingest_id_;  // empty: moved from
  std::vector<std::string> paths_;
};

/// Removes what ingests that began before `older_than` have left; see Session::cleanup_staging.
Result<CleanupReport> cleanup_staged(const Context& context, storage::Storage& storage,
                                     const StagingUnderway& underway, sys_micros older_than);

}  // namespace sluice::orm
