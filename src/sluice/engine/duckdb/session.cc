#include "sluice/engine/duckdb/database_internal.h"
#include "sluice/engine/duckdb/error_internal.h"

namespace sluice::engine {
namespace {

std::string quoted_with(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    result += c;
    if (c == quote) {
      result += quote;
    }
  }
  return result += quote;
}

}  // namespace

std::string duckdb_literal(std::string_view text) { return quoted_with(text, '\''); }
std::string duckdb_identifier(std::string_view name) { return quoted_with(name, '"'); }

Result<std::shared_ptr<DuckSession>> DuckSession::open(std::shared_ptr<DuckDatabase> database) {
  auto session = std::make_shared<DuckSession>(std::move(database));
  if (duckdb_connect(session->database_->get(), &session->connection_) != DuckDBSuccess) {
    return make_error(ErrorCode::ResourceExhausted, "DuckDB does not give a connection");
  }
  return session;
}

DuckSession::~DuckSession() {
  if (connection_ != nullptr) {
    duckdb_disconnect(&connection_);
  }
}

Status DuckSession::run(const std::string& sql) {
  DuckResult result;
  if (duckdb_query(connection_, sql.c_str(), result.get()) != DuckDBSuccess) {
    return duckdb_error(duckdb_result_error(result.get()), sql);
  }
  return {};
}

void DuckSession::count_progress() {
  if (!counts_progress_) {
    counts_progress_ = true;
    // Progress is an extra: a session that cannot count it runs its statements all the same.
    static_cast<void>(run("SET enable_progress_bar_print = false; SET enable_progress_bar = true"));
  }
}

}  // namespace sluice::engine
