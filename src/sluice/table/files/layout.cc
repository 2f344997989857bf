#include "sluice/table/files/layout.h"

#include <set>
#include <string>

#include <fmt/format.h>

#include "sluice/base/uuid.h"
#include "sluice/table/change/batch.h"

namespace sluice::table {
namespace {

using Folders = std::set<std::string, std::less<>>;

/// Folders below the root that hold the log of a Delta table, or what Sluice keeps of a table.
Folders find_tables_below(const std::vector<storage::ObjectInfo>& objects) {
  Folders folders;
  for (const storage::ObjectInfo& object : objects) {
    for (const std::string_view mark : {"/_delta_log/", "/_sluice/"}) {
      if (const std::size_t at = object.path.find(mark); at != std::string::npos) {
        folders.insert(object.path.substr(0, at));
      }
    }
  }
  return folders;
}

bool is_in_one_of(const Folders& folders, std::string_view path) {
  for (std::size_t at = path.find('/'); at != std::string_view::npos; at = path.find('/', at + 1)) {
    if (folders.contains(path.substr(0, at))) {
      return true;
    }
  }
  return false;
}

}  // namespace

Status check_file_columns(const plan::CreateTable& create) {
  SLUICE_CHECK(validate(create.schema));
  for (const schema::Field& field : create.schema.fields) {
    if (field.name.starts_with(kReservedPrefix) ||
        schema::same_column(field.name, "file_row_number")) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("this column name is reserved: '{}'", field.name))
          .with_hint("Rename the column.");
    }
  }
  return {};
}

Status check_file_partitions(const plan::CreateTable& create, std::string_view format) {
  for (const plan::PartitionField& field : create.partition_by) {
    if (create.schema.find(field.column) == nullptr) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("the table has no partition column '{}'", field.column));
    }
    if (field.transform != plan::PartitionTransform::Identity) {
      return make_error(
                 ErrorCode::Unsupported,
                 fmt::format("a {} is partitioned by columns as they are, not by a part of '{}'",
                             format, field.column))
          .with_hint("Add a column that holds the part (a day, a month) and partition by it.");
    }
  }
  if (!create.partition_by.empty() && create.partition_by.size() == create.schema.fields.size()) {
    return make_error(ErrorCode::InvalidArgument,
                      "a table needs a column that it is not partitioned by");
  }
  return {};
}

Status check_folder_is_free(const Context& context, storage::Storage& storage,
                            std::string_view format,
                            const std::function<std::string_view(std::string_view)>& foreign) {
  SLUICE_TRY(const auto objects, storage.list(context, ""));
  for (const storage::ObjectInfo& object : objects) {
    if (const std::string_view other = foreign(object.path); !other.empty()) {
      return make_error(ErrorCode::Unsupported,
                        fmt::format("the folder of a new {} already holds {}: '{}'", format, other,
                                    storage.uri(object.path)))
          .with_hint("Choose an empty folder, or read these files as a source.");
    }
  }
  return {};
}

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return path.substr(slash == std::string_view::npos ? 0 : slash + 1);
}

bool is_named_by_ingest(std::string_view name, std::string_view ending) {
  constexpr std::size_t kIdCharacters = 36;
  if (name.size() < kIdCharacters + 1 || !name.ends_with(ending)) {
    return false;
  }
  const auto id = parse_uuid(name.substr(0, kIdCharacters));
  return id.has_value() && id->version() == 7;
}

Maintained remove_unneeded(const Context& context, storage::Storage& storage,
                           const std::vector<storage::ObjectInfo>& objects,
                           const Unneeded& unneeded, sys_micros older_than) {
  Maintained maintained;
  const Folders tables = find_tables_below(objects);
  for (const storage::ObjectInfo& object : objects) {
    if (!unneeded.is_ours(object.path) || is_in_one_of(tables, object.path)) {
      continue;
    }
    ++maintained.scanned;
    if (unneeded.is_needed(object.path) || object.modified >= older_than) {
      continue;
    }
    if (const Status removed = storage.remove(context, object.path); removed.has_value()) {
      ++maintained.deleted;
    } else {
      ++maintained.failed;
      context.say(LogLevel::Warning, to_string(removed.error()));
    }
  }
  return maintained;
}

}  // namespace sluice::table
