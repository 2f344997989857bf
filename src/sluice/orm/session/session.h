// The typed door to a database: structs in, structs out. A Session is a handle on one engine with a
// pool of connections; copies share it. Every verb is one call: validated first, written once, or
// an error that says what is true. Nothing is cached between calls.
//
//   sluice::Session db = sluice::open(sluice::duckdb("shop.db")).value();
//   db.migrate<User>().value();
//   sluice::Receipt receipt = db.insert(users, {.idempotency_key = request_id}).value();
//   std::vector<User> kiwis = db.query<User>(sluice::sql("SELECT * FROM users WHERE country = ?",
//   "NZ")).value();
//
// Safe from any thread. What is inserted is only read, and only during the call. Streams and leased
// handles end before the session is closed; what a Context of `with` points to outlives its calls.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/orm/model/table_model.h"
#include "sluice/orm/session/options.h"
#include "sluice/orm/session/query.h"
#include "sluice/orm/session/record_feed.h"
#include "sluice/orm/session/row_stream.h"
#include "sluice/orm/session/source.h"

namespace sluice {

struct Context;

namespace engine {
class Engine;
}
namespace orm {
enum class Unknown : std::uint8_t;
}
namespace schema {
struct Schema;
}

/// What maintain<T>() removed.
struct Maintenance {
  /// Of tables inside a DuckDB database. Of a lake they count among files_removed, and tables in
  /// folders forget keys while they are written to.
  std::int64_t keys_forgotten = 0;
  /// Files that no version of the table needs any more.
  std::int64_t files_removed = 0;
};

/// What cleanup_staging() did: folders "_staging/<ingest_id>" of ingests that ended without
/// removing their files, as a killed process does.
struct CleanupReport {
  std::vector<std::string> deleted;
  std::vector<std::string> failed;  // old enough, but not all could be removed: try again
  std::int64_t scanned = 0;         // folders seen, with those that were left alone
  std::uint64_t bytes = 0;          // that were removed
};

/// The engine's own handle, lent by the pool: a duckdb_connection. Do not close it.
class NativeHandle {
 public:
  NativeHandle(void* handle, std::unique_ptr<orm::Lease> lease)
      : handle_(handle), lease_(std::move(lease)) {}
  void* get() const { return handle_; }

 private:
  void* handle_;
  std::unique_ptr<orm::Lease> lease_;
};

class Session {
 public:
  /// Creates the table of each model unless it is there.
  template <class... T>
  Status migrate() {
    static_assert((internal::check_model<T>() && ...));
    return migrate_models({&orm::table_model_of<T>()...});
  }

  /// InvalidArgument when the table's columns are not the model's, and says how they differ.
  template <class T>
  Status assert_schema() {
    static_assert(internal::check_model<T>());
    return assert_model(orm::table_model_of<T>());
  }

  /// Writes one record, or all records of a range, in one commit. Records that lie in a row are
  /// read in place; others are taken from the range page by page while they are written.
  template <class Records>
  Result<Receipt> insert(Records&& records, const InsertOptions& options = {}) {
    using Plain = std::remove_cvref_t<Records>;
    if constexpr (requires { std::data(records), std::size(records); }) {
      return insert_span(std::span(std::data(records), std::size(records)), options);
    } else if constexpr (requires { std::begin(records), std::end(records); }) {
      orm::RangeFeed feed(records);
      using T = typename decltype(feed)::Record;
      static_assert(internal::check_model<T>());
      return insert_feed(orm::table_model_of<T>(), feed, options, {});
    } else {
      return insert_span(std::span<const Plain>(&records, 1), options);
    }
  }
  template <class T>
  Result<Receipt> insert(std::initializer_list<T> records, const InsertOptions& options = {}) {
    return insert_span(std::span<const T>(records.begin(), records.size()), options);
  }

  /// Writes Arrow batches whose columns are the members of T: each is read into records first, so
  /// they pass the same rules. Columns of members that are defaulted or stamped may be missing.
  template <class T>
  Result<Receipt> insert_batches(ColumnStream batches, const InsertOptions& options = {}) {
    static_assert(internal::check_model<T>());
    orm::BatchFeed<T> feed(sluice::stream_as<T>(std::move(batches), {.may_lack_defaults = true}));
    return insert_feed(orm::table_model_of<T>(), feed, options, {});
  }

  /// Changes the rows that the records' keys find, and adds none.
  template <class Records>
  Result<Receipt> update(const Records& records, const InsertOptions& options = {}) {
    if constexpr (requires { std::data(records), std::size(records); }) {
      return update_span(std::span(std::data(records), std::size(records)), options);
    } else {
      return update_span(std::span<const Records>(&records, 1), options);
    }
  }

  /// Deletes the rows for which the condition holds; see by_key for one row.
  template <class T>
  Result<Receipt> remove(Condition<T> condition, const std::string& idempotency_key = {}) {
    static_assert(internal::check_model<T>());
    return remove_where(orm::table_model_of<T>(), *condition.expr, idempotency_key);
  }

  /// Forgets the keys of commits that are older than idempotency_ttl, and removes files that were
  /// replaced before then: a read that began earlier may end with an error.
  template <class T>
  Result<Maintenance> maintain() {
    static_assert(internal::check_model<T>());
    return maintain_model(orm::table_model_of<T>());
  }

  /// Removes staged files of ingests that began longer ago than that: longer than any insert takes,
  /// of other processes too. What is named by no ingest id is left alone.
  Result<CleanupReport> cleanup_staging(std::chrono::seconds older_than);

  /// All rows of a query, read into T: from<U>()..., sql(...), or nothing for the whole table of T.
  template <class T, class... Q>
  Result<std::vector<T>> query(Q&&... query) {
    return stream<T>(std::forward<Q>(query)...).collect();
  }

  /// The first row; empty when there is none.
  template <class T, class... Q>
  Result<std::optional<T>> query_first(Q&&... query) {
    RowStream<T> rows = stream<T>(std::forward<Q>(query)...);
    for (const auto& page : rows) {
      if (!page.has_value()) {
        return page.error();
      }
      return std::optional<T>((*page).front());
    }
    return std::optional<T>{};
  }

  /// The only row. NotFound when there is none, InvalidArgument when there are more.
  template <class T, class... Q>
  Result<T> query_one(Q&&... query) {
    std::optional<T> only;
    RowStream<T> rows = stream<T>(std::forward<Q>(query)...);
    for (const auto& page : rows) {
      if (!page.has_value()) {
        return page.error();
      }
      if (only.has_value() || (*page).size() > 1) {
        return more_than_one();
      }
      only = (*page).front();
    }
    if (!only.has_value()) {
      return none_found();
    }
    return *std::move(only);
  }

  /// Rows a page at a time, in constant memory.
  template <class T>
  RowStream<T> stream(const plan::Statement& statement, const orm::DecodeOptions& options = {}) {
    return RowStream<T>(open_statement(orm::table_model_of<T>(), statement, options));
  }
  template <class T, class U>
  RowStream<T> stream(const Query<U>& query, const orm::DecodeOptions& options = {}) {
    return RowStream<T>(open_read(orm::table_model_of<T>(), query.plan(), options));
  }
  template <class T>
  RowStream<T> stream(const Source& source, const orm::DecodeOptions& options = {}) {
    return RowStream<T>(open_source(orm::table_model_of<T>(), source, options));
  }
  template <class T>
  RowStream<T> stream() {
    return stream<T>(from<T>());
  }

  /// Calls `visit` for every row.
  template <class T, class Q, class F>
  Status for_each(const Q& query, F visit) {
    RowStream<T> rows = stream<T>(query);
    for (const auto& page : rows) {
      if (!page.has_value()) {
        return page.error();
      }
      for (const T& row : *page) {
        visit(row);
      }
    }
    return {};
  }

  /// Runs a statement of the engine; rows changed, 0 where the engine does not say.
  Result<std::int64_t> exec(const plan::Statement& statement);
  /// The columns of a query as Arrow batches, without decoding.
  Result<ColumnStream> batches(const plan::Statement& statement);
  /// The columns that a query would give, without running it.
  Result<schema::Schema> describe(const plan::Statement& statement);
  /// The same of a read.
  Result<ColumnStream> batches(const plan::Read& read);
  Result<schema::Schema> describe(const plan::Read& read);
  /// How many rows a read gives.
  Result<std::int64_t> count(const plan::Read& read);
  /// A read as this session's engine gets it. Unsupported where the tables are folders, which no
  /// statement can name.
  Result<plan::Statement> render(const plan::Read& read) const;
  /// A round trip to the engine.
  Status ping();
  Result<NativeHandle> native_handle();

  /// The same session, whose calls stop, log and tell the time as `context` says.
  Session with(const Context& context) const;
  /// The same session, whose calls end with Cancelled unless they are done by then.
  Session within(std::chrono::milliseconds time) const;

  /// No call succeeds afterwards; closing again does nothing.
  void close();

 private:
  class Shared;
  friend Result<Session> open(std::shared_ptr<engine::Engine> engine, const TableFormat& format,
                              const StorageAddress& storage, const OpenOptions& options);
  Session(std::shared_ptr<Shared> shared, std::shared_ptr<const Context> context)
      : shared_(std::move(shared)), context_(std::move(context)) {}

  template <class T>
  Result<Receipt> insert_span(std::span<T> records, const InsertOptions& options) {
    using Record = std::remove_const_t<T>;
    static_assert(internal::check_model<Record>());
    orm::SpanFeed feed(records.data(), sizeof(Record), records.size());
    return insert_feed(orm::table_model_of<Record>(), feed, options, {});
  }
  template <class T>
  Result<Receipt> update_span(std::span<T> records, const InsertOptions& options) {
    using Record = std::remove_const_t<T>;
    static_assert(internal::check_model<Record>());
    orm::SpanFeed feed(records.data(), sizeof(Record), records.size());
    return update_feed(orm::table_model_of<Record>(), feed, options);
  }

  Status migrate_models(std::initializer_list<const orm::TableModel*> models);
  Status assert_model(const orm::TableModel& model);
  Result<Receipt> insert_feed(const orm::TableModel& model, orm::RecordFeed& feed,
                              const InsertOptions& options, orm::Unknown unknown);
  Result<Receipt> update_feed(const orm::TableModel& model, orm::RecordFeed& feed,
                              const InsertOptions& options);
  Result<Maintenance> maintain_model(const orm::TableModel& model);
  Result<Receipt> remove_where(const orm::TableModel& model, const plan::Expr& condition,
                               const std::string& idempotency_key);
  Result<orm::PageReader> open_statement(const orm::TableModel& model,
                                         const plan::Statement& statement,
                                         const orm::DecodeOptions& options);
  Result<orm::PageReader> open_source(const orm::TableModel& model, const Source& source,
                                      const orm::DecodeOptions& options);
  Result<orm::PageReader> open_native(const orm::TableModel& model, const NativeSource& function,
                                      const orm::DecodeOptions& options);
  Result<orm::PageReader> open_read(const orm::TableModel& model, const plan::Read& read,
                                    const orm::DecodeOptions& options);
  Result<orm::PageReader> open_rows(const orm::TableModel& model, const plan::Read& read,
                                    std::string (*shape)(const std::string& select),
                                    const orm::DecodeOptions& options);
  static Error more_than_one();
  static Error none_found();

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<const Context> context_;
};

/// Opens a session on an engine that is loaded by name; nothing is dialled before the first call.
/// Unsupported: this engine does not write tables of that format.
Result<Session> open(const EngineAddress& address, const TableFormat& format,
                     const StorageAddress& storage = {}, const OpenOptions& options = {});
Result<Session> open(const EngineAddress& address, const OpenOptions& options = {});

/// Opens a session on an engine of the caller's.
Result<Session> open(std::shared_ptr<engine::Engine> engine, const TableFormat& format,
                     const StorageAddress& storage = {}, const OpenOptions& options = {});
Result<Session> open(std::shared_ptr<engine::Engine> engine, const OpenOptions& options = {});

}  // namespace sluice
