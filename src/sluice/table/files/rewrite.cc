#include "sluice/table/files/rewrite.h"

#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "sluice/dialect/quote.h"
#include "sluice/table/change/change.h"
#include "sluice/table/change/merged_rows.h"
#include "sluice/table/change/text_rows.h"

namespace sluice::table {
namespace {

using dialect::quote_identifier;

std::string column_list(const schema::Schema& schema) {
  std::vector<std::string> names;
  names.reserve(schema.fields.size());
  for (const schema::Field& field : schema.fields) {
    names.push_back(field.name);
  }
  return dialect::quote_columns(names);
}

std::vector<std::string> paths_of(const std::vector<FileVersion::File>& files) {
  std::vector<std::string> paths;
  paths.reserve(files.size());
  for (const FileVersion::File& file : files) {
    paths.push_back(file.path);
  }
  return paths;
}

class Rewriting {
 public:
  Rewriting(const Context& context, engine::Connection& connection, const FileVersion& version,
            const plan::Write& write, const CommitKey& key)
      : context_(&context),
        connection_(&connection),
        version_(&version),
        write_(&write),
        key_(&key),
        columns_(column_list(version.state->schema)) {}

  Result<Rewrite> add_rows(ColumnStream rows);
  Result<Rewrite> change_rows(ColumnStream rows);

 private:
  Result<Batch> load(ColumnStream rows, bool once) const {
    return load_batch(*context_, *connection_, *write_, std::move(rows), version_->state->schema,
                      *key_, once);
  }
  Result<ChangeRequest> change_request(const Batch& batch) const;
  Result<Rewrite> write_batch(const Batch& batch);
  Rewrite added(std::int64_t rows) const;
  Result<Rewrite> make_and_apply(const Batch& batch);
  Result<bool> changes_every_file(ChangeRequest request) const;
  Result<Rewrite> write_merged(const ChangeRequest& request);
  Result<Rewrite> apply(const Batch& batch, const Change& change);
  Result<std::vector<FileVersion::File>> find_touched(const Change& change) const;

  const plan::Append* append() const { return std::get_if<plan::Append>(&write_->mode); }
  bool is_unique() const { return append() != nullptr && !append()->unique_key.empty(); }

  const Context* context_;
  engine::Connection* connection_;
  const FileVersion* version_;
  const plan::Write* write_;
  const CommitKey* key_;
  std::string columns_;
};

Result<ChangeRequest> Rewriting::change_request(const Batch& batch) const {
  SLUICE_TRY(std::string target, version_->render_rows(version_->files));
  return ChangeRequest{.write = write_,
                       .table = version_->state->schema,
                       .partition_by = version_->state->partition_by,
                       .target = std::move(target),
                       .batch = batch,
                       .key = *key_};
}

Result<Rewrite> Rewriting::write_batch(const Batch& batch) {
  if (is_unique()) {
    SLUICE_TRY(const ChangeRequest check, change_request(batch));
    SLUICE_CHECK(check_unique_key(*context_, *connection_, check, append()->unique_key));
  }
  SLUICE_TRY(const std::int64_t written,
             version_->write_rows(fmt::format("SELECT {} FROM {}", columns_, batch.from)));
  return added(written);
}

Rewrite Rewriting::added(std::int64_t rows) const {
  Rewrite made;
  made.counts.rows_in = rows;
  made.counts.inserted = rows;
  if (append() == nullptr) {
    made.removed = paths_of(version_->files);
    made.counts.deleted = version_->rows;
  }
  return made;
}

Result<Rewrite> Rewriting::add_rows(ColumnStream rows) {
  if (version_->take_files) {
    SLUICE_TRY(const std::int64_t taken, version_->take_files());
    return added(taken);
  }
  SLUICE_TRY(const Batch batch, load(std::move(rows), !is_unique()));
  auto made = write_batch(batch);
  drop_batch(*context_, *connection_, batch);
  return made;
}

Result<Rewrite> Rewriting::change_rows(ColumnStream rows) {
  Batch batch;
  if (!std::holds_alternative<plan::DeleteWhere>(write_->mode)) {
    SLUICE_TRY(batch, load(std::move(rows), false));
  }
  auto made = make_and_apply(batch);
  drop_batch(*context_, *connection_, batch);
  return made;
}

/// Asked file by file: one that changes mostly says so with its first rows. Each answer takes the
/// whole batch, so they are asked for while that is little beside the table.
Result<bool> Rewriting::changes_every_file(ChangeRequest request) const {
  const auto files = static_cast<std::int64_t>(version_->files.size());
  if (files == 0 || !merges_in_one_pass(write_->mode) ||
      request.batch.rows > version_->rows / files) {
    return false;
  }
  for (const FileVersion::File& file : version_->files) {
    SLUICE_TRY(request.target, version_->render_rows({file}));
    SLUICE_TRY(const bool is_changed, changes_a_row(*context_, *connection_, request));
    if (!is_changed) {
      return false;
    }
  }
  return true;
}

Result<Rewrite> Rewriting::write_merged(const ChangeRequest& request) {
  SLUICE_TRY(const MergedRows merged, make_merged_rows(*context_, *connection_, request));
  const auto written = version_->write_rows(merged.select);
  auto change = written.has_value() ? count_merged_rows(*context_, *connection_, request, merged)
                                    : Result<Change>(written.error());
  drop_merged_rows(*context_, *connection_, merged);
  SLUICE_CHECK(change);
  return Rewrite{.removed = paths_of(version_->files),
                 .counts = {.rows_in = request.batch.rows,
                            .inserted = change->inserted,
                            .updated = change->updated,
                            .unchanged = change->unchanged}};
}

Result<Rewrite> Rewriting::make_and_apply(const Batch& batch) {
  SLUICE_TRY(const ChangeRequest wanted, change_request(batch));
  SLUICE_TRY(const bool is_whole, changes_every_file(wanted));
  if (is_whole) {
    return write_merged(wanted);
  }
  SLUICE_TRY(const Change change, make_change(*context_, *connection_, wanted));
  auto made = apply(batch, change);
  drop_change(*context_, *connection_, change);
  return made;
}

Result<std::vector<FileVersion::File>> Rewriting::find_touched(const Change& change) const {
  SLUICE_TRY(const auto rows,
             find_text_rows(*context_, *connection_,
                            fmt::format("SELECT DISTINCT {0} FROM {1} WHERE {0} IS NOT NULL", kFile,
                                        quote_identifier(change.relation))));
  std::set<std::string, std::less<>> places;
  for (const TextRow& row : rows) {
    places.insert(row[0].value_or(""));
  }
  std::vector<FileVersion::File> touched;
  for (const FileVersion::File& file : version_->files) {
    if (places.contains(file.place)) {
      touched.push_back(file);
    }
  }
  if (touched.size() != places.size()) {
    return make_error(ErrorCode::Internal,
                      "a changed row stands in a file that is not the table's");
  }
  return touched;
}

Result<Rewrite> Rewriting::apply(const Batch& batch, const Change& change) {
  Rewrite made;
  made.counts = {.rows_in = batch.rows,
                 .inserted = change.inserted,
                 .updated = change.updated - change.marked,
                 .unchanged = change.unchanged,
                 .deleted = change.deleted + change.marked};
  SLUICE_TRY(const std::vector<FileVersion::File> touched, find_touched(change));
  made.removed = paths_of(touched);
  const std::string relation = quote_identifier(change.relation);
  std::string select;
  if (!touched.empty()) {
    SLUICE_TRY(const std::string rows, version_->render_rows(touched));
    // In one file a row is known by its number.
    const std::string same_file =
        touched.size() == 1 ? "" : fmt::format("c.{0} = t.{0} AND ", kFile);
    select = fmt::format(
        "SELECT {0} FROM {1} AS t WHERE NOT EXISTS (SELECT 1 FROM {2} AS c WHERE {3}c.{4} = t.{4})",
        columns_, rows, relation, same_file, kRow);
  }
  if (change.inserted + change.updated > 0) {
    select += fmt::format("{}SELECT {} FROM {} WHERE {} IN ('i', 'u', 'c')",
                          select.empty() ? "" : " UNION ALL ", columns_, relation, kKind);
  }
  if (!select.empty()) {
    SLUICE_TRY([[maybe_unused]] const std::int64_t written, version_->write_rows(select));
  }
  return made;
}

}  // namespace

std::vector<FilePlace> file_places(const std::vector<FileVersion::File>& files) {
  std::vector<FilePlace> places;
  places.reserve(files.size());
  for (const FileVersion::File& file : files) {
    places.push_back({.place = file.place, .bytes = file.bytes});
  }
  return places;
}

Result<Rewrite> rewrite_files(const Context& context, engine::Connection& connection,
                              const FileVersion& version, const plan::Write& write,
                              ColumnStream rows, const CommitKey& key) {
  Rewriting rewriting(context, connection, version, write, key);
  return needs_change(write.mode) ? rewriting.change_rows(std::move(rows))
                                  : rewriting.add_rows(std::move(rows));
}

}  // namespace sluice::table
