#include "sluice/contract/run/rows.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/run/runner_internal.h"
#include "sluice/dialect/duckdb/pipeline.h"

namespace sluice::contract {
namespace {

constexpr std::string_view kGood = "good";
constexpr std::string_view kBad = "bad";
constexpr std::string_view kArriving = "sluice_arriving";
constexpr std::uint64_t kMemoryMax = std::uint64_t{256} << 20;

/// Rows that keep open what they are read from.
class HeldStream final : public ColumnSource {
 public:
  HeldStream(std::shared_ptr<const RowFile> file, std::unique_ptr<engine::Connection> connection,
             ColumnStream rows)
      : file_(std::move(file)), connection_(std::move(connection)), rows_(std::move(rows)) {}

  Result<ArrowSchemaOwned> schema() override { return rows_.schema(); }
  Result<std::optional<ArrowBatch>> next() override { return rows_.next(); }

 private:
  std::shared_ptr<const RowFile> file_;
  std::unique_ptr<engine::Connection> connection_;
  ColumnStream rows_;
};

}  // namespace

RowFile::RowFile(TempFolder folder, std::unique_ptr<engine::Engine> engine, const Context& like)
    : folder_(std::move(folder)), engine_(std::move(engine)) {
  context_.memory_bytes_max = like.memory_bytes_max;
  context_.threads_max = like.threads_max;
}

Result<std::shared_ptr<RowFile>> RowFile::make(const Context& context, const MakeEngine& make) {
  SLUICE_TRY(TempFolder folder, TempFolder::make("sluice-rows"));
  SLUICE_TRY(std::unique_ptr<engine::Engine> engine,
             make({.address = folder.path() + "/rows.duckdb",
                   .memory_bytes_max = std::min(context.memory_bytes_max, kMemoryMax),
                   .threads_max = context.threads_max,
                   .locked = true}));
  return std::shared_ptr<RowFile>(new RowFile(std::move(folder), std::move(engine), context));
}

Status RowFile::keep(const Context& context, std::string_view table, const schema::Schema& columns,
                     ColumnStream rows) {
  SLUICE_TRY(const std::unique_ptr<engine::Connection> connection, engine_->connect(context));
  SLUICE_TRY(const std::string empty, dialect::render_empty(columns));
  SLUICE_TRY([[maybe_unused]] const std::int64_t made,
             connection->execute(context,
                                 fmt::format("CREATE TABLE {} AS SELECT * FROM {}", table, empty)));
  SLUICE_TRY_IN([[maybe_unused]] const std::int64_t number,
                connection->execute_over(context,
                                         plan::Statement(fmt::format(
                                             "INSERT INTO {} SELECT * FROM {}", table, kArriving)),
                                         kArriving, std::move(rows)),
                "keeping the rows for the result");
  return {};
}

Status RowFile::keep_good(const Context& context, const schema::Schema& columns,
                          ColumnStream rows) {
  SLUICE_CHECK(keep(context, kGood, columns, std::move(rows)));
  has_good_ = true;
  return {};
}

Status RowFile::keep_bad(const Context& context, const schema::Schema& columns, ColumnStream rows) {
  SLUICE_CHECK(keep(context, kBad, columns, std::move(rows)));
  has_bad_ = true;
  return {};
}

Result<ColumnStream> RowFile::open(std::string_view table) const {
  SLUICE_TRY(std::unique_ptr<engine::Connection> connection, engine_->connect(context_));
  SLUICE_TRY(ColumnStream rows,
             connection->query(context_, plan::Statement(fmt::format("SELECT * FROM {}", table))));
  return ColumnStream(
      std::make_unique<HeldStream>(shared_from_this(), std::move(connection), std::move(rows)));
}

Result<ColumnStream> RowFile::good() const {
  if (!has_good_) {
    return make_error(ErrorCode::NotFound, "a gate stopped the run: it published no rows")
        .with_hint("the result's status and reason tell why; bad() has the rows that were refused");
  }
  return open(kGood);
}

Result<ColumnStream> RowFile::bad() const {
  return has_bad_ ? open(kBad)
                  : Result<ColumnStream>(
                        make_error(ErrorCode::NotFound, "the run kept no refused rows"));
}

namespace internal {

Status Runner::keep_rows(bool is_published) {
  if (!options_.keep_rows) {
    return {};
  }
  SLUICE_TRY(const std::shared_ptr<RowFile> file,
             RowFile::make(context_, [this](const engine::EngineOptions& asked) {
               return make_engine(asked);
             }));
  const auto keep = [&](std::string_view relation, auto into) -> Status {
    const plan::Statement select(fmt::format("SELECT * FROM {}", relation));
    SLUICE_TRY(const schema::Schema columns, connection_->describe(context_, select));
    SLUICE_TRY(ColumnStream rows, connection_->query(context_, select));
    return ((*file).*into)(context_, columns, std::move(rows));
  };
  if (is_published) {
    SLUICE_CHECK(keep(run::kGoodRelation, &RowFile::keep_good));
  }
  SLUICE_CHECK(keep(bad_rows(run::kBadRelation), &RowFile::keep_bad));
  result_.kept_rows = file;
  return {};
}

}  // namespace internal
}  // namespace sluice::contract
