#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/orm/session/arrow_bytes_internal.h"
#include "sluice/orm/session/staging_internal.h"

namespace sluice::orm {
namespace {

constexpr std::string_view kPartTable = "_sluice_part";

std::string_view codec_name(Compression compression) {
  switch (compression) {
    case Compression::Zstd: return "zstd";
    case Compression::Snappy: return "snappy";
    case Compression::Gzip: return "gzip";
    case Compression::None: return "uncompressed";
  }
  return "zstd";
}

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
      connection.execute(context, fmt::format("COPY {} TO {} (FORMAT parquet, COMPRESSION {})",
                                              kPartTable, target, codec_name(compression))),
      "staging a part");
  return {};
}

}  // namespace

std::string staging_prefix(std::string_view ingest_id) {
  return fmt::format("_staging/{}", ingest_id);
}

Result<StagedParts> StagedParts::write(const Context& context, storage::Storage& storage,
                                       engine::Connection& connection, ColumnStream rows,
                                       const StagingOptions& options) {
  const std::string prefix = staging_prefix(options.ingest_id);
  if (!storage.uri(prefix).starts_with('/')) {
    return make_error(ErrorCode::Unsupported,
                      "this engine stages files in a folder of this machine only")
        .with_hint("open the session with sluice::storage(\"/a/folder\"), or write Via::Direct");
  }
  SLUICE_CHECK(storage.prepare_folder(context, prefix + "/part"));
  StagedParts parts(storage);
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

StagedParts::StagedParts(StagedParts&& other) noexcept
    : storage_(other.storage_), paths_(std::exchange(other.paths_, {})) {}

StagedParts::~StagedParts() {
  // With a Context of its own: what stopped the write must not keep its files.
  const Context context;
  for (const std::string& path : paths_) {
    static_cast<void>(storage_->remove(context, path));
  }
}

std::vector<std::string> StagedParts::uris() const {
  std::vector<std::string> uris;
  for (const std::string& path : paths_) {
    uris.push_back(storage_->uri(path));
  }
  return uris;
}

}  // namespace sluice::orm
