// Just enough of SQL to tell a whole SELECT from a list of expressions and to find words outside of
// strings, quotes and comments. Nothing is understood and nothing is judged here: binding is the
// engine's work.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::contract {

/// True for SELECT, WITH, FROM, VALUES, PIVOT and UNPIVOT, also in parentheses.
bool is_statement(std::string_view sql);

/// One `expression AS name` of a list; offsets are into the text that was given.
struct AliasedExpression {
  std::size_t begin = 0;  // of the expression
  std::size_t length = 0;
  std::optional<std::string> alias;  // unquoted; empty when there is none
  std::size_t alias_begin = 0;
  std::size_t alias_length = 0;
};

/// Splits at the commas that stand outside of parentheses, strings and comments.
std::vector<AliasedExpression> split_expressions(std::string_view sql);

/// Where a bracket stands that has no partner, or a string or comment begins that does not end.
std::optional<std::size_t> find_unbalanced(std::string_view sql);

/// A word or a double-quoted name that is not a function call; keywords are among them.
struct SqlName {
  std::string name;  // unquoted
  std::size_t begin = 0;
  std::size_t length = 0;
  bool is_quoted = false;
};

std::vector<SqlName> names_in(std::string_view sql);

/// The first call outside of any subquery that gives several rows or columns for one: unnest(),
/// generate_subscripts(), COLUMNS().
std::optional<SqlName> find_spreading_call(std::string_view sql);

/// The first `#2`: a column by its position, which tells nothing of what is read.
std::optional<SqlName> find_position(std::string_view sql);

/// Where the FROMs stand behind which relations are named: not that of IS DISTINCT FROM, and none
/// of trim(both ' ' FROM x), extract(year FROM x) and their like. In the order of the text.
std::vector<std::size_t> find_froms(std::string_view sql);

/// A name that a FROM or a JOIN reads, also behind a comma.
std::vector<SqlName> relations_in(std::string_view sql);

/// The first name of a function or a view that tells of the engine and not of the rows: settings,
/// catalogs, secrets, SQL made of text. The engine itself would let them pass.
std::optional<SqlName> find_engine_name(std::string_view sql);

}  // namespace sluice::contract
