#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/batch.h"
#include "sluice/table/files/never_null.h"
#include "sluice/table/files/scan.h"
#include "sluice/table/parquet/data_files_internal.h"
#include "sluice/table/parquet/log_internal.h"

namespace sluice::table::internal {

using dialect::quote_identifier;

Result<std::vector<DataFile>> make_files(const Context& context, const FileCopy& copy,
                                         const schema::Schema& schema, const FileMaker& make) {
  SLUICE_TRY(const std::vector<NewFile> written,
             make([&](const std::vector<NewFile>& files) -> Status {
               SLUICE_CHECK(check_never_null(schema, files));
               return check_nested_never_null(context, copy, find_never_null(schema), files);
             }));
  std::vector<DataFile> files;
  for (const NewFile& file : written) {
    files.push_back({.path = visible_name(file.path), .rows = file.rows, .bytes = file.bytes});
  }
  return files;
}

void remove_staged(const Context& context, storage::Storage& storage,
                   const std::vector<DataFile>& files) {
  std::vector<std::string> staged;
  for (const DataFile& file : files) {
    staged.push_back(staged_name(file.path));
  }
  remove_files(context, storage, staged);
}

Result<std::string> render_rows(const schema::Schema& schema,
                                const std::vector<FileVersion::File>& files,
                                bool may_lack_columns) {
  std::string columns;
  std::string nothing;
  for (const schema::Field& field : schema.fields) {
    SLUICE_TRY(const std::string type, dialect::duckdb_dialect().render_type(field.type));
    const std::string name = quote_identifier(field.name);
    columns += fmt::format(", CAST({0} AS {1}) AS {0}", name, type);
    nothing += fmt::format(", CAST(NULL AS {1}) AS {0}", name, type);
  }
  const std::string empty =
      fmt::format("SELECT CAST(NULL AS VARCHAR) AS {}, CAST(NULL AS BIGINT) AS {}{} WHERE FALSE",
                  kFile, kRow, nothing);
  if (files.empty()) {
    return fmt::format("({})", empty);
  }
  std::vector<std::string> places;
  for (const FileVersion::File& file : files) {
    places.push_back(file.place);
  }
  const std::string rows = render_scan(schema, places, may_lack_columns);
  return may_lack_columns ? fmt::format("(SELECT {}, {}{} FROM ({} UNION ALL BY NAME {}))", kFile,
                                        kRow, columns, empty, rows)
                          : fmt::format("(SELECT {}, {}{} FROM ({}))", kFile, kRow, columns, rows);
}

}  // namespace sluice::table::internal
