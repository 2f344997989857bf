// Rows of one ingest as Parquet files under <root>/_staging/<ingest_id>/, written by the engine as
// they come: one part is under way at a time, so memory is one part whatever the size of the
// source. The files are gone when their owner is; what a killed process leaves lies under a name
// that tells its age.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/orm/session/options.h"
#include "sluice/storage/storage.h"

namespace sluice::orm {

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
                                   engine::Connection& connection, ColumnStream rows,
                                   const StagingOptions& options);
  StagedParts(StagedParts&& other) noexcept;
  StagedParts& operator=(StagedParts&&) = delete;
  StagedParts(const StagedParts&) = delete;
  StagedParts& operator=(const StagedParts&) = delete;
  ~StagedParts();

  /// For the engine.
  std::vector<std::string> uris() const;
  std::size_t size() const { return paths_.size(); }

 private:
  explicit StagedParts(storage::Storage& storage) : storage_(&storage) {}

  storage::Storage* storage_;
  std::vector<std::string> paths_;
};

}  // namespace sluice::orm
