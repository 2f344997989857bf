#include "sluice/table/files/damage.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sluice/table/change/text_rows.h"
#include "sluice/table/sql/damage_internal.h"

namespace sluice::table::internal {
namespace {

Result<std::vector<FilePlace>> list_files(const Context& context, engine::Connection& connection,
                                          const SqlTable& table) {
  std::vector<FilePlace> files;
  if (table.list_files.empty()) {
    return files;
  }
  SLUICE_TRY(const auto rows, find_text_rows(context, connection, table.list_files));
  for (const TextRow& row : rows) {
    SLUICE_TRY(const std::int64_t bytes, parse_count(row[1].value_or("-1")));
    files.push_back({.place = row[0].value_or(""), .bytes = bytes});
  }
  return files;
}

/// Whatever takes rows out of such a table reads them.
Error with_way_out(Error error) {
  if (error.code == ErrorCode::Corrupt) {
    error.hint =
        "put the file back from a copy; without one read an older version that does not have it "
        "(sluice table rows --version N), drop the table and load it anew";
  }
  return error;
}

}  // namespace

Status check_files(const Context& context, engine::Connection& connection, const SqlTable& table) {
  SLUICE_TRY(const auto files, list_files(context, connection, table));
  const Status checked = check_data_files(table.description.uri, files);
  return checked.has_value() ? checked : Status(with_way_out(checked.error()));
}

Error tell_damage(const Context& context, engine::Connection& connection, const SqlTable& table,
                  Error error) {
  const auto files = list_files(context, connection, table);
  return files.has_value() && !files->empty()
             ? with_way_out(tell_damaged_file(context, connection, table.description.uri, *files,
                                              std::move(error)))
             : error;
}

}  // namespace sluice::table::internal
