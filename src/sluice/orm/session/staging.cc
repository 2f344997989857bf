#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/uuid.h"
#include "sluice/dialect/duckdb/codec.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/orm/session/arrow_bytes_internal.h"
#include "sluice/orm/session/staging_internal.h"

namespace sluice::orm {
namespace {

constexpr std::string_view kPartTable = "_sluice_part";
constexpr std::string_view kStaging = "_staging";

/// What the parts are cut from.
struct Cutting {
  ColumnStream rows;
  ArrowSchemaOwned schema;
  bool ended = false;
};

/// Batches of one part: ends when the part is full.
class PartSource final : public ColumnSource {
 public:
  PartSource(Cutting& cutting, const StagingOptions& options)
      : cutting_(&cutting), options_(&options) {}
  Result<ArrowSchemaOwned> schema() override { return cutting_->rows.schema(); }
  Result<std::optional<ArrowBatch>> next() override {
    if (cutting_->ended || bytes_ >= options_->part_bytes || rows_ >= options_->part_rows) {
      return std::optional<ArrowBatch>{};
    }
    SLUICE_TRY(std::optional<ArrowBatch> batch, cutting_->rows.next());
    if (!batch.has_value()) {
      cutting_->ended = true;
      return std::optional<ArrowBatch>{};
    }
    rows_ += (*batch)->length;
    bytes_ += arrow_bytes(*cutting_->schema.get(), *batch->get());
    return batch;
  }

 private:
  Cutting* cutting_;
  const StagingOptions* options_;
  std::int64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
};

Status copy_part(const Context& context, engine::Connection& connection, const std::string& uri,
                 Compression compression) {
  const std::string target = dialect::render_literal(dialect::duckdb_dialect(), uri);
  SLUICE_TRY_IN(
      [[maybe_unused]] const auto rows,
      connection.execute(context, fmt::format("COPY {} TO {} (FORMAT parquet, {})", kPartTable,
                                              target, dialect::render_codec(compression))),
      "staging a part");
  return {};
}

/// The objects of one folder below kStaging.
struct StagedFolder {
  std::string name;
  std::vector<storage::ObjectInfo> objects;
};

Result<std::vector<StagedFolder>> list_staged(const Context& context, storage::Storage& storage) {
  SLUICE_TRY(std::vector<storage::ObjectInfo> objects, storage.list(context, kStaging));
  std::vector<StagedFolder> folders;
  for (storage::ObjectInfo& object : objects) {  // ordered by path
    const std::string_view below = std::string_view(object.path).substr(kStaging.size() + 1);
    const std::size_t slash = below.find('/');
    if (slash == std::string_view::npos) {
      continue;
    }
    const std::string_view name = below.substr(0, slash);
    if (folders.empty() || folders.back().name != name) {
      folders.push_back({.name = std::string(name), .objects = {}});
    }
    folders.back().objects.push_back(std::move(object));
  }
  return folders;
}

/// When the ingest began whose id this is; empty when it is none.
std::optional<sys_micros> begun_at(std::string_view ingest_id) {
  const Result<Uuid> id = parse_uuid(ingest_id);
  if (!id.has_value() || id->version() != 7) {
    return std::nullopt;
  }
  std::int64_t milliseconds = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    milliseconds = milliseconds << 8 | id->bytes[i];
  }
  return sys_micros(std::chrono::milliseconds(milliseconds));
}

}  // namespace

std::string staging_prefix(std::string_view ingest_id) {
  return fmt::format("{}/{}", kStaging, ingest_id);
}

void StagingUnderway::add(const std::string& ingest_id) {
  const std::scoped_lock lock(mutex_);
  ids_.insert(ingest_id);
}

void StagingUnderway::remove(const std::string& ingest_id) {
  const std::scoped_lock lock(mutex_);
  ids_.erase(ingest_id);
}

bool StagingUnderway::holds(const std::string& ingest_id) const {
  const std::scoped_lock lock(mutex_);
  return ids_.contains(ingest_id);
}

Result<CleanupReport> cleanup_staged(const Context& context, storage::Storage& storage,
                                     const StagingUnderway& underway, sys_micros older_than) {
  SLUICE_TRY(const std::vector<StagedFolder> folders, list_staged(context, storage));
  CleanupReport report;
  for (const StagedFolder& folder : folders) {
    SLUICE_CHECK(context.check());
    ++report.scanned;
    const std::optional<sys_micros> begun = begun_at(folder.name);
    if (!begun.has_value() || *begun > older_than || underway.holds(folder.name)) {
      continue;
    }
    bool is_gone = true;
    for (const storage::ObjectInfo& object : folder.objects) {
      const bool is_removed = storage.remove(context, object.path).has_value();
      report.bytes += is_removed ? object.size_bytes : 0;
      is_gone = is_gone && is_removed;
    }
    const std::string prefix = staging_prefix(folder.name);
    is_gone = is_gone && storage.remove(context, prefix).has_value();
    (is_gone ? report.deleted : report.failed).push_back(prefix);
  }
  return report;
}

Result<StagedParts> StagedParts::write(const Context& context, storage::Storage& storage,
                                       StagingUnderway& underway, engine::Connection& connection,
                                       ColumnStream rows, const StagingOptions& options) {
  const std::string prefix = staging_prefix(options.ingest_id);
  if (!storage.uri(prefix).starts_with('/')) {
    return make_error(ErrorCode::Unsupported,
                      "this engine stages files in a folder of this machine only")
        .with_hint("open the session with sluice::storage(\"/a/folder\"), or write Via::Direct");
  }
  StagedParts parts(storage, underway, options.ingest_id);
  SLUICE_CHECK(storage.prepare_folder(context, prefix + "/part"));
  Cutting cutting{.rows = std::move(rows), .schema = {}};
  SLUICE_TRY(cutting.schema, cutting.rows.schema());
  while (!cutting.ended) {
    SLUICE_TRY(const std::int64_t count,
               connection.load(context, kPartTable,
                               ColumnStream(std::make_unique<PartSource>(cutting, options))));
    if (count == 0 && !parts.paths_.empty()) {
      break;
    }
    parts.paths_.push_back(fmt::format("{}/part-{:05}.parquet", prefix, parts.paths_.size() + 1));
    SLUICE_CHECK(
        copy_part(context, connection, storage.uri(parts.paths_.back()), options.compression));
  }
  SLUICE_CHECK(connection.execute(context, fmt::format("DROP TABLE IF EXISTS {}", kPartTable)));
  return parts;
}

StagedParts::StagedParts(storage::Storage& storage, StagingUnderway& underway,
                         std::string ingest_id)
    : storage_(&storage), underway_(&underway), ingest_id_(std::move(ingest_id)) {
  underway_->add(ingest_id_);
}

StagedParts::StagedParts(StagedParts&& other) noexcept
    : storage_(other.storage_),
      underway_(other.underway_),
      ingest_id_(std::exchange(other.ingest_id_, {})),
      paths_(std::exchange(other.paths_, {})) {}

StagedParts::~StagedParts() {
  if (ingest_id_.empty()) {
    return;
  }
  // With a Context of its own: what stopped the write must not keep its files.
  const Context context;
  for (const std::string& path : paths_) {
    static_cast<void>(storage_->remove(context, path));
  }
  static_cast<void>(storage_->remove(context, staging_prefix(ingest_id_)));
  underway_->remove(ingest_id_);
}

std::vector<std::string> StagedParts::uris() const {
  std::vector<std::string> uris;
  for (const std::string& path : paths_) {
    uris.push_back(storage_->uri(path));
  }
  return uris;
}

}  // namespace sluice::orm
