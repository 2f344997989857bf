#include "sluice/table/files/view.h"

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/text_rows.h"

namespace sluice::table {

using dialect::quote_identifier;

Status make_rows_view(const Context& context, engine::Connection& connection,
                      const std::string& name, const schema::Schema& schema,
                      const std::string& from) {
  std::vector<std::string> columns;
  for (const schema::Field& field : schema.fields) {
    columns.push_back(field.name);
  }
  SLUICE_TRY_IN(
      [[maybe_unused]] const auto made,
      connection.execute(
          context, fmt::format("CREATE OR REPLACE TEMP VIEW {} AS SELECT {} FROM {}",
                               quote_identifier(name), dialect::quote_columns(columns), from)),
      "making a view of the table");
  return {};
}

Result<std::string> render_evolved(const Evolved& evolved, const std::string& from) {
  std::string columns;
  for (std::size_t i = 0; i < evolved.from.size(); ++i) {
    const schema::Field& field = evolved.schema.fields[i];
    SLUICE_TRY(const std::string type, dialect::duckdb_dialect().render_type(field.type));
    columns += fmt::format("{}CAST({} AS {}) AS {}", columns.empty() ? "" : ", ",
                           evolved.from[i].empty() ? "NULL" : quote_identifier(evolved.from[i]),
                           type, quote_identifier(field.name));
  }
  return fmt::format("SELECT {} FROM {}", columns, from);
}

Status check_no_null(const Context& context, engine::Connection& connection,
                     const std::vector<std::string>& columns, const std::string& rows) {
  for (const std::string& column : columns) {
    SLUICE_TRY(const std::int64_t nulls,
               load_count(context, connection,
                          fmt::format("SELECT CAST(count(*) AS VARCHAR) FROM ({}) WHERE {} IS NULL",
                                      rows, quote_identifier(column))));
    if (nulls > 0) {
      return make_error(ErrorCode::DataRejected,
                        fmt::format("{} rows hold no value of a column that shall be required: "
                                    "'{}'",
                                    nulls, column))
          .with_hint("Fill these rows, or leave the column optional.");
    }
  }
  return {};
}

Status check_committed(const CommitOutcome& outcome) {
  return std::visit(
      overloaded{
          [](const Committed&) -> Status { return {}; },
          [](const Conflict& conflict) -> Status {
            return make_error(ErrorCode::CommitConflict,
                              fmt::format("another writer was first: '{}'", conflict.with));
          },
          [](const Unknown& unknown) -> Status {
            return make_error(ErrorCode::CommitUnknown,
                              "the commit was sent and its reply was lost")
                .with_native(to_string(unknown.cause))
                .with_hint("The table's history says whether it was made; if not, repeat it.");
          },
      },
      outcome);
}

Status check_compaction(const Compact& request) {
  constexpr std::uint64_t kLeast = std::uint64_t{1} << 20;
  if (request.file_bytes < kLeast) {
    return make_error(
        ErrorCode::InvalidArgument,
        fmt::format("expected files of at least {} bytes, got '{}'", kLeast, request.file_bytes));
  }
  return {};
}

}  // namespace sluice::table
