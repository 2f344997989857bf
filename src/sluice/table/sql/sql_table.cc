#include "sluice/table/sql/sql_table.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/change.h"
#include "sluice/table/change/key_check.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/evolve.h"
#include "sluice/table/files/form.h"
#include "sluice/table/sql/alter_internal.h"
#include "sluice/table/sql/columns_internal.h"
#include "sluice/table/sql/damage_internal.h"
#include "sluice/table/sql/form_internal.h"
#include "sluice/table/sql/ledger_internal.h"
#include "sluice/table/sql/past_internal.h"
#include "sluice/table/sql/transaction_internal.h"

namespace sluice::table {
namespace {

using dialect::quote_identifier;
using internal::check_columns;
using internal::check_name;
using internal::Ledger;
using internal::names_of;
using internal::render_changes;
using internal::render_layout;
using internal::Transaction;

bool is_conflict(const Error& error) { return error.code == ErrorCode::CommitConflict; }

class SqlPrepared final : public Prepared {
 public:
  explicit SqlPrepared(Transaction open) : transaction(std::move(open)) {}
  const Receipt& expected() const override { return receipt; }
  Status abort(const Context&) override { return transaction.roll_back(); }

  Transaction transaction;
  Receipt receipt;
  CommitKey key;
  std::string operation;
  Batch batch;
  Change change;  // its relation is empty when the rows are already in the table
  schema::Schema schema;
  std::vector<std::string> key_columns;
};

/// A state, and what the ledger knows about its table and one key.
struct LoadedState {
  TableState table;
  bool has_entry = false;
  bool knows_key = false;
};

class SqlTablePort final : public Table {
 public:
  SqlTablePort(engine::Connection& connection, SqlTable table)
      : Table(table.description),
        connection_(&connection),
        table_(std::move(table)),
        ledger_(connection, table_.id, table_.has_primary_keys) {}

  using Table::create;
  Status create(const Context& context, const plan::CreateTable& create,
                const Properties& properties) override;
  Status create_at_commit(const Context& context, const plan::CreateTable& create,
                          const Properties& properties) override;
  Result<std::optional<TableState>> find_state(const Context& context) override;
  Result<std::optional<StoredCommit>> find_commit(const Context& context,
                                                  std::string_view key) override;
  Result<std::unique_ptr<Prepared>> prepare(const Context& context, const plan::Write& write,
                                            ColumnStream rows, const CommitKey& key) override;
  Result<CommitOutcome> commit(const Context& context, std::unique_ptr<Prepared> prepared) override;
  Result<std::vector<Version>> history(const Context& context) override;
  Status make_view(const Context& context, const At& at, const std::string& name) override;
  Result<Maintained> maintain(const Context& context, const Maintenance& request) override;

 private:
  Result<Maintained> sweep_files(const Context& context, sys_micros older_than);
  Result<Maintained> vacuum(const Context& context, sys_micros older_than);
  Result<Maintained> compact(const Context& context, const Compact& request);
  Result<Maintained> evolve(const Context& context, const std::vector<schema::Change>& changes);
  Result<Maintained> put_description(const Context& context, const Describe& told);
  Result<Maintained> alter(const Context& context, Transaction transaction, const TableState& state,
                           const std::string& operation,
                           const std::vector<std::string>& statements);
  Status create_once(const Context& context, const plan::CreateTable& create,
                     const Properties& properties);
  Status give_codec(const Context& context);
  Status run(const Context& context, const std::vector<std::string>& statements);
  Status make_table(const Context& context, const plan::CreateTable& create,
                    const Properties& properties);
  Result<std::unique_ptr<Prepared>> prepare_once(const Context& context, const plan::Write& write,
                                                 ColumnStream rows, const CommitKey& key);
  Result<Maintained> compact_once(const Context& context);
  Result<std::optional<TableState>> find_stored(const Context& context);
  Status check_there(const Context& context);
  Result<LoadedState> load_state(const Context& context, std::string_view key);
  Result<LoadedState> load_own_state(const Context& context, std::string_view key);
  Status fill(const Context& context, const plan::Write& write, ColumnStream rows,
              const TableState& state, SqlPrepared& prepared);
  Status empty(const Context& context, const plan::Write& write, SqlPrepared& prepared);
  Status stream_rows(const Context& context, const plan::Write& write, ColumnStream rows,
                     const schema::Schema& schema, SqlPrepared& prepared);
  Status add_rows(const Context& context, const plan::Write& write, const ChangeRequest& request,
                  SqlPrepared& prepared);
  Status apply(const Context& context, const SqlPrepared& prepared);
  Result<bool> finish(const Context& context, SqlPrepared& prepared);
  CommitOutcome settle(const Context& context, SqlPrepared& prepared, Error cause);
  Result<std::string> render_rows(const schema::Schema& schema) const;
  std::string table_name() const { return dialect::quote_table(table_.id); }

  engine::Connection* connection_;
  SqlTable table_;
  Ledger ledger_;
  /// What the first commit makes.
  std::optional<std::pair<plan::CreateTable, Properties>> unmade_;
};

Status SqlTablePort::create(const Context& context, const plan::CreateTable& create,
                            const Properties& properties) {
  constexpr int kAttemptsMax = 8;
  SLUICE_CHECK(check_name(table_.id));
  SLUICE_CHECK(check_columns(create.schema, table_.has_snapshots));
  SLUICE_CHECK(check_form(create.schema, with_sort_order(properties, create)));
  Status created;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    created = create_once(context, create, properties);
    if (created.has_value()) {
      created = give_codec(context);
    }
    if (created.has_value() || !is_conflict(created.error())) {
      break;
    }
    SLUICE_CHECK(context.check());
  }
  return created;
}

/// Of a table that no one has written to: files that are there stay as they are, so one whose maker
/// was stopped before this gets its codec with the first write.
Status SqlTablePort::give_codec(const Context& context) {
  SLUICE_TRY(const auto there, find_stored(context));
  const bool is_unwritten = there.has_value() && there->version == 0;
  return is_unwritten ? run(context, internal::render_codec(table_, there->properties)) : Status{};
}

Status SqlTablePort::run(const Context& context, const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) {
    SLUICE_CHECK(connection_->execute(context, statement));
  }
  return {};
}

Status SqlTablePort::create_once(const Context& context, const plan::CreateTable& create,
                                 const Properties& properties) {
  SLUICE_TRY(Transaction transaction,
             Transaction::begin(context, *connection_, table_.files.get()));
  SLUICE_CHECK(make_table(context, create, properties));
  Status committed = transaction.commit(context);
  if (!committed.has_value() && is_conflict(committed.error())) {
    transaction.release();
  }
  return committed;
}

/// What is not there yet, in the transaction that is open.
Status SqlTablePort::make_table(const Context& context, const plan::CreateTable& create,
                                const Properties& properties) {
  SLUICE_TRY(const auto there, find_stored(context));
  if (table_.id.parts.size() > 1) {
    plan::TableId folder = table_.id;
    folder.parts.pop_back();
    SLUICE_CHECK(connection_->execute(
        context, fmt::format("CREATE SCHEMA IF NOT EXISTS {}", dialect::quote_table(folder))));
  }
  plan::CreateTable plain = internal::without_primary_key(create);
  plain.target = table_.id;
  SLUICE_TRY(const plan::Statement statement,
             dialect::render_create_table(dialect::duckdb_dialect(), plain));
  SLUICE_CHECK(connection_->execute(context, statement));
  if (!there.has_value()) {
    SLUICE_TRY(const auto form, internal::render_first_form(table_, table_name(), create,
                                                            with_sort_order(properties, create)));
    SLUICE_CHECK(run(context, form));
  }
  SLUICE_CHECK(ledger_.create(context));
  if (!there.has_value()) {
    SLUICE_CHECK(ledger_.drop_table(context));
  }
  return ledger_.add_table(context, create.partition_by);
}

/// In the transaction of the first commit; before it where files need a table that is committed.
Status SqlTablePort::create_at_commit(const Context& context, const plan::CreateTable& create,
                                      const Properties& properties) {
  SLUICE_CHECK(check_name(table_.id));
  SLUICE_CHECK(check_columns(create.schema, table_.has_snapshots));
  SLUICE_CHECK(check_form(create.schema, with_sort_order(properties, create)));
  if (!internal::render_codec(table_, properties).empty()) {
    return this->create(context, create, properties);
  }
  SLUICE_TRY(const auto there, find_stored(context));
  if (!there.has_value()) {
    unmade_.emplace(create, with_sort_order(properties, create));
  }
  return {};
}

Result<std::optional<TableState>> SqlTablePort::find_state(const Context& context) {
  SLUICE_CHECK(internal::check_no_view(context, *connection_, table_.id));
  SLUICE_TRY(auto there, find_stored(context));
  if (there.has_value() || !unmade_.has_value()) {
    return there;
  }
  return std::optional(TableState{.version = 0,
                                  .schema = unmade_->first.schema,
                                  .partition_by = unmade_->first.partition_by,
                                  .properties = unmade_->second});
}

Result<std::optional<StoredCommit>> SqlTablePort::find_commit(const Context& context,
                                                              std::string_view key) {
  if (table_.files != nullptr) {
    SLUICE_CHECK(table_.files->restore(context));
  }
  SLUICE_TRY(auto stored, ledger_.find_commit(context, key));
  if (stored.has_value()) {
    // Entries of a table that was dropped are no commits of one that is there.
    SLUICE_TRY(const auto there, find_stored(context));
    stored = there.has_value() ? std::move(stored) : std::nullopt;
  }
  return stored;
}

Result<LoadedState> SqlTablePort::load_state(const Context& context, std::string_view key) {
  LoadedState loaded;
  TableState& state = loaded.table;
  SLUICE_TRY(state.schema,
             connection_->describe(context, fmt::format("SELECT * FROM {}", table_name())));
  SLUICE_TRY(const auto rows,
             find_text_rows(context, *connection_,
                            fmt::format("SELECT column_name, nullif(upper(\"default\"), "
                                        "'NULL') FROM (DESCRIBE {}) WHERE \"null\" = 'NO'",
                                        table_name())));
  for (schema::Field& field : state.schema.fields) {
    field.nullable = true;
    for (const TextRow& row : rows) {
      field.nullable = field.nullable && row[0].value_or("") != field.name;
    }
  }
  for (const TextRow& row : rows) {
    if (row[1].has_value()) {
      state.filled.push_back(row[0].value_or(""));
    }
  }
  SLUICE_TRY(const auto version, ledger_.find_version(context, key));
  loaded.has_entry = version.has_value();
  if (version.has_value()) {
    state.version = version->version;
    state.partition_by = version->partition_by;
    loaded.knows_key = version->knows_key;
  }
  return loaded;
}

Result<std::optional<TableState>> SqlTablePort::find_stored(const Context& context) {
  auto loaded = load_state(context, {});
  if (loaded.has_value()) {
    SLUICE_CHECK(internal::load_description(context, *connection_, table_.id, loaded->table));
    return std::optional(std::move(loaded->table));
  }
  if (loaded.error().code == ErrorCode::NotFound) {
    return std::optional<TableState>{};
  }
  return std::move(loaded).error();
}

/// For a write: a table that others have made gets its entries.
Result<LoadedState> SqlTablePort::load_own_state(const Context& context, std::string_view key) {
  SLUICE_CHECK(internal::check_no_view(context, *connection_, table_.id));
  auto loaded = load_state(context, key);
  if (!loaded.has_value()) {
    const bool absent = loaded.error().code == ErrorCode::NotFound;
    return absent ? std::move(loaded).error().with_hint("Create the table first.")
                  : std::move(loaded).error();
  }
  if (!loaded->has_entry) {
    SLUICE_CHECK(ledger_.create(context));
    SLUICE_CHECK(ledger_.add_table(context, {}));
  }
  return loaded;
}

Result<std::string> SqlTablePort::render_rows(const schema::Schema& schema) const {
  if (schema.find("rowid") != nullptr) {
    return make_error(
               ErrorCode::Unsupported,
               fmt::format("rows of a table with a column 'rowid' cannot be told apart: '{}'",
                           plan::to_string(table_.id)))
        .with_hint("Rename the column, or append and overwrite only.");
  }
  return fmt::format("(SELECT CAST(NULL AS VARCHAR) AS {}, rowid AS {}, * FROM {})", kFile, kRow,
                     table_name());
}

Result<std::unique_ptr<Prepared>> SqlTablePort::prepare(const Context& context,
                                                        const plan::Write& write, ColumnStream rows,
                                                        const CommitKey& key) {
  auto prepared = prepare_once(context, write, std::move(rows), key);
  if (!prepared.has_value()) {
    return internal::tell_damage(context, *connection_, table_, std::move(prepared).error());
  }
  return prepared;
}

Result<std::unique_ptr<Prepared>> SqlTablePort::prepare_once(const Context& context,
                                                             const plan::Write& write,
                                                             ColumnStream rows,
                                                             const CommitKey& key) {
  SLUICE_CHECK(check_name(table_.id));
  SLUICE_TRY(Transaction transaction,
             Transaction::begin(context, *connection_, table_.files.get()));
  auto prepared = std::make_unique<SqlPrepared>(std::move(transaction));
  if (unmade_.has_value()) {
    SLUICE_CHECK(make_table(context, unmade_->first, unmade_->second));
  }
  SLUICE_TRY(const LoadedState loaded, load_own_state(context, key.key));
  TableState state = loaded.table;
  if (state.version == 0 && !unmade_.has_value() && table_.render_codec != nullptr) {
    SLUICE_CHECK(give_codec(context));
  }
  if (loaded.knows_key) {
    return make_error(ErrorCode::CommitConflict,
                      fmt::format("another writer has committed this key: '{}'", key.key));
  }
  SLUICE_TRY(state.schema,
             internal::without_self_filled(context, *connection_, table_.id, write, state.schema));
  SLUICE_CHECK(check_fit(write, state.schema));
  if (!std::holds_alternative<plan::Append>(write.mode)) {
    SLUICE_CHECK(internal::use_indexes(context, *connection_, table_name(), state.schema));
  }
  prepared->key = key;
  prepared->operation = plan::mode_name(write.mode);
  prepared->schema = state.schema;
  prepared->key_columns = internal::key_columns_of(write.mode);
  prepared->receipt = {.ingest_id = key.ingest_id, .version = state.version + 1};
  SLUICE_CHECK(fill(context, write, std::move(rows), state, *prepared));
  return std::unique_ptr<Prepared>(std::move(prepared));
}

/// Rows of an append and an overwrite go into the table now, invisible to others; a change is
/// worked out now and applied by commit, so that writers meet there.
Status SqlTablePort::fill(const Context& context, const plan::Write& write, ColumnStream rows,
                          const TableState& state, SqlPrepared& prepared) {
  const auto* append = std::get_if<plan::Append>(&write.mode);
  const bool once = !needs_change(write.mode) && (append == nullptr || append->unique_key.empty());
  const auto texts = internal::text_partitions(state, table_.has_partitions);
  if (is_stream(write, once) && texts.empty()) {
    return stream_rows(context, write, std::move(rows), state.schema, prepared);
  }
  if (!std::holds_alternative<plan::DeleteWhere>(write.mode)) {
    SLUICE_TRY(prepared.batch, load_batch(context, *connection_, write, std::move(rows),
                                          state.schema, prepared.key, once && texts.empty()));
    SLUICE_CHECK(
        internal::check_partition_texts(context, *connection_, texts, prepared.batch.from));
  }
  ChangeRequest request{.write = &write,
                        .table = state.schema,
                        .partition_by = state.partition_by,
                        .target = {},
                        .batch = prepared.batch,
                        .key = prepared.key};
  if (!once) {
    SLUICE_TRY(request.target, render_rows(state.schema));
  }
  if (!needs_change(write.mode)) {
    return add_rows(context, write, request, prepared);
  }
  SLUICE_TRY(prepared.change, make_change(context, *connection_, request));
  prepared.receipt.rows_in = prepared.batch.rows;
  prepared.receipt.inserted = prepared.change.inserted;
  prepared.receipt.updated = prepared.change.updated - prepared.change.marked;
  prepared.receipt.unchanged = prepared.change.unchanged;
  prepared.receipt.deleted = prepared.change.deleted + prepared.change.marked;
  return {};
}

/// Takes the rows of the table out first where the write replaces them.
Status SqlTablePort::empty(const Context& context, const plan::Write& write,
                           SqlPrepared& prepared) {
  if (!std::holds_alternative<plan::Append>(write.mode)) {
    SLUICE_TRY_IN(prepared.receipt.deleted,
                  connection_->execute(context, fmt::format("DELETE FROM {}", table_name())),
                  "emptying the table");
  }
  return {};
}

Status SqlTablePort::stream_rows(const Context& context, const plan::Write& write,
                                 ColumnStream rows, const schema::Schema& schema,
                                 SqlPrepared& prepared) {
  SLUICE_CHECK(empty(context, write, prepared));
  SLUICE_TRY(prepared.receipt.inserted, insert_stream(context, *connection_, write, std::move(rows),
                                                      schema, table_name(), prepared.key));
  prepared.receipt.rows_in = prepared.receipt.inserted;
  return {};
}

Status SqlTablePort::add_rows(const Context& context, const plan::Write& write,
                              const ChangeRequest& request, SqlPrepared& prepared) {
  SLUICE_CHECK(empty(context, write, prepared));
  const auto* append = std::get_if<plan::Append>(&write.mode);
  if (append != nullptr && !append->unique_key.empty()) {
    SLUICE_CHECK(check_unique_key(context, *connection_, request, append->unique_key));
  }
  const std::string columns = dialect::quote_columns(names_of(request.table));
  SLUICE_TRY_IN(prepared.receipt.inserted,
                connection_->execute(
                    context, fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", table_name(),
                                         columns, columns, prepared.batch.from)),
                "inserting rows");
  prepared.receipt.rows_in = prepared.receipt.inserted;
  return {};
}

/// Updates in place: DuckDB sees that another transaction has updated the same row, which it does
/// not for a row that is deleted and inserted anew.
Status SqlTablePort::apply(const Context& context, const SqlPrepared& prepared) {
  const Change& change = prepared.change;
  const std::string relation = quote_identifier(change.relation);
  const std::string columns = dialect::quote_columns(names_of(prepared.schema));
  const auto run = [&](std::int64_t rows, std::string text, std::string doing) -> Status {
    if (rows > 0) {
      SLUICE_TRY_IN([[maybe_unused]] const auto done,
                    connection_->execute(context, std::move(text)), std::move(doing));
    }
    return {};
  };
  SLUICE_CHECK(run(change.deleted,
                   fmt::format("DELETE FROM {} WHERE rowid IN (SELECT {} FROM {} WHERE {} = 'd')",
                               table_name(), kRow, relation, kKind),
                   "taking rows out"));
  SLUICE_CHECK(run(
      change.updated,
      fmt::format("UPDATE {0} SET {1} FROM {2} AS c WHERE {0}.rowid = c.{3} AND c.{4} "
                  "IN ('u', 'c')",
                  table_name(), internal::render_assignments(prepared.schema, prepared.key_columns),
                  relation, kRow, kKind),
      "updating rows"));
  return run(change.inserted,
             fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {} = 'i'", table_name(),
                         columns, columns, relation, kKind),
             "putting new rows in");
}

/// Everything of the commit but its last word. False: the table is on another version.
Result<bool> SqlTablePort::finish(const Context& context, SqlPrepared& prepared) {
  SLUICE_CHECK(apply(context, prepared));
  prepared.receipt.committed_at = context.clock->now();
  return ledger_.record(context,
                        {.version = prepared.receipt.version,
                         .committed_at = prepared.receipt.committed_at,
                         .operation = prepared.operation,
                         .key = prepared.key.key},
                        prepared.key.fingerprint, prepared.receipt, table_name());
}

Status SqlTablePort::make_view(const Context& context, const At& at, const std::string& name) {
  SLUICE_CHECK(check_there(context));
  SLUICE_TRY(const std::string from,
             internal::render_at(context, *connection_, table_, ledger_, *this, at));
  if (from == table_name()) {
    SLUICE_CHECK(internal::check_files(context, *connection_, table_));
  }
  SLUICE_TRY_IN([[maybe_unused]] const auto made,
                connection_->execute(
                    context, fmt::format("CREATE OR REPLACE TEMP VIEW {} AS SELECT * FROM {}",
                                         quote_identifier(name), from)),
                "making a view of the table");
  return {};
}

Result<Maintained> SqlTablePort::evolve(const Context& context,
                                        const std::vector<schema::Change>& changes) {
  SLUICE_TRY(Transaction transaction,
             Transaction::begin(context, *connection_, table_.files.get()));
  SLUICE_TRY(LoadedState loaded, load_own_state(context, {}));
  if (table_.has_partitions) {
    SLUICE_CHECK(internal::load_description(context, *connection_, table_.id, loaded.table));
  }
  SLUICE_TRY(const Evolved evolved,
             evolve_schema(loaded.table.schema, changes, layout_columns(loaded.table)));
  SLUICE_CHECK(check_columns(evolved.schema, table_.has_snapshots, loaded.table.schema));
  SLUICE_CHECK(internal::check_filled(context, *connection_, table_name(), evolved));
  SLUICE_TRY(auto statements, render_changes(table_name(), changes, table_.widens_numbers_alone));
  internal::keep_a_column(table_name(), loaded.table.schema, changes, statements);
  return alter(context, std::move(transaction), loaded.table, "evolve", statements);
}

Result<Maintained> SqlTablePort::put_description(const Context& context, const Describe& told) {
  SLUICE_TRY(Transaction transaction,
             Transaction::begin(context, *connection_, table_.files.get()));
  SLUICE_TRY(LoadedState loaded, load_own_state(context, {}));
  SLUICE_CHECK(internal::load_description(context, *connection_, table_.id, loaded.table));
  SLUICE_CHECK(apply_description(loaded.table, told));
  SLUICE_CHECK(check_form(loaded.table.schema, told.properties));
  return alter(context, std::move(transaction), loaded.table, "describe",
               internal::render_description(table_, table_name(), loaded.table, told));
}

/// One transaction, with a version of its own in the ledger. A failed COMMIT is looked up.
Result<Maintained> SqlTablePort::alter(const Context& context, Transaction transaction,
                                       const TableState& state, const std::string& operation,
                                       const std::vector<std::string>& statements) {
  if (Status changed = run(context, statements); !changed) {
    return std::move(changed).error().with_context("changing the table");
  }
  const Uuid id = make_uuid_v7(*context.clock, *context.random);
  const CommitKey key{.key = operation + " " + to_string(id), .fingerprint = {}, .ingest_id = id};
  const Receipt receipt{
      .ingest_id = id, .version = state.version + 1, .committed_at = context.clock->now()};
  SLUICE_TRY(const bool is_ours, ledger_.record(context,
                                                {.version = receipt.version,
                                                 .committed_at = receipt.committed_at,
                                                 .operation = operation,
                                                 .key = key.key},
                                                key.fingerprint, receipt, table_name()));
  if (!is_ours) {
    return make_error(ErrorCode::CommitConflict, "another writer was first");
  }
  if (Status sent = transaction.commit(context); !sent.has_value()) {
    const auto stored = find_commit(context, key.key);
    const bool is_there = stored.has_value() && stored->has_value();
    if (!is_there && !(stored.has_value() && is_conflict(sent.error()))) {
      return make_error(ErrorCode::CommitUnknown, "the commit was sent and its reply was lost")
          .with_native(to_string(sent.error()))
          .with_hint("The table's history says whether it was made; if not, repeat it.");
    }
    transaction.release();
    SLUICE_CHECK(is_there ? Status{} : std::move(sent));
  }
  return Maintained{.version = receipt.version};
}

/// The database chooses the files; what it writes is flushed and kept as that of a commit.
Result<Maintained> SqlTablePort::compact(const Context& context, const Compact&) {
  if (table_.compactions.empty()) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("the database lays the rows of this table out by itself: '{}'",
                                  plan::to_string(table_.id)))
        .with_hint("CHECKPOINT in the database gives the room of deleted rows back.");
  }
  auto done = compact_once(context);
  if (!done.has_value()) {
    return internal::tell_damage(context, *connection_, table_, std::move(done).error());
  }
  return done;
}

Result<Maintained> SqlTablePort::compact_once(const Context& context) {
  SLUICE_CHECK(internal::check_files(context, *connection_, table_));
  SLUICE_TRY(const std::int64_t before, load_count(context, *connection_, table_.count_files));
  for (const std::string& statement : table_.compactions) {
    SLUICE_TRY(Transaction transaction,
               Transaction::begin(context, *connection_, table_.files.get()));
    SLUICE_TRY_IN([[maybe_unused]] const auto done, connection_->execute(context, statement),
                  "putting small files together");
    SLUICE_CHECK(transaction.commit(context));
  }
  SLUICE_TRY(const std::int64_t after, load_count(context, *connection_, table_.count_files));
  return Maintained{.deleted = std::max<std::int64_t>(before - after, 0),
                    .scanned = before,
                    .written = std::max<std::int64_t>(after - before, 0)};
}

Result<Maintained> SqlTablePort::sweep_files(const Context& context, sys_micros older_than) {
  if (table_.files == nullptr) {
    return Maintained{};
  }
  SLUICE_CHECK(table_.files->check_alone(context));
  return table_.files->sweep(context, older_than);
}

/// Told of a name that means no table, maintenance would be of the whole database.
Status SqlTablePort::check_there(const Context& context) {
  SLUICE_TRY(const auto state, find_stored(context));
  if (state.has_value()) {
    return {};
  }
  return make_error(ErrorCode::NotFound,
                    fmt::format("there is no such table: '{}'", plan::to_string(table_.id)));
}

Result<Maintained> SqlTablePort::maintain(const Context& context, const Maintenance& request) {
  SLUICE_CHECK(check_there(context));
  return std::visit(overloaded{
                        [&](const Clean& clean) { return sweep_files(context, clean.older_than); },
                        [&](const Vacuum& old) { return vacuum(context, old.older_than); },
                        [&](const Compact& compacting) { return compact(context, compacting); },
                        [&](const Evolve& evolving) { return evolve(context, evolving.changes); },
                        [&](const Describe& told) { return put_description(context, told); },
                    },
                    request);
}

Result<Maintained> SqlTablePort::vacuum(const Context& context, sys_micros older_than) {
  if (table_.files != nullptr) {
    SLUICE_CHECK(table_.files->check_alone(context));
  }
  SLUICE_TRY(Transaction transaction,
             Transaction::begin(context, *connection_, table_.files.get()));
  // A database shows its newest version alone, a lake each that was shown since the instant.
  const bool has_past = table_.files != nullptr;
  SLUICE_TRY(const std::int64_t first_kept,
             ledger_.find_newest(context, has_past ? std::optional(older_than) : std::nullopt));
  SLUICE_TRY(const std::int64_t forgotten, ledger_.forget(context, older_than, first_kept));
  SLUICE_CHECK(transaction.commit(context));
  if (table_.files != nullptr) {
    SLUICE_CHECK(table_.files->expire(context, older_than));
  }
  SLUICE_TRY(Maintained done, sweep_files(context, older_than));
  done.deleted += forgotten;
  return done;
}

/// What became of a commit that ended in an error: only the ledger tells. A conflict that left
/// nothing behind is one; whatever else left nothing behind may still be on its way.
CommitOutcome SqlTablePort::settle(const Context& context, SqlPrepared& prepared, Error cause) {
  const auto stored = find_commit(context, prepared.key.key);
  const bool is_ours = stored.has_value() && stored->has_value() &&
                       (*stored)->receipt.ingest_id == prepared.key.ingest_id;
  if (!is_ours && !(stored.has_value() && is_conflict(cause))) {
    // What failed behind a commit's last byte (a flush, a reply) may let the next reader find it.
    const bool may_be_there = cause.code == ErrorCode::Unavailable;
    cause.code = may_be_there ? ErrorCode::CommitUnknown : cause.code;
    return Unknown{std::move(cause)};
  }
  prepared.transaction.release();
  if (is_ours) {
    return Committed{prepared.receipt};
  }
  return Conflict{cause.message};
}

Result<CommitOutcome> SqlTablePort::commit(const Context& context,
                                           std::unique_ptr<Prepared> prepared) {
  auto& mine = static_cast<SqlPrepared&>(*prepared);
  const auto conflict = [&](std::string with) -> Result<CommitOutcome> {
    SLUICE_CHECK(mine.transaction.roll_back());
    return CommitOutcome{Conflict{std::move(with)}};
  };
  auto finished = finish(context, mine);
  if (!finished.has_value() && is_conflict(finished.error())) {
    return conflict(finished.error().message);
  }
  SLUICE_CHECK(finished);
  if (!*finished) {
    return conflict("another version of the table");
  }
  if (Status sent = mine.transaction.commit(context); !sent.has_value()) {
    return settle(context, mine, std::move(sent).error());
  }
  SLUICE_CHECK(mine.transaction.landed());
  unmade_.reset();
  drop_change(context, *connection_, mine.change);
  drop_batch(context, *connection_, mine.batch);
  return CommitOutcome{Committed{mine.receipt}};
}

Result<std::vector<Version>> SqlTablePort::history(const Context& context) {
  SLUICE_CHECK(check_there(context));
  return ledger_.history(context, table_name());
}

}  // namespace

Result<std::unique_ptr<Table>> make_sql_table(engine::Connection& connection, SqlTable table) {
  if (table.id.parts.empty() || table.id.parts.size() > 3) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected a table name of one to three parts, got '{}'",
                                  plan::to_string(table.id)));
  }
  return std::unique_ptr<Table>(std::make_unique<SqlTablePort>(connection, std::move(table)));
}

}  // namespace sluice::table
