// A contract's run as a library call: over a file, over rows of the program, over a table.
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include <sluice/base/temp_folder.h>
#include <sluice/contract/run/run.h>
#include <sluice/engine/engine.h>
#include <sluice/masking/environment_keys.h>
#include <sluice/report/run_json.h>

namespace {

constexpr const char* kContract = R"(version: 1.0.0
info: {title: People, table_name: people}
source: {type: landing, path: people.csv, format: csv}
model:
  fields:
    - {name: id, type: int, required: true}
    - {name: name, type: string}
materialization: {strategy: append, format: parquet, target_path: unused}
)";

sluice::Result<std::int64_t> count(sluice::ColumnStream rows) {
  std::int64_t number = 0;
  while (true) {
    SLUICE_TRY(const std::optional<sluice::ArrowBatch> batch, rows.next());
    if (!batch) {
      return number;
    }
    number += batch->get()->length;
  }
}

/// What the command line sets by itself, and a program says: where records and keys come from.
sluice::contract::RunOptions options_for(const std::string& target) {
  sluice::contract::RunOptions options;
  options.target = target;
  options.keys = sluice::masking::keys_of_environment();
  options.render_record = sluice::report::to_record_json;
  options.keep_rows = true;
  return options;
}

sluice::Status run_and_tell(const char* what, const std::string& contract,
                            const sluice::contract::RunOptions& options) {
  SLUICE_TRY(const sluice::run::RunResult result, sluice::contract::run({}, contract, options));
  std::printf(
      "%s: %s, %lld of %lld rows written%s\n", what, std::string(to_string(result.status)).c_str(),
      static_cast<long long>(result.rows.written), static_cast<long long>(result.rows.source),
      result.reason.empty() ? "" : (" (" + result.reason + ")").c_str());
  if (result.kept_rows != nullptr) {  // a run that was skipped has none
    SLUICE_TRY(sluice::ColumnStream rows, result.bad());
    SLUICE_TRY(const std::int64_t refused, count(std::move(rows)));
    std::printf("  refused, as an Arrow stream: %lld\n", static_cast<long long>(refused));
  }
  return {};
}

sluice::Status stage_table(const std::string& database) {
  SLUICE_TRY(const auto engine, sluice::engine::open_engine("duckdb", {.address = database}));
  SLUICE_TRY(const auto connection, engine->connect({}));
  SLUICE_CHECK(connection->execute({}, "CREATE TABLE staged AS SELECT 3 AS id, 'Eve' AS name"));
  return {};
}

sluice::Status run_contract() {
  SLUICE_TRY(const sluice::TempFolder folder, sluice::TempFolder::make("people"));
  const std::string contract = folder.path() + "/people.yaml";
  const std::string database = folder.path() + "/people.duckdb";
  std::ofstream(contract) << kContract;
  std::ofstream(folder.path() + "/people.csv") << "id,name\n1,Ann\nx,Bob\n";

  auto options = options_for(folder.path() + "/lake/people");
  SLUICE_CHECK(run_and_tell("file", contract, options));
  SLUICE_CHECK(run_and_tell("the same file", contract, options));

  // Any Arrow stream: here an engine's. Rows of one tag are committed once.
  SLUICE_TRY(const auto engine, sluice::engine::open_engine("duckdb", {}));
  SLUICE_TRY(const auto connection, engine->connect({}));
  options.rows = sluice::contract::RowInput{
      .name = "rows of today", .tag = "2026-05-01", .open = [&] {
        return connection->query({}, "SELECT 2 AS id, 'Cleo' AS name UNION ALL SELECT NULL, 'Dan'");
      }};
  SLUICE_CHECK(run_and_tell("rows", contract, options));
  options.rows.reset();

  SLUICE_CHECK(stage_table(database));
  options.sources = {database + "/main.staged"};
  return run_and_tell("table", contract, options);
}

}  // namespace

int main() {
  const sluice::Status done = run_contract();
  if (!done.has_value()) {
    std::printf("%s\n", sluice::to_string(done.error()).c_str());
    return 1;
  }
  return 0;
}
