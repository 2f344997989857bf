// The one place where names and texts become SQL. Everything that ends up between quotes comes
// through here, so that no name and no value can end a quote early; a round trip through the engine
// fuzzes it.
#pragma once

#include <string>
#include <string_view>

#include "sluice/plan/table_id.h"

namespace sluice::dialect {

/// "name" with the quote sign doubled inside. Names hold no NUL: schema::validate and
/// parse_table_id see to it.
std::string quote_identifier(std::string_view name, char quote = '"');

/// 'text' with quotes doubled. For engines that read a backslash as a plain sign (the SQL
/// standard). A NUL, which would end the statement's text, becomes `|| chr(0) ||`.
std::string quote_literal(std::string_view text);

/// 'text' for engines that read a backslash as an escape (Spark).
std::string quote_literal_with_backslashes(std::string_view text);

/// All parts quoted, joined by points.
std::string quote_table(const plan::TableId& id, char quote = '"');

/// Names quoted and joined by ", ", each behind `prefix`: t."a", t."b".
std::string quote_columns(const std::vector<std::string>& names, std::string_view prefix = "",
                          char quote = '"');

}  // namespace sluice::dialect
