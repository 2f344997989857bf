#include "sluice/table/duckdb/duckdb.h"
#include "sluice/table/sql/sql_table.h"

namespace sluice::table {

Result<std::unique_ptr<Table>> make_duckdb_table(engine::Connection& connection,
                                                 const plan::TableId& id) {
  return make_sql_table(
      connection,
      {.id = id,
       .description = {.uri = plan::to_string(id), .format = "duckdb", .reader_note = ""},
       .has_primary_keys = true});
}

}  // namespace sluice::table
