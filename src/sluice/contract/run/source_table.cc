#include "sluice/contract/run/source_table.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/contract/run/source_files.h"
#include "sluice/dialect/quote.h"
#include "sluice/run/state/content_tag.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::contract {
namespace {

namespace fs = std::filesystem;

bool is_there(const std::string& path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

}  // namespace

Result<SourceTable> find_source_table(const std::string& written, bool is_declared,
                                      const std::string& base) {
  SLUICE_TRY(std::optional<DatabaseName> in_file, find_database_path(written, base, ""));
  if (in_file) {
    return is_there(in_file->file)
               ? Result<SourceTable>(SourceTable(*std::move(in_file)))
               : make_error(ErrorCode::NotFound,
                            fmt::format("there is no such DuckDB file: '{}'", in_file->file))
                     .with_hint("check the path of the source");
  }
  const bool is_name = is_declared || written.starts_with("table:");
  std::optional<DatabaseName> named = find_database_name(written);
  if (!named) {
    return is_name ? Result<SourceTable>(
                         make_error(ErrorCode::Unsupported,
                                    fmt::format("a table that is read is named database.schema."
                                                "table, not '{}'",
                                                written))
                             .with_hint("name a table of a DuckDB file, or give the files of the "
                                        "table with --source"))
                   : Result<SourceTable>(SourceTable());
  }
  if (!is_name && is_there(absolute_path(written, base))) {
    return SourceTable();
  }
  if (is_there(named->file)) {
    return SourceTable(*std::move(named));
  }
  if (is_there(named->folder + "/_delta_log")) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a Delta table is no source of a run yet: '{}'", written))
        .with_hint("give the files of its newest version with --source");
  }
  if (is_there(named->folder)) {
    return SourceTable(TableFolder{named->folder});
  }
  if (!is_name) {
    return SourceTable();
  }
  return make_error(ErrorCode::NotFound,
                    fmt::format("there is no such table: neither the file '{}' nor the folder '{}'",
                                named->file, named->folder))
      .with_hint("run in the folder in which the table lies, or name it by its path");
}

Result<std::vector<std::string>> find_table_files(const Context& context,
                                                  const std::string& folder) {
  SLUICE_TRY(const std::unique_ptr<storage::Storage> storage,
             storage::make_file_storage({.root = folder}));
  Result<std::vector<std::string>> files = table::find_parquet_files(context, *storage);
  if (files || files.error().code != ErrorCode::NotFound) {
    return files;
  }
  return list_source_files(folder, "");
}

namespace internal {

Status Runner::find_source_table() {
  const Source* source = contract_->source ? &*contract_->source : nullptr;
  const bool is_of_contract = options_.sources.empty() && source != nullptr && source->path;
  if (rows_ || (!is_of_contract && options_.sources.size() != 1)) {
    return {};
  }
  const std::string written = is_of_contract ? source->path->value : options_.sources.front();
  auto found = contract::find_source_table(
      written, is_of_contract && source->type.value == SourceType::Table,
      is_of_contract ? folder_of(absolute_path(path_, working_folder())) : working_folder());
  if (!found) {
    return is_of_contract
               ? Status(as_contract_error(std::move(found).error(), place_of(source->path->span)))
               : Status(std::move(found).error());
  }
  if (const auto* folder = std::get_if<TableFolder>(&*found)) {
    source_folder_ = folder->path;
  }
  const auto* database = std::get_if<DatabaseName>(&*found);
  return database == nullptr ? Status() : read_database(*database, written);
}

/// The rows are the file as it is now: as long as it does not change, they are committed once.
Status Runner::read_database(const DatabaseName& name, const std::string& told) {
  SLUICE_TRY(const run::BatchFile file, run::load_batch_file(context_, name.file, name.file));
  std::string tag = file.content_tag;
  if (is_there(name.file + ".wal")) {
    SLUICE_TRY(const run::BatchFile log,
               run::load_batch_file(context_, name.file + ".wal", name.file + ".wal"));
    tag += "+" + log.content_tag;
  }
  rows_ = RowInput{
      .name = told, .tag = std::move(tag), .open = [this, name] { return open_database(name); }};
  return {};
}

Result<ColumnStream> Runner::open_database(const DatabaseName& name) {
  if (name.file == places_.database_file) {
    return make_error(
               ErrorCode::Unsupported,
               fmt::format("a run reads one DuckDB file and writes another: '{}'", name.file))
        .with_hint("give another file or a folder as the target");
  }
  SLUICE_TRY(source_engine_, make_engine({.address = name.file,
                                          .memory_bytes_max = context_.memory_bytes_max,
                                          .threads_max = context_.threads_max,
                                          .read_only = true,
                                          .may_spill = !masks()}));
  SLUICE_TRY(source_connection_, source_engine_->connect(context_));
  return source_connection_->query(
      context_, "SELECT * FROM " + dialect::quote_table(table_in_file(name.file, name.table)));
}

void Runner::close_database() {
  source_connection_.reset();
  source_engine_.reset();
}

}  // namespace internal
}  // namespace sluice::contract
