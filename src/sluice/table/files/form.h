// How the data files of a table are made, as the table says of itself: by which columns rows are
// sorted in them and with which codec they are packed. Both are properties of the table, so that
// every writer of it finds them, whichever door it comes through. They are of the files that are
// made from then on: those that are there stay as they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/dialect/duckdb/codec.h"
#include "sluice/plan/write.h"
#include "sluice/schema/schema.h"
#include "sluice/table/table.h"

namespace sluice::table {

/// Says the codec: zstd, snappy, gzip or none. Hive, Spark and Trino call it so.
inline constexpr std::string_view kCodecProperty = "parquet.compression";
/// Says the order, a JSON list of columns.
inline constexpr std::string_view kSortProperty = "sluice.sort_by";

/// `columns` as the property says them.
std::string render_sort_order(const std::vector<std::string>& columns);

/// The properties of a new table: with its order, where it has one.
Properties with_sort_order(Properties properties, const plan::CreateTable& create);

/// InvalidArgument: a codec that is not known, an order by what is no column of the table.
Status check_form(const schema::Schema& schema, const Properties& properties);

struct FileForm {
  std::vector<std::string> sort_by;  // empty: as the rows come
  dialect::Codec codec = dialect::Codec::Zstd;
  friend bool operator==(const FileForm&, const FileForm&) = default;
};

/// What a table does not say, or what another program alone understands, is as always.
FileForm form_of(const Properties& properties);

/// An order by a column that the table does not have any more is none.
FileForm form_of(const TableState& state);

/// Columns by which rows are laid out: cut into folders or sorted.
std::vector<std::string> layout_columns(const TableState& state);

}  // namespace sluice::table
