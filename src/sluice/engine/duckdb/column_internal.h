// How a DuckDB column leaves the engine: the type it has with us, the Arrow form that DuckDB gives
// it, and what must be done to its arrays so that they are what the type says. Most need nothing.
//
//   BOOLEAN        bits instead of bytes
//   HUGEINT        decimal(38,0); a value that does not fit is an error (sums of integers do fit)
//   TIMESTAMP_S/MS scaled to microseconds; _NS too, unless that would cut a value off (an error)
//   ENUM           plain text instead of a dictionary
//   T[n]           a list
//   "NULL"         int32, as DuckDB itself stores it
//
// UHUGEINT, INTERVAL, BIT, UNION, TIMETZ, BIGNUM, GEOMETRY and VARIANT have no type with us and are
// refused by name. Infinite dates and timestamps keep DuckDB's sentinel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/result.h"
#include "sluice/engine/duckdb/handle_internal.h"
#include "sluice/schema/schema.h"

namespace sluice::engine {

enum class Mend : std::uint8_t {
  Nothing,
  PackBooleans,
  CheckHugeint,
  FromSeconds,
  FromMillis,
  FromNanos,
  FromDictionary,
  FromFixedList,
  FromNull,
};

struct DuckColumn {
  std::string name;
  schema::LogicalType type;
  std::string arrow_format;  // what DuckDB must give, checked before the first batch
  Mend mend = Mend::Nothing;
  bool mends_within = false;  // this or a child is to be mended
  std::int64_t list_size = 0;
  std::vector<DuckColumn> children;
};

/// Unsupported and named where a type is not ours.
Result<DuckColumn> make_column(std::string name, duckdb_logical_type type);

schema::Schema schema_of(const std::vector<DuckColumn>& columns);

/// That DuckDB's Arrow form is the expected one: a session may have changed it by a setting.
Status check_form(const std::vector<DuckColumn>& columns, const ArrowSchema& arrow);

/// Changes the array in place, so that it has the form of `schema_of`.
Status mend_array(const DuckColumn& column, ArrowArray& array);

}  // namespace sluice::engine
