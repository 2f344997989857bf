// The contracts under test/contracts/sql: each gives exactly the diagnostics that its head says, at
// their places inside the YAML strings.
#include "sluice/contract/bind/bind.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sluice/engine/duckdb/duckdb.h"

namespace sluice::contract {
namespace {

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files;
  if (DIR* directory = opendir(folder.c_str())) {
    while (const dirent* entry = readdir(directory)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") {
        files.push_back(fmt::format("{}/{}", folder, name));
      }
    }
    closedir(directory);
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string rendered(const Diagnostics& diagnostics, const std::string& text) {
  std::string out;
  for (const Diagnostic& each : diagnostics) {
    out += render(each, text, false);
  }
  return out;
}

/// True when the first fault of the file stands in a quoted, a literal or a folded scalar.
bool stands_in_quotes_or_a_block(const std::string& text) {
  const std::size_t place = text.find(' ', std::string("# expect ").size());
  if (!text.starts_with("# expect ")) {
    return false;
  }
  std::istringstream lines(text);
  std::string line;
  for (int left = std::stoi(text.substr(place)); left > 0 && std::getline(lines, line); --left) {
  }
  const bool is_quoted =
      line.find('"') != std::string::npos || line.find('\'') != std::string::npos;
  return is_quoted || line.find(": ") == std::string::npos;  // a line of a text has no key
}

constexpr std::string_view kModel =
    "version: 1.0.0\ninfo: {title: Trips}\n"
    "model:\n"
    "  fields:\n"
    "    - {name: trip_id, type: string, required: true}\n"
    "    - {name: fare_amount, type: double, required: true}\n"
    "    - {name: passengers, type: integer, required: true}\n"
    "    - {name: picked_up, type: timestamp, required: true}\n"
    "    - {name: email, type: string, required: true, pii: true, masking: hash}\n"
    "    - {name: note, type: string}\n";

class BindTest : public ::testing::Test {
 protected:
  CheckedContract check(const std::string& text, const std::string& path = "trips.yaml") {
    CheckedContract checked = check_contract(text, path);
    const Status status = room_.bind(context_, text, checked);
    EXPECT_TRUE(status.has_value()) << path << (status ? "" : to_string(status.error()));
    return checked;
  }
  CheckedContract check_fragment(std::string_view fragment) {
    return check(std::string(kModel) + std::string(fragment));
  }

  Context context_;
  int opened_ = 0;
  SqlRoom room_{[this](const engine::EngineOptions& options) {
    ++opened_;
    return engine::make_duckdb_engine(options);
  }};
};

TEST_F(BindTest, EachFaultIsSaidAtItsPlaceInsideTheString) {
  const std::vector<std::string> files = files_in("test/contracts/sql");
  ASSERT_GE(files.size(), 30U);
  int in_quotes_or_blocks = 0;
  for (const std::string& file : files) {
    const std::string text = text_of(file);
    in_quotes_or_blocks += stands_in_quotes_or_a_block(text) ? 1 : 0;
    const CheckedContract checked = check(text, file);
    std::string found;
    for (const Diagnostic& each : checked.diagnostics) {
      if (each.severity == Severity::Error || each.severity == Severity::Warning) {
        found += "# expect " + code_id(each.code) + " " + std::to_string(each.at.line) + ":" +
                 std::to_string(each.at.column) + "\n";
      }
    }
    EXPECT_EQ(found, text.substr(0, text.find("version:"))) << file << "\n"
                                                            << rendered(checked.diagnostics, text);
  }
  EXPECT_EQ(opened_, 1);
  EXPECT_GE(in_quotes_or_blocks, 20);
}

TEST_F(BindTest, ThePagesOfSqlShowTheFaultAndItsCure) {
  int pages = 0;
  for (const CodeInfo& info : all_codes()) {
    if (!info.needs_engine) {
      continue;
    }
    ++pages;
    const auto has = [&](const CheckedContract& checked) {
      return std::any_of(checked.diagnostics.begin(), checked.diagnostics.end(),
                         [&](const Diagnostic& each) { return each.code == info.code; });
    };
    EXPECT_TRUE(has(check_fragment(info.before))) << info.slug;
    const CheckedContract after = check_fragment(info.after);
    EXPECT_FALSE(has(after)) << info.slug;
    EXPECT_FALSE(after.diagnostics.has_errors()) << info.slug << rendered(after.diagnostics, "");
  }
  EXPECT_EQ(pages, 6);
}

TEST_F(BindTest, AContractWithoutSqlOpensNoEngine) {
  check_fragment("transformations:\n  - lower: {fields: [note]}\n");
  EXPECT_EQ(opened_, 0);
}

TEST_F(BindTest, ColumnsThatStepsMakeReachTheNextOnesWithTheirTypes) {
  const CheckedContract checked = check_fragment(
      "links: [{name: cities, path: cities.csv, type: csv}]\n"
      "transformations:\n"
      "  - {cast: {columns: {passengers: bigint}}, phase: pre}\n"
      "  - split: {field: note, delimiter: \",\", output: parts}\n"
      "  - derive: {field: how_many, sql: \"len(list_filter(parts, x -> x <> ''))\"}\n"
      "  - derive: {field: per_head, sql: \"fare_amount / how_many\"}\n"
      "  - lookup: {field: city, reference: cities, on: trip_id, key: id, value: name}\n"
      "  - sql: \"SELECT s.*, c.region FROM source s LEFT JOIN cities c ON c.id = s.trip_id\"\n"
      "  - rollup: {group_by: [region], aggregations: {total: \"sum(per_head)\"}, keys: trip_id}\n"
      "quality:\n"
      "  row_rules:\n"
      "    - {name: sane, sql: \"fare_amount BETWEEN 0 AND 1000 AND picked_up <= now()\"}\n"
      "    - {name: late, sql: \"total >= 0\"}\n"
      "  dataset_rules:\n"
      "    - {name: many, sql: \"SELECT count(*) FROM {dataset}\", must_be_greater_than: 0}\n");
  EXPECT_FALSE(checked.diagnostics.has_errors()) << rendered(checked.diagnostics, "");
  EXPECT_EQ(checked.diagnostics.count(Severity::Warning), 0U) << rendered(checked.diagnostics, "");
}

TEST_F(BindTest, AColumnsTypeIsKnownWhateverItsLetters) {
  const std::string share =
      "    - {name: share, type: double}\n"
      "transformations:\n"
      "  - {derive: {field: %, sql: \"date_part('year', other)\"}, phase: pre}\n"
      "quality: {row_rules: [{name: r, sql: \"date_part('year', share) > 2000\"}]}\n";
  const std::string total =
      "transformations:\n"
      "  - derive: {field: %, sql: \"fare_amount * 2\"}\n"
      "  - cast: {columns: {total: double}}\n"
      "  - {derive: {field: year, sql: \"date_part('year', total)\"}}\n";
  for (const auto& [fragment, spellings] :
       {std::pair{share, std::array{"share", "Share"}}, {total, std::array{"total", "Total"}}}) {
    for (const char* const spelling : spellings) {
      std::string text = fragment;
      text.replace(text.find('%'), 1, spelling);
      const CheckedContract checked = check_fragment(text);
      EXPECT_TRUE(std::ranges::any_of(
          checked.diagnostics, [](const Diagnostic& each) { return each.code == Code::SqlTypes; }))
          << spelling << rendered(checked.diagnostics, "");
    }
  }
}

TEST_F(BindTest, ADeclassifiedColumnOfASelectPasses) {
  const std::string declared =
      std::string(kModel) + "    - {name: host, type: string, declassify: \"names nobody\"}\n";
  const CheckedContract checked = check(
      declared +
      "transformations:\n  - sql: \"SELECT *, split_part(email, '@', 2) AS host FROM source\"\n");
  EXPECT_FALSE(checked.diagnostics.has_errors()) << rendered(checked.diagnostics, "");
}

TEST_F(BindTest, NothingOfTheMachineIsReached) {
  for (const std::string_view sql : {"note = getenv('HOME')",
                                     "note = current_setting('temp_directory')",
                                     "note = getvariable('x')",
                                     "note IN (SELECT value FROM duckdb_settings() WHERE FALSE)",
                                     "note IN (FROM duckdb_secrets() SELECT name)",
                                     "EXISTS (SELECT 1 FROM glob('/*'))",
                                     "EXISTS (FROM '/etc/passwd')",
                                     "EXISTS (FROM read_text('/etc/passwd'))",
                                     "EXISTS (FROM read_blob('/etc/passwd'))",
                                     "EXISTS (FROM read_csv('http://127.0.0.1/x'))",
                                     "EXISTS (FROM 's3://bucket/x.parquet')",
                                     "EXISTS (FROM sniff_csv('/etc/passwd'))",
                                     "EXISTS (FROM parquet_metadata('/tmp/a.parquet'))",
                                     "EXISTS (FROM query('SELECT 1'))",
                                     "EXISTS (FROM query_table(['source']))",
                                     "EXISTS (FROM information_schema.tables)",
                                     "EXISTS (FROM sqlite_master)",
                                     "EXISTS (FROM duckdb_tables)",
                                     "EXISTS (FROM pragma_database_list())",
                                     "EXISTS (FROM \\\"duckdb_settings\\\"())",
                                     "write_log('x') IS NULL",
                                     "nextval('s') > 0",
                                     "version() = 'x'",
                                     "current_user() = 'x'"}) {
    const CheckedContract checked = check_fragment(
        "quality:\n  row_rules:\n    - name: x\n      sql: \"" + std::string(sql) + "\"\n");
    EXPECT_TRUE(checked.diagnostics.has_errors()) << sql;
  }
}

TEST_F(BindTest, StatementsThatAreNoQueryAreRefused) {
  for (const std::string_view sql :
       {"ATTACH 'x.db' AS y", "COPY source TO '/tmp/x'", "INSTALL httpfs", "LOAD httpfs",
        "SET enable_external_access=true", "PRAGMA database_list", "CREATE TABLE a AS SELECT 1",
        "EXPORT DATABASE '/tmp/x'", "CALL pragma_version()", "SELECT * FROM source; SELECT 1",
        "DROP VIEW source", "DELETE FROM source", "EXPLAIN ANALYZE SELECT 1"}) {
    const CheckedContract checked =
        check_fragment("transformations:\n  - sql: \"" + std::string(sql) + "\"\n");
    EXPECT_TRUE(checked.diagnostics.has_errors()) << sql;
  }
}

TEST_F(BindTest, NamesLikeThoseOfTheEngineAreColumnsWhereTheyAre) {
  const CheckedContract checked = check_fragment(
      "transformations:\n"
      "  - sql: \"WITH query(version, s) AS (SELECT trip_id, note FROM source) SELECT version AS "
      "trip_id, 1.0 AS fare_amount, 1 AS passengers, now()::TIMESTAMP AS picked_up FROM query\"\n");
  EXPECT_FALSE(checked.diagnostics.has_errors()) << rendered(checked.diagnostics, "");
}

TEST_F(BindTest, AColumnThatASelectNamesAnewIsTheOneThatStepsSee) {
  for (const std::string_view list :
       {"*, CAST(note AS DATE) AS note", "CAST(note AS DATE) AS note, *"}) {
    const CheckedContract checked = check_fragment(
        fmt::format("transformations:\n  - {{sql: \"SELECT {} FROM source\", phase: post}}\n"
                    "  - {{derive: {{field: y, sql: year(note)}}, phase: post}}\n",
                    list));
    EXPECT_FALSE(checked.diagnostics.has_errors()) << rendered(checked.diagnostics, "");
  }
}

TEST_F(BindTest, TheContractsThatRunBindWithoutAWord) {
  for (const std::string& file : files_in("test/contracts/valid")) {
    const std::string text = text_of(file);
    const CheckedContract checked = check(text, file);
    EXPECT_TRUE(checked.is_runnable()) << rendered(checked.diagnostics, text);
  }
  for (const std::string& folder : files_in("../shared/conformance/cases")) {
    const std::string text = text_of(folder + "/contract.olc.yaml");
    const CheckedContract checked = check(text, folder);
    EXPECT_TRUE(checked.is_runnable()) << rendered(checked.diagnostics, text);
  }
}

}  // namespace
}  // namespace sluice::contract
