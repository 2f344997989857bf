#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "sluice/engine/duckdb/error_internal.h"
#include "sluice/engine/duckdb/statement_internal.h"

namespace sluice::engine {
namespace {

struct Extracted {
  DuckExtracted statements;
  idx_t count = 0;
};

Result<Extracted> extract(const DuckGuard& guard, const plan::Statement& statement) {
  if (statement.text.find('\0') != std::string::npos) {
    return make_error(ErrorCode::InvalidArgument, "a statement cannot hold a zero byte");
  }
  Extracted extracted;
  extracted.count = duckdb_extract_statements(guard.session().get(), statement.text.c_str(),
                                              extracted.statements.out());
  if (extracted.count == 0) {
    const char* text = duckdb_extract_statements_error(extracted.statements.get());
    if (text != nullptr) {
      return guard.failed(text, statement.text);
    }
    return make_error(ErrorCode::InvalidArgument, "expected a statement, got an empty text");
  }
  return extracted;
}

Result<DuckPrepared> prepare_at(const DuckGuard& guard, const Extracted& extracted, idx_t index,
                                const plan::Statement& statement) {
  DuckPrepared prepared;
  if (duckdb_prepare_extracted_statement(guard.session().get(), extracted.statements.get(), index,
                                         prepared.out()) != DuckDBSuccess) {
    return guard.failed(duckdb_prepare_error(prepared.get()), statement.text);
  }
  return prepared;
}

Status bind_all(const DuckPrepared& prepared, const plan::Statement& statement) {
  const idx_t expected = duckdb_nparams(prepared.get());
  if (expected != statement.parameters.size()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the statement has {} parameters, got {} values", expected,
                                  statement.parameters.size()));
  }
  for (idx_t i = 0; i < expected; ++i) {
    SLUICE_CHECK(bind_value(prepared.get(), i + 1, statement.parameters[i]));
  }
  return {};
}

/// Works on the statement until its first rows are there. While other threads have all of the work
/// this one sleeps: DuckDB itself would ask for more until there is some.
void work_until_ready(const DuckPending& pending) {
  constexpr int kAskedMax = 64;
  constexpr std::chrono::microseconds kSleepMin(20);
  constexpr std::chrono::microseconds kSleepMax(500);
  int asked = 0;
  std::chrono::microseconds sleep = kSleepMin;
  while (true) {
    const duckdb_pending_state state = duckdb_pending_execute_task(pending.get());
    if (state == DUCKDB_PENDING_RESULT_READY || state == DUCKDB_PENDING_ERROR) {
      return;
    }
    if (state == DUCKDB_PENDING_RESULT_NOT_READY) {
      asked = 0;
      sleep = kSleepMin;
    } else if (++asked > kAskedMax) {
      std::this_thread::sleep_for(sleep);
      sleep = std::min(sleep * 2, kSleepMax);
    }
  }
}

}  // namespace

Status run_to_end(const DuckGuard& guard, const DuckPrepared& prepared, const std::string& sql) {
  SLUICE_TRY(DuckResult result, start_prepared(guard, prepared, sql));
  while (true) {
    SLUICE_TRY(const DuckChunk chunk, fetch_chunk(guard, result, sql));
    if (chunk.get() == nullptr) {
      return {};
    }
  }
}

Result<DuckPrepared> prepare_last(const DuckGuard& guard, const plan::Statement& statement) {
  SLUICE_CHECK(guard.context().check());
  SLUICE_TRY(const Extracted extracted, extract(guard, statement));
  if (extracted.count > 1 && !statement.parameters.empty()) {
    return make_error(
        ErrorCode::InvalidArgument,
        fmt::format("parameters belong to one statement, got {} statements", extracted.count));
  }
  for (idx_t i = 0; i + 1 < extracted.count; ++i) {
    SLUICE_TRY(const DuckPrepared earlier, prepare_at(guard, extracted, i, statement));
    SLUICE_CHECK(run_to_end(guard, earlier, statement.text));
  }
  SLUICE_TRY(DuckPrepared prepared, prepare_at(guard, extracted, extracted.count - 1, statement));
  SLUICE_CHECK(bind_all(prepared, statement));
  return prepared;
}

namespace {

/// The word stands outside of texts, quoted names and comments.
bool has_pivot(std::string_view sql) {
  constexpr std::string_view kWord = "pivot";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  const auto is_letter = [&](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  for (std::size_t at = 0; at < sql.size(); ++at) {
    const std::string_view rest = sql.substr(at);
    if (rest.front() == '\'' || rest.front() == '"') {
      at = std::min(sql.find(rest.front(), at + 1), sql.size());
    } else if (rest.starts_with("--")) {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (rest.starts_with("/*")) {
      at = std::min(sql.find("*/", at + 2), sql.size());
    } else if (is_letter(rest.front())) {
      const auto end = std::ranges::find_if_not(rest, is_letter);
      const std::string_view word(rest.begin(), end);
      if (std::ranges::equal(word, kWord, {}, lower)) {
        return true;
      }
      at += word.size() - 1;
    }
  }
  return false;
}

}  // namespace

Result<DuckPrepared> prepare_only(const DuckGuard& guard, const plan::Statement& statement) {
  SLUICE_CHECK(guard.context().check());
  SLUICE_TRY(const Extracted extracted, extract(guard, statement));
  if (extracted.count > 1) {
    const bool is_pivot = has_pivot(statement.text);
    return make_error(ErrorCode::InvalidArgument,
                      is_pivot ? "expected one statement to describe, and a PIVOT without IN is "
                                 "several: it looks at the data for its columns"
                               : fmt::format("expected one statement to describe, got {}",
                                             extracted.count))
        .with_hint(is_pivot ? "name the values: PIVOT ... ON column IN ('a', 'b') USING ..." : "");
  }
  SLUICE_TRY(DuckPrepared prepared, prepare_at(guard, extracted, 0, statement));
  SLUICE_CHECK(bind_all(prepared, statement));
  return prepared;
}

Result<DuckResult> start_prepared(const DuckGuard& guard, const DuckPrepared& prepared,
                                  const std::string& sql) {
  DuckPending pending;
  if (duckdb_pending_prepared_streaming(prepared.get(), pending.out()) != DuckDBSuccess) {
    return guard.failed(duckdb_pending_error(pending.get()), sql);
  }
  // Making it pending forgot earlier interrupts; later ones stick.
  SLUICE_CHECK(guard.context().check());
  work_until_ready(pending);
  DuckResult result;
  if (duckdb_execute_pending(pending.get(), result.get()) != DuckDBSuccess) {
    return guard.failed(duckdb_result_error(result.get()), sql);
  }
  return result;
}

Result<DuckChunk> fetch_chunk(const DuckGuard& guard, DuckResult& result, const std::string& sql) {
  while (true) {
    DuckChunk chunk(duckdb_fetch_chunk(*result.get()));
    if (chunk.get() == nullptr) {
      const char* text = duckdb_result_error(result.get());
      if (text != nullptr && *text != '\0') {
        return guard.failed(text, sql);
      }
      return chunk;
    }
    if (duckdb_data_chunk_get_size(chunk.get()) > 0) {
      return chunk;
    }
  }
}

}  // namespace sluice::engine
