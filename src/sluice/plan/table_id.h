// The name of a table: one to three parts, as written, never quoted here. Quoting is the dialect's.
// A plain value; parse_table_id is the only way from text, so that no caller splits at dots by
// itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"

namespace sluice::plan {

struct TableId {
  std::vector<std::string> parts;  // [catalog,] [schema,] table

  const std::string& table() const { return parts.back(); }
  friend bool operator==(const TableId&, const TableId&) = default;
};

/// "catalog.schema.table"; a part in double quotes may hold dots, a doubled quote is a quote.
Result<TableId> parse_table_id(std::string_view text);

/// Quotes only the parts that need it, so that parse_table_id reads it back.
std::string to_string(const TableId& id);

}  // namespace sluice::plan
