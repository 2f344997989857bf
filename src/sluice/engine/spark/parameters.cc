#include <fmt/format.h>

#include "sluice/dialect/spark/spark.h"
#include "sluice/engine/spark/parameters_internal.h"

namespace sluice::engine::internal {
namespace {

/// Length of the quoted text at the front of `sql`: a backslash escapes, a doubled quote is a
/// quote.
std::size_t quoted_length(std::string_view sql) {
  const char quote = sql.front();
  for (std::size_t i = 1; i < sql.size(); ++i) {
    if (sql[i] == '\\' && quote != '`') {
      ++i;
    } else if (sql[i] == quote) {
      return i + 1;
    }
  }
  return sql.size();
}

/// Length of the comment at the front of `sql`, which nests as Spark's do; 0 when there is none.
std::size_t comment_length(std::string_view sql) {
  if (sql.starts_with("--")) {
    return std::min(sql.find('\n'), sql.size());
  }
  if (!sql.starts_with("/*")) {
    return 0;
  }
  int depth = 0;
  for (std::size_t i = 0; i + 1 < sql.size(); ++i) {
    const std::string_view pair = sql.substr(i, 2);
    if (pair == "/*" || pair == "*/") {
      depth += pair == "/*" ? 1 : -1;
      ++i;
    }
    if (depth == 0) {
      return i + 1;
    }
  }
  return sql.size();
}

Error wrong_count(std::size_t values) {
  return make_error(
      ErrorCode::InvalidArgument,
      fmt::format("expected one value for each '?' of the statement, got {}", values));
}

}  // namespace

Result<std::string> render_with_parameters(const plan::Statement& statement) {
  std::string text;
  std::size_t used = 0;
  for (std::string_view rest = statement.text; !rest.empty();) {
    std::size_t taken = comment_length(rest);
    if (taken == 0 && (rest.front() == '\'' || rest.front() == '"' || rest.front() == '`')) {
      taken = quoted_length(rest);
    }
    if (taken == 0 && rest.front() == '?') {
      if (used == statement.parameters.size()) {
        return wrong_count(statement.parameters.size());
      }
      text +=
          dialect::render_literal(dialect::spark_iceberg_dialect(), statement.parameters[used++]);
      rest.remove_prefix(1);
      continue;
    }
    taken = std::max(taken, std::size_t{1});
    text += rest.substr(0, taken);
    rest.remove_prefix(taken);
  }
  if (used != statement.parameters.size()) {
    return wrong_count(statement.parameters.size());
  }
  return text;
}

}  // namespace sluice::engine::internal
