// The tables of a session, whatever their format: where a name leads, how the table there is opened
// on a connection, and how its newest version is read. Immutable; safe from any thread, each
// connection by one at a time.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/orm/session/options.h"
#include "sluice/orm/session/pool_internal.h"
#include "sluice/plan/read.h"
#include "sluice/plan/table_id.h"
#include "sluice/schema/schema.h"
#include "sluice/storage/storage.h"
#include "sluice/table/ducklake/ducklake.h"
#include "sluice/table/table.h"

namespace sluice::orm {

/// A table on a connection, with the storage that it lies in.
class OpenTable {
 public:
  OpenTable(std::unique_ptr<storage::Storage> storage, std::unique_ptr<table::Table> table)
      : storage_(std::move(storage)), table_(std::move(table)) {}

  table::Table& operator*() const { return *table_; }
  table::Table* operator->() const { return table_.get(); }

 private:
  std::unique_ptr<storage::Storage> storage_;  // outlives the table; empty: it lies in no folder
  std::unique_ptr<table::Table> table_;
};

class Tables {
 public:
  /// Unsupported when this engine does not write the format, or this build does not have it.
  /// `staging` is a folder that statements reach, whatever the format.
  static Result<Tables> make(std::string_view engine, TableFormat format,
                             const OpenOptions& options, const std::string& staging = {});

  const TableFormat& format() const { return format_; }

  /// Makes the tables reachable on the connection's engine, for all of its connections. Once is
  /// enough; an engine that knows the lake already, from another session, is left as it is.
  Status attach(const Context& context, engine::Connection& connection) const;

  /// Held while tables are made; the connection was lent before.
  Result<std::optional<Gate::Pass>> enter_changes(const Context& context) const;

  /// What writes meet each other by: those of one table, or of a whole lake.
  std::string turns_of(const plan::TableId& id) const;

  /// The name as the format has it: behind the default catalog and database.
  Result<plan::TableId> find_table(std::string_view name) const;

  /// `connection` outlives the table.
  Result<OpenTable> load(engine::Connection& connection, const plan::TableId& id) const;

  /// What a new table is made with, so that it remembers keys for as long as the session says.
  table::Properties properties() const;

  /// The model's columns as this format keeps them.
  schema::Schema fit(schema::Schema columns) const;

  /// The text of a read. Unsupported for one of a table that no statement can name.
  Result<plan::Statement> render(const plan::Read& read) const;

  /// The rows of a read, after `shape` has had its text; null: as it is.
  using Shape = std::string (*)(const std::string& select);
  Result<ColumnStream> query(const Context& context, engine::Connection& connection,
                             const plan::Read& read, Shape shape = nullptr) const;
  Result<schema::Schema> describe(const Context& context, engine::Connection& connection,
                                  const plan::Read& read) const;

 private:
  Tables(TableFormat format, std::string root, std::chrono::hours keys_kept)
      : format_(std::move(format)), root_(std::move(root)), keys_kept_(keys_kept) {}
  Result<std::string> find_folder(const plan::TableId& id) const;
  Result<plan::Read> place(const plan::Read& read) const;
  /// As render, for this connection alone and until its next read: a table that no statement can
  /// name is a view of its newest version then.
  Result<plan::Statement> render_on(const Context& context, engine::Connection& connection,
                                    const plan::Read& read) const;
  bool is_folder(const plan::Read& read) const;
  bool is_there(const Context& context, engine::Connection& connection,
                const plan::Read& read) const;

  TableFormat format_;
  std::string root_;  // absolute; empty: tables of a database
  std::chrono::hours keys_kept_;
  Compression codec_ = Compression::Zstd;
  std::optional<table::LakeOptions> lake_;
};

}  // namespace sluice::orm
