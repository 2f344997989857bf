#include "sluice/contract/run/commit.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/limits.h"
#include "sluice/contract/evolution/evolution.h"
#include "sluice/contract/evolution/json_parts.h"
#include "sluice/contract/lower/history.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/contract/run/database_name.h"
#include "sluice/engine/held_file.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/run/write/write.h"
#include "sluice/table/duckdb/duckdb.h"
#include "sluice/table/files/form.h"
#include "sluice/table/open/folder_table.h"

namespace sluice::contract {
namespace {

plan::TableId id_of(const Contract& contract) {
  const std::string name = table_name(contract);
  return {{name.empty() ? "target" : name}};
}

/// "compliance.retention.period": "400d"; a list is one text.
void add_leaves(const Node& node, const std::string& name, table::Properties& properties) {
  if (node.is_mapping()) {
    for (const Entry& entry : node.entries) {
      add_leaves(entry.value, fmt::format("{}.{}", name, entry.key), properties);
    }
    return;
  }
  std::string text = node.text;
  for (const Node& item : node.items) {
    text += (text.empty() ? "" : ", ") + (item.is_scalar() ? item.text : describe(item));
  }
  if (!text.empty() && !node.is_null()) {
    properties[name] = text;
  }
}

/// Parts of columns that have no value in these rows take the types that the table has there.
Status take_untold_parts(const Context& context, const schema::Schema& table, AcceptedRows& rows) {
  for (schema::Field& field : rows.columns.fields) {
    const schema::Field* there = table.find(field.name);
    std::optional<UntoldParts> parts =
        there == nullptr ? std::nullopt : find_untold_parts(field, there->type);
    if (!parts) {
      continue;
    }
    SLUICE_TRY(const std::vector<std::int64_t> with_value,
               run::query_counts(context, *rows.connection,
                                 fmt::format("SELECT count(*) FROM {} WHERE {}", rows.relation,
                                             parts->has_value)));
    if (with_value[0] == 0) {
      field.type = std::move(parts->type);
      rows.staged = nullptr;
    }
  }
  return {};
}

void take_types(const Contract& contract, const schema::Schema& table, const plan::WriteMode& mode,
                AcceptedRows& rows) {
  for (schema::Field& field : rows.columns.fields) {
    const bool is_untold = std::ranges::find(rows.untold, field.name) != rows.untold.end();
    if (const schema::Field* there = table.find(field.name); is_untold && there != nullptr) {
      field.type = there->type;
    }
  }
  if (!replaces_columns(contract, mode) && take_stored_types(contract, table, rows.columns)) {
    rows.staged = nullptr;  // its files have the type that the rows came with
  }
}

}  // namespace

table::Properties properties_of(const Contract& contract) {
  table::Properties properties;
  const auto put = [&](const std::string& name, const MaybeText& text) {
    if (text && !text->value.empty()) {
      properties[name] = text->value;
    }
  };
  put("owner", contract.info.owner);
  put("classification", contract.info.classification);
  if (contract.compliance) {
    add_leaves(*contract.compliance, "compliance", properties);
  }
  if (contract.ownership) {
    add_leaves(*contract.ownership, "ownership", properties);
  }
  if (contract.materialization) {
    for (const auto& property : contract.materialization->table_properties) {
      properties[property.key.value] = property.value.value;
    }
    std::vector<std::string> order;
    for (const Text& column : contract.materialization->cluster_by) {
      order.push_back(column.value);
    }
    if (!order.empty()) {
      properties[std::string(table::kSortProperty)] = table::render_sort_order(order);
    }
  }
  return properties;
}

schema::Schema with_comments(const Contract& contract, schema::Schema columns) {
  for (schema::Field& column : columns.fields) {
    const Field* field = contract.model.find(column.name);
    if (field == nullptr) {
      continue;
    }
    column.comment = field->description ? field->description->value : "";
    std::string marks = field->classification ? field->classification->value : "";
    const std::pair<bool, std::string_view> marked[] = {{field->pii.value, "pii"},
                                                        {field->phi.value, "phi"},
                                                        {field->sensitive.value, "sensitive"}};
    for (const auto& [is_so, word] : marked) {
      if (is_so) {
        marks += fmt::format("{}{}", marks.empty() ? "" : ", ", word);
      }
    }
    if (!marks.empty()) {
      column.comment += fmt::format("{}[{}]", column.comment.empty() ? "" : " ", marks);
    }
  }
  return columns;
}

plan::CreateTable target_of(const Contract& contract, schema::Schema columns) {
  plan::CreateTable create{.target = id_of(contract),
                           .schema = with_comments(contract, std::move(columns)),
                           .primary_key = {},
                           .partition_by = {},
                           .sort_by = {}};
  if (contract.materialization) {
    for (const Text& column : contract.materialization->partition_by) {
      create.partition_by.push_back({.column = column.value});
    }
  }
  return create;
}

namespace {

Status check_partitions(const Contract& contract, const schema::Schema& columns) {
  for (const Text& column :
       contract.materialization ? contract.materialization->partition_by : Texts{}) {
    if (columns.find(column.value) == nullptr) {
      return make_error(ErrorCode::InvalidContract,
                        fmt::format("no accepted row has the column of materialization.partition_by"
                                    ": '{}'",
                                    column.value))
          .with_hint("name a column of the model, or remove it from partition_by");
    }
  }
  return {};
}

/// Columns that no table of the format can have are the contract's, not the command line's.
Status as_contract_fault(Status made) {
  if (made || made.error().code != ErrorCode::InvalidArgument) {
    return made;
  }
  Error error = std::move(made).error();
  error.code = ErrorCode::InvalidContract;
  return error;
}

/// A Delta table that is made to take appends alone is not made for a strategy that replaces rows.
Status check_appends(const Contract& contract, const table::Table& table,
                     const plan::WriteMode& mode) {
  if (table.describe().format != "delta" || std::holds_alternative<plan::Append>(mode)) {
    return {};
  }
  const table::Properties properties = properties_of(contract);
  for (const char* name : {"delta.appendOnly", "delta.enableChangeDataFeed"}) {
    const auto found = properties.find(name);
    if (found != properties.end() && schema::same_column(found->second, "true")) {
      return make_error(ErrorCode::InvalidContract,
                        fmt::format("a table with {} = true takes appends from Sluice, not the "
                                    "strategy {}",
                                    name, plan::mode_name(mode)))
          .with_hint("take the property out of table_properties, or write strategy: append");
    }
  }
  return {};
}

/// Reads through, and leaves every change out. What a commit still has to move counts as moved: the
/// log alone says what the table holds.
class Untouched final : public storage::Storage {
 public:
  explicit Untouched(std::unique_ptr<storage::Storage> under) : under_(std::move(under)) {}

  std::string uri(std::string_view path) const override { return under_->uri(path); }
  Result<std::optional<std::string>> find(const Context& context, std::string_view path,
                                          std::uint64_t bytes_max) override {
    return under_->find(context, path, bytes_max);
  }
  Result<std::vector<storage::ObjectInfo>> list(const Context& context,
                                                std::string_view prefix) override {
    return under_->list(context, prefix);
  }
  Status put(const Context&, std::string_view, std::string_view) override { return {}; }
  Status put_if_absent(const Context&, std::string_view, std::string_view) override { return {}; }
  Status publish(const Context&, std::string_view, std::string_view) override { return {}; }
  Status remove(const Context&, std::string_view) override { return {}; }
  Status prepare_folder(const Context&, std::string_view) override { return {}; }

 private:
  std::unique_ptr<storage::Storage> under_;
};

}  // namespace

std::unique_ptr<storage::Storage> make_untouched(std::unique_ptr<storage::Storage> storage) {
  return std::make_unique<Untouched>(std::move(storage));
}

Result<Folder> Folder::open(engine::Connection& connection,
                            std::unique_ptr<storage::Storage> storage, std::string_view format) {
  Folder folder;
  folder.storage_ = std::move(storage);
  SLUICE_TRY(folder.table_, table::open_folder_table(format, connection, *folder.storage_));
  return folder;
}

Result<std::unique_ptr<engine::Engine>> open_when_free(const Context& context, const OpenFile& open,
                                                       std::chrono::milliseconds wait) {
  constexpr std::chrono::milliseconds kPoll{50};
  const auto until = std::chrono::steady_clock::now() + wait;
  for (bool is_told = false;; is_told = true) {
    auto opened = open();
    if (opened || opened.error().message != engine::kFileIsHeld) {
      return opened;
    }
    if (std::chrono::steady_clock::now() >= until) {
      Error error = std::move(opened).error();
      error.hint += "; --lock-wait says how long a run waits";
      return error;
    }
    if (!is_told) {
      context.say(LogLevel::Warning,
                  fmt::format("waiting for the database file: {}", opened.error().hint));
    }
    SLUICE_CHECK(context.pause(kPoll));
  }
}

Result<DatabaseTable> DatabaseTable::open(const Context& context, const OpenFile& open_file,
                                          const Places& places) {
  DatabaseTable database;
  SLUICE_TRY(database.engine_, open_when_free(context, open_file,
                                              std::chrono::milliseconds(places.lake.lock_wait_ms)));
  SLUICE_TRY(database.connection_, database.engine_->connect(context));
  if (!places.database_file.empty()) {
    SLUICE_TRY(database.table_,
               table::make_duckdb_table(*database.connection_,
                                        table_in_file(places.database_file, places.table)));
    return database;
  }
  SLUICE_CHECK(table::attach_lake(context, *database.connection_, places.lake));
  SLUICE_TRY(database.table_, table::make_ducklake_table(*database.connection_, places.table));
  return database;
}

Result<bool> Folder::takes_files(const Context& context, std::string_view state_folder) {
  const table::TableDescription& description = table_->describe();
  if (description.staged_ending.empty()) {
    return false;
  }
  SLUICE_TRY(const std::optional<table::TableState> state, table_->find_state(context));
  if (state || description.staged_prefix.empty()) {
    return state && state->partition_by.empty() &&
           table::form_of(state->properties) == table::FileForm();
  }
  SLUICE_TRY(const std::vector<storage::ObjectInfo> there, storage_->list(context, ""));
  return std::ranges::all_of(there, [&](const storage::ObjectInfo& object) {
    return !state_folder.empty() && object.path.starts_with(fmt::format("{}/", state_folder));
  });
}

Status check_target_columns(const Context& context, table::Table& table, const Contract& contract,
                            AcceptedRows rows, const plan::WriteMode& mode) {
  if (!replaces_columns(contract, mode)) {
    return {};
  }
  SLUICE_TRY(const std::optional<table::TableState> state, table.find_state(context));
  if (!state) {
    return {};
  }
  take_types(contract, state->schema, mode, rows);
  return check_replacing(table, *state, contract, rows.columns, mode);
}

namespace {

/// Rows on their way into a table that others may change meanwhile.
struct Committing {
  const Context& context;
  table::Table& table;
  const Contract& contract;
  const AcceptedRows& rows;
  const plan::WriteMode& mode;
  const table::CommitKey& key;
  run::WriteOptions options;
};

/// The rows with the types that the table has, as far as it is there.
Result<AcceptedRows> fit_rows(const Committing& one,
                              const std::optional<table::TableState>& state) {
  AcceptedRows rows = one.rows;
  if (table::fit_format(one.table.describe().format, rows.columns)) {
    rows.staged = nullptr;
  }
  if (state) {
    if (!replaces_columns(one.contract, one.mode)) {
      SLUICE_CHECK(take_untold_parts(one.context, state->schema, rows));
    }
    take_types(one.contract, state->schema, one.mode, rows);
  }
  return rows;
}

/// What a table that takes the rows has.
Result<schema::Schema> columns_for(const Committing& one, const AcceptedRows& rows) {
  schema::Schema columns = with_declared_dates(one.contract, rows.columns, one.mode,
                                               with_kept_columns(rows.columns, one.mode));
  SLUICE_CHECK(check_history_dates(one.mode, columns));
  return with_comments(one.contract, std::move(columns));
}

Status make_or_evolve(const Committing& one, const std::optional<table::TableState>& state,
                      const schema::Schema& columns) {
  if (state) {
    return evolve_table(one.context, one.table, *state, one.contract, columns, one.mode);
  }
  SLUICE_CHECK(check_partitions(one.contract, columns));
  SLUICE_CHECK(check_appends(one.contract, one.table, one.mode));
  return one.table.create_at_commit(one.context, target_of(one.contract, columns),
                                    properties_of(one.contract));
}

Result<CommittedRows> write_rows(const Committing& one, const AcceptedRows& rows) {
  plan::Write write{.target = id_of(one.contract),
                    .schema = rows.columns,
                    .mode = one.mode,
                    .source = plan::Relation{std::string(rows.relation)}};
  run::RowSource source;
  if (rows.elsewhere != nullptr) {
    write.source = plan::Batches{};
    source = [&] {
      return rows.elsewhere->query(one.context, fmt::format("SELECT * FROM {}", rows.relation));
    };
  }
  CommittedRows committed;
  if (rows.staged != nullptr) {
    SLUICE_TRY(const std::optional<table::TableState> now, one.table.find_state(one.context));
    plan::Write taking = write;
    taking.source = table::staged_source(*rows.staged->storage, rows.staged->files);
    committed.took_files = now && !table::files_to_take(*rows.staged->storage, one.table.describe(),
                                                        *now, taking, one.key)
                                       .empty();
    if (committed.took_files) {
      write = std::move(taking);
    }
  }
  SLUICE_TRY(committed.receipt,
             run::write_once(one.context, one.table, write, source, one.key, one.options));
  committed.took_files = committed.took_files && committed.receipt.ingest_id == one.key.ingest_id;
  return committed;
}

/// Whether an error is about columns that the table does not have any more: `known` are those that
/// it was worked out for; null where there was no table.
bool has_other_columns(const Committing& one, const schema::Schema* known) {
  const auto now = one.table.find_state(one.context);
  return now.has_value() && now->has_value() &&
         (known == nullptr || !schema::diff(*known, (*now)->schema).empty());
}

/// Whatever else ends a write has nothing to do with how its columns were worked out.
bool is_of_columns(const Error& error) {
  return error.code == ErrorCode::InvalidArgument || error.code == ErrorCode::DataRejected ||
         error.code == ErrorCode::Unsupported;
}

/// Nothing: another writer changed the columns meanwhile, and they have to be worked out anew.
Result<std::optional<CommittedRows>> commit_once(const Committing& one, bool is_last) {
  SLUICE_TRY(const std::optional<table::TableState> state, one.table.find_state(one.context));
  SLUICE_TRY(const AcceptedRows rows, fit_rows(one, state));
  SLUICE_TRY(const schema::Schema columns, columns_for(one, rows));
  if (Status fits = make_or_evolve(one, state, columns); !fits) {
    const bool is_late = fits.error().code == ErrorCode::CommitConflict ||
                         has_other_columns(one, state ? &state->schema : nullptr);
    if (is_late && !is_last) {
      return std::optional<CommittedRows>{};
    }
    return as_contract_fault(std::move(fits)).error();
  }
  Result<CommittedRows> committed = write_rows(one, rows);
  if (!committed && !is_last && is_of_columns(committed.error()) &&
      has_other_columns(one, state ? &state->schema : &columns)) {
    return std::optional<CommittedRows>{};
  }
  SLUICE_CHECK(committed);
  return std::optional(*std::move(committed));
}

/// However often the columns are worked out, what comes before the commit is done once.
std::function<Status()> make_once(std::function<Status()> act) {
  if (!act) {
    return act;
  }
  return [act = std::move(act), is_done = false]() mutable -> Status {
    SLUICE_CHECK(is_done ? Status{} : act());
    is_done = true;
    return {};
  };
}

}  // namespace

Result<CommittedRows> commit_target(const Context& context, table::Table& table,
                                    const Contract& contract, const AcceptedRows& rows,
                                    const plan::WriteMode& mode, const table::CommitKey& key,
                                    std::function<Status()> before_commit) {
  Committing one{context, table, contract, rows, mode, key, {}};
  one.options.before_commit = make_once(std::move(before_commit));
  if (rows.elsewhere != nullptr) {
    one.options.commit_retry_max =
        limits::kCommitRetryMax;  // every write of a database meets every other
  }
  for (int retry = 0;; ++retry) {
    SLUICE_TRY(const std::optional<CommittedRows> committed,
               commit_once(one, retry == one.options.commit_retry_max));
    if (committed) {
      return *committed;
    }
    context.say(LogLevel::Info,
                "another writer has changed the columns of the target: the rows are fitted again");
    SLUICE_CHECK(context.pause(
        std::chrono::milliseconds(run::pause_ms(one.options, retry, *context.random))));
  }
}

}  // namespace sluice::contract
