#include <any>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <variant>
#include <vector>

#include <cxxabi.h>
#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/orm/observe/metrics.h"
#include "sluice/orm/session/shared_internal.h"
#include "sluice/orm/session/source_internal.h"

namespace sluice {
namespace {

struct CountRow {
  std::int64_t rows;
};

/// A connection while rows are read through it; counts them when it goes back.
class ReadLease final : public orm::Lease {
 public:
  ReadLease(std::unique_ptr<orm::Lease> lease, Metrics* metrics, std::string_view table)
      : lease_(std::move(lease)), metrics_(metrics), table_(table) {}
  ReadLease(const ReadLease&) = delete;
  ReadLease(ReadLease&&) = delete;
  ReadLease& operator=(const ReadLease&) = delete;
  ReadLease& operator=(ReadLease&&) = delete;
  ~ReadLease() override {
    if (metrics_ != nullptr) {
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun_;
      metrics_->read_ended(table_, failed_, rows_, took.count());
    }
  }
  void count_rows(std::size_t rows) override { rows_ += rows; }
  void fail() override { failed_ = true; }

 private:
  std::unique_ptr<orm::Lease> lease_;
  Metrics* metrics_;
  std::string table_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::uint64_t rows_ = 0;
  bool failed_ = false;
};

/// Calls the release hook of a native source, once, behind everything that reads from it.
class ReleaseLease final : public orm::Lease {
 public:
  ReleaseLease(Function<void()> release, std::unique_ptr<orm::Lease> inner)
      : release_(std::move(release)), inner_(std::move(inner)) {}
  ReleaseLease(const ReleaseLease&) = delete;
  ReleaseLease(ReleaseLease&&) = delete;
  ReleaseLease& operator=(const ReleaseLease&) = delete;
  ReleaseLease& operator=(ReleaseLease&&) = delete;
  ~ReleaseLease() override {
    inner_.reset();
    if (release_ != nullptr) {
      try {
        release_();
      } catch (...) {  // NOLINT(bugprone-empty-catch): the rows are read by now
      }
    }
  }
  void hold(std::unique_ptr<orm::Lease> inner) { inner_ = std::move(inner); }
  void count_rows(std::size_t rows) override {
    if (inner_ != nullptr) {
      inner_->count_rows(rows);
    }
  }
  void fail() override {
    if (inner_ != nullptr) {
      inner_->fail();
    }
  }

 private:
  Function<void()> release_;
  std::unique_ptr<orm::Lease> inner_;
};

std::string type_name(const std::any& value) {
  int status = 0;
  char* text = abi::__cxa_demangle(value.type().name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? text : value.type().name();
  std::free(text);  // NOLINT(cppcoreguidelines-no-malloc): as the ABI asks
  return name;
}

Result<std::shared_ptr<ColumnStream>> take_stream(const std::shared_ptr<ColumnStream>& stream) {
  if (stream == nullptr || !stream->has_value()) {
    return make_error(ErrorCode::InvalidArgument, "these batches were read already")
        .with_hint("make the source anew; sql, from_table and from_source read again");
  }
  return stream;
}

/// Batches of a query with the connection that they come from.
class LeasedSource final : public ColumnSource {
 public:
  LeasedSource(std::unique_ptr<orm::Lease> lease, ColumnStream stream)
      : lease_(std::move(lease)), stream_(std::move(stream)) {}
  Result<ArrowSchemaOwned> schema() override { return stream_.schema(); }
  Result<std::optional<ArrowBatch>> next() override { return stream_.next(); }

 private:
  std::unique_ptr<orm::Lease> lease_;  // outlives the stream
  ColumnStream stream_;
};

}  // namespace

Result<orm::PageReader> Session::open_statement(const orm::TableModel& model,
                                                const plan::Statement& statement,
                                                const orm::DecodeOptions& options) {
  SLUICE_TRY(auto pooled, shared_->lend(*context_));
  engine::Connection& connection = **pooled;
  auto lease =
      std::make_unique<ReadLease>(std::move(pooled), shared_->options.metrics, model.table);
  Result<ColumnStream> stream = connection.query(*context_, statement);
  if (!stream.has_value()) {
    lease->fail();
    return std::move(stream).error();
  }
  return orm::PageReader::open(model, *std::move(stream), std::move(lease), options);
}

Result<orm::PageReader> Session::open_read(const orm::TableModel& model, const plan::Read& read,
                                           const orm::DecodeOptions& options) {
  plan::Read selected = read;
  if (std::holds_alternative<plan::TableId>(read.from) && !options.refuse_extra_columns) {
    selected.columns.clear();
    for (const orm::Column& column : model.columns) {
      selected.columns.push_back(column.name);
    }
  }
  return open_rows(model, selected, nullptr, options);
}

Result<orm::PageReader> Session::open_rows(const orm::TableModel& model, const plan::Read& read,
                                           std::string (*shape)(const std::string& select),
                                           const orm::DecodeOptions& options) {
  SLUICE_TRY(auto pooled, shared_->lend(*context_));
  engine::Connection& connection = **pooled;
  auto lease =
      std::make_unique<ReadLease>(std::move(pooled), shared_->options.metrics, model.table);
  Result<ColumnStream> stream = shared_->tables.query(*context_, connection, read, shape);
  if (!stream.has_value()) {
    lease->fail();
    return std::move(stream).error();
  }
  return orm::PageReader::open(model, *std::move(stream), std::move(lease), options);
}

Result<plan::Statement> Session::render(const plan::Read& read) const {
  return shared_->tables.render(read);
}

Result<std::int64_t> Session::count(const plan::Read& read) {
  const auto counted = [](const std::string& select) {
    return fmt::format("SELECT count(*) AS \"rows\" FROM ({}\n) AS counted", select);
  };
  RowStream<CountRow> rows(open_rows(orm::table_model_of<CountRow>(), read, counted, {}));
  SLUICE_TRY(const std::vector<CountRow> all, std::move(rows).collect());
  return all.front().rows;
}

Result<ColumnStream> Session::batches(const plan::Read& read) {
  SLUICE_TRY(auto lease, shared_->lend(*context_));
  SLUICE_TRY(ColumnStream stream, shared_->tables.query(*context_, **lease, read));
  return ColumnStream(std::make_unique<LeasedSource>(std::move(lease), std::move(stream)));
}

Result<schema::Schema> Session::describe(const plan::Read& read) {
  SLUICE_TRY(auto lease, shared_->lend(*context_));
  return shared_->tables.describe(*context_, **lease, read);
}

Result<orm::PageReader> Session::open_source(const orm::TableModel& model, const Source& source,
                                             const orm::DecodeOptions& options) {
  using Reader = Result<orm::PageReader>;
  return std::visit(
      overloaded{
          [&](const plan::Read& read) -> Reader { return open_read(model, read, options); },
          [&](const Source::Kind::TableName& table) -> Reader {
            SLUICE_TRY(plan::TableId id, plan::parse_table_id(table.name));
            return open_read(
                model,
                {.from = std::move(id), .columns = {}, .where = {}, .order_by = {}, .limit = {}},
                options);
          },
          [&](const std::shared_ptr<ColumnStream>& batches) -> Reader {
            SLUICE_TRY(const auto stream, take_stream(batches));
            SLUICE_CHECK(context_->check());
            return orm::PageReader::open(
                model, std::exchange(*stream, ColumnStream()),
                std::make_unique<ReadLease>(nullptr, shared_->options.metrics, model.table),
                options);
          },
          [&](const NativeSource& function) -> Reader {
            return open_native(model, function, options);
          },
      },
      source.kind().holds);
}

Result<orm::PageReader> Session::open_native(const orm::TableModel& model,
                                             const NativeSource& function,
                                             const orm::DecodeOptions& options) {
  SLUICE_CHECK(context_->check());
  if (function == nullptr) {
    return make_error(ErrorCode::InvalidArgument, "expected a function as a source, got none");
  }
  SLUICE_TRY(NativeRows native, function(*context_));
  auto lease = std::make_unique<ReleaseLease>(std::move(native.release), nullptr);
  if (const auto* arrow = std::any_cast<ArrowArrayStream>(&native.rows)) {
    ArrowArrayStream taken = *arrow;
    if (taken.release == nullptr) {
      return make_error(ErrorCode::InvalidArgument,
                        "expected an Arrow stream that was not released, got one that was");
    }
    lease->hold(std::make_unique<ReadLease>(nullptr, shared_->options.metrics, model.table));
    return orm::PageReader::open(model, ColumnStream(std::move(taken)), std::move(lease), options);
  }
  if (const auto* statement = std::any_cast<plan::Statement>(&native.rows)) {
    SLUICE_TRY(auto pooled, shared_->lend(*context_));
    engine::Connection& connection = **pooled;
    lease->hold(
        std::make_unique<ReadLease>(std::move(pooled), shared_->options.metrics, model.table));
    SLUICE_TRY(ColumnStream stream, connection.query(*context_, *statement));
    return orm::PageReader::open(model, std::move(stream), std::move(lease), options);
  }
  return make_error(
             ErrorCode::Unsupported,
             fmt::format("rows of this native type cannot be read: '{}'", type_name(native.rows)))
      .with_hint("bring an ArrowArrayStream, or a plan::Statement for this session's engine");
}

Result<ColumnStream> Session::batches(const plan::Statement& statement) {
  SLUICE_TRY(auto lease, shared_->lend(*context_));
  SLUICE_TRY(ColumnStream stream, (*lease)->query(*context_, statement));
  return ColumnStream(std::make_unique<LeasedSource>(std::move(lease), std::move(stream)));
}

Result<schema::Schema> Session::describe(const plan::Statement& statement) {
  SLUICE_TRY(auto lease, shared_->lend(*context_));
  return (*lease)->describe(*context_, statement);
}

}  // namespace sluice
