// Tables of DuckDB files as the target of one run and the source of the next.
#include "sluice/contract/run/source_table.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/contract/landing/source_files.h"
#include "sluice/contract/run/database_name.h"
#include "sluice/contract/run/run.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::contract {
namespace {

using run::RunResult;
using run::RunStatus;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(LocalPath, AFileUriIsDecodedAndAnythingElseIsAsItIs) {
  EXPECT_EQ(local_path_of("file:///in/a%20b%2Fc.csv"), "/in/a b/c.csv");
  EXPECT_EQ(local_path_of("file://localhost/in/100%.csv"), "/in/100%.csv");
  EXPECT_EQ(local_path_of("file:///in/%zz%4"), "/in/%zz%4");
  EXPECT_EQ(local_path_of("in/a%20b.csv"), "in/a%20b.csv");
  EXPECT_EQ(local_path_of("s3://bucket/a%20b"), "s3://bucket/a%20b");
}

class SourceTableTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() + "/" + name) << text;
    return folder_.path() + "/" + name;
  }

  /// A contract of people with this source and this materialization.
  std::string contract(const std::string& source, const std::string& materialization) {
    return write("people.yaml", fmt::format("version: 1.0.0\n"
                                            "info: {{title: People, table_name: people}}\n"
                                            "source: {}\n"
                                            "model:\n"
                                            "  fields:\n"
                                            "    - {{name: id, type: int, required: true}}\n"
                                            "    - {{name: name, type: string}}\n"
                                            "quality: {{row_rules: [{{name: short, sql: "
                                            "\"length(name) < 6\"}}]}}\n"
                                            "materialization: {}\n",
                                            source, materialization));
  }
  std::string to_database(const std::string& target, const std::string& strategy = "append") {
    write("people.csv", "id,name\n1,Ada\n2,Grace\n3,Margaret\n");
    return contract(
        "{type: landing, path: people.csv}",
        fmt::format("{{strategy: {}, format: duckdb, target_path: \"{}\"}}", strategy, target));
  }

  Result<RunResult> run_it(const std::string& path, RunOptions options = {}) {
    options.open_engine = [](const engine::EngineOptions& open) {
      return engine::make_duckdb_engine(open);
    };
    return run(context_, path, options);
  }

  /// "a|b" a row.
  std::vector<std::string> rows(const std::string& file, const std::string& select) {
    auto engine = engine::make_duckdb_engine({.address = file}).value();
    auto connection = engine->connect(context_).value();
    std::vector<std::string> lines;
    for (const run::TextRow& row : run::query_texts(context_, *connection, select).value()) {
      std::string line;
      for (const auto& value : row) {
        line += (line.empty() ? "" : "|") + value.value_or("-");
      }
      lines.push_back(line);
    }
    return lines;
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("database").value();
  std::string file_ = folder_.path() + "/lake/shop.duckdb";
};

TEST_F(SourceTableTest, ATableOfAFileIsATargetAndIsCommittedOnce) {
  const std::string path = to_database(file_);
  const RunResult first = run_it(path).value();
  EXPECT_EQ(first.status, RunStatus::Succeeded);
  EXPECT_EQ(first.rows, (run::RowTotals{.source = 3, .good = 2, .quarantined = 1, .written = 2}));
  EXPECT_EQ(first.target->uri, file_ + "/main.people");
  EXPECT_EQ(first.target->format, "duckdb");
  EXPECT_THAT(rows(file_, "SELECT id, name FROM people ORDER BY id"),
              ElementsAre("1|Ada", "2|Grace"));
  EXPECT_EQ(run_it(path).value().status, RunStatus::Skipped);
  EXPECT_EQ(run_it(path, {.again = true}).value().status, RunStatus::Succeeded);
  EXPECT_THAT(rows(file_, "SELECT count(*) FROM people"), ElementsAre("4"));
}

TEST_F(SourceTableTest, AMergeIntoATableOfAFileChangesItsRows) {
  const std::string merge = "merge, primary_key: [id]";
  ASSERT_TRUE(run_it(to_database(file_ + "/shop.people", merge)));
  const std::string path = to_database(file_ + "/shop.people", merge);
  write("people.csv", "id,name\n2,Hopp\n4,Radia\n");
  const RunResult second = run_it(path).value();
  EXPECT_EQ(second.target->inserted, 1);
  EXPECT_EQ(second.target->updated, 1);
  EXPECT_THAT(rows(file_, "SELECT id, name FROM shop.shop.people ORDER BY id"),
              ElementsAre("1|Ada", "2|Hopp", "4|Radia"));
}

TEST_F(SourceTableTest, ATableOfAFileIsASourceUntilItChanges) {
  ASSERT_TRUE(run_it(to_database(file_)));
  const std::string path =
      contract(fmt::format("{{type: table, path: \"{}/people\"}}", file_),
               fmt::format("{{strategy: append, format: parquet, target_path: {}/silver/people}}",
                           folder_.path()));
  const RunResult first = run_it(path).value();
  EXPECT_EQ(first.rows, (run::RowTotals{.source = 2, .good = 2, .written = 2}));
  EXPECT_EQ(run_it(path).value().status, RunStatus::Skipped);
  (void)rows(file_, "INSERT INTO people VALUES (9, 'Lise')");
  const RunResult second = run_it(path).value();
  EXPECT_EQ(second.rows.source, 3);
}

TEST_F(SourceTableTest, NamesOfTablesCountFromTheirRoot) {
  RunOptions options;
  options.mesh.variable = [&](const std::string& name) {
    return name == "LAKELOGIC_TABLE_ROOT" ? std::optional(folder_.path() + "/tables")
                                          : std::nullopt;
  };
  ASSERT_TRUE(run_it(to_database("shop.main.people"), options));
  EXPECT_THAT(rows(folder_.path() + "/tables/shop.duckdb", "SELECT id FROM people ORDER BY id"),
              ElementsAre("1", "2"));
  const std::string silver =
      contract("{type: table, path: shop.main.people}",
               "{strategy: append, format: parquet, target_path: \"table:silver.main.people\"}");
  EXPECT_EQ(run_it(silver, options).value().target->uri,
            folder_.path() + "/tables/silver/main/people");
  EXPECT_THAT(run_it(silver).error().hint, HasSubstr("SLUICE_TABLE_ROOT"));

  const std::string own = folder_.path() + "/own";
  options.mesh.variable = [&](const std::string& name) {
    return std::optional(name == "SLUICE_TABLE_ROOT" ? own : "elsewhere");
  };
  EXPECT_EQ(run_it(to_database("shop.main.people"), options).value().target->uri,
            own + "/shop.duckdb/main.people");
}

TEST_F(SourceTableTest, ATableOfAFileIsALink) {
  (void)rows(folder_.path() + "/ref.duckdb",
             "CREATE TABLE cities AS SELECT * FROM (VALUES (1, 'Ulm'), (2, 'Bonn')) t(id, city)");
  write("people.csv", "id,name\n1,Ada\n2,Grace\n5,Lise\n");
  const std::string path = write(
      "people.yaml",
      fmt::format("version: 1.0.0\n"
                  "info: {{title: People, table_name: people}}\n"
                  "source: {{type: landing, path: people.csv}}\n"
                  "model: {{fields: [{{name: id, type: int}}, {{name: name, type: string}}]}}\n"
                  "links: [{{name: cities, type: table, path: ref.duckdb/cities}}]\n"
                  "transformations:\n"
                  "  - {{lookup: {{field: city, reference: cities, \"on\": id, key: id, value: "
                  "city}}, phase: post}}\n"
                  "quality: {{row_rules: [{{name: known, sql: \"id IN (SELECT id FROM cities)\""
                  "}}]}}\n"
                  "materialization: {{strategy: append, format: duckdb, target_path: {}}}\n",
                  file_));
  const auto result = run_it(path);
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_EQ(result->rows.quarantined, 1);
  EXPECT_THAT(rows(file_, "SELECT name, city FROM people ORDER BY id"),
              ElementsAre("Ada|Ulm", "Grace|Bonn"));
}

TEST_F(SourceTableTest, AFolderThatARunWroteIsASourceByItsName) {
  const std::string here = working_folder();
  std::filesystem::current_path(folder_.path());
  write("people.csv", "id,name\n1,Ada\n2,Grace\n");
  const auto made = run_it(contract("{type: landing, path: people.csv}",
                                    "{strategy: append, target_path: shop.bronze.people}"));
  const auto read = run_it(
      contract("{type: table, path: \"table:shop.bronze.people\"}",
               "{strategy: append, format: duckdb, target_path: \"table:sales.silver.people\"}"));
  const auto by_flag = run_it(contract("{type: landing, path: none.csv}", "{target_path: other}"),
                              {.sources = {"sales.silver.people"}});
  std::filesystem::current_path(here);
  ASSERT_TRUE(made) << to_string(made.error());
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->rows.written, 2);
  EXPECT_THAT(rows(folder_.path() + "/sales.duckdb", "SELECT count(*) FROM silver.people"),
              ElementsAre("2"));
  ASSERT_TRUE(by_flag) << to_string(by_flag.error());
  EXPECT_EQ(by_flag->rows.good, 2);
}

TEST_F(SourceTableTest, AFolderThatARunWroteIsASourceByItsPath) {
  write("people.csv", "id,name\n1,Ada\n2,Grace\n");
  ASSERT_TRUE(run_it(contract("{type: landing, path: people.csv}",
                              fmt::format("{{strategy: append, partition_by: [name], format: "
                                          "parquet, target_path: {}/lake/people}}",
                                          folder_.path()))));
  const auto read = run_it(contract("{type: table, path: lake/people}",
                                    fmt::format("{{strategy: append, format: duckdb, target_path: "
                                                "\"{}\"}}",
                                                file_)));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_THAT(rows(file_, "SELECT id, name FROM people ORDER BY id"),
              ElementsAre("1|Ada", "2|Grace"));
}

TEST(FindSourceTable, AFolderIsWhatItsLogSays) {
  const TempFolder folder = TempFolder::make("tables").value();
  for (const char* inside : {"delta/_delta_log", "ours/_sluice/manifest", "files"}) {
    std::filesystem::create_directories(folder.path() + "/" + inside);
  }
  const auto find = [&](const std::string& path, DeclaredAs declared) {
    return find_source_table(path, declared, folder.path());
  };
  EXPECT_EQ(std::get<DeltaFolder>(find("delta", DeclaredAs::Files).value()).path,
            folder.path() + "/delta");
  EXPECT_TRUE(std::holds_alternative<DeltaFolder>(
      find("file://" + folder.path() + "/delta/", DeclaredAs::Table).value()));
  EXPECT_TRUE(std::holds_alternative<TableFolder>(find("ours", DeclaredAs::Files).value()));
  EXPECT_TRUE(std::holds_alternative<TableFolder>(find("files", DeclaredAs::Table).value()));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(find("files", DeclaredAs::Files).value()));
  EXPECT_EQ(find("files", DeclaredAs::Delta).error().code, ErrorCode::NotFound);
  EXPECT_EQ(find("nothing", DeclaredAs::Table).error().code, ErrorCode::Unsupported);
}

TEST_F(SourceTableTest, WhatIsNotThereIsNamed) {
  const std::string target = fmt::format("{{target_path: {}/other}}", folder_.path());
  const auto no_file = run_it(contract("{type: table, path: shop.duckdb/people}", target));
  ASSERT_FALSE(no_file);
  EXPECT_THAT(no_file.error().message, HasSubstr("no such DuckDB file"));
  const auto no_table = run_it(contract("{type: table, path: nowhere.main.people}", target));
  ASSERT_FALSE(no_table);
  EXPECT_THAT(no_table.error().message, HasSubstr("no such table"));
  ASSERT_TRUE(run_it(to_database(file_)));
  const auto same = run_it(contract(
      fmt::format("{{type: landing, path: \"{}/people\"}}", file_),
      fmt::format("{{strategy: append, format: duckdb, target_path: \"{}/copy\"}}", file_)));
  ASSERT_FALSE(same);
  EXPECT_EQ(same.error().code, ErrorCode::Unsupported);
}

TEST(DatabaseName, FilesAndTablesAreTold) {
  const auto both = find_database_path("lake/a.duckdb/s.t", "/base", "").value();
  ASSERT_TRUE(both);
  EXPECT_EQ(both->file, "/base/lake/a.duckdb");
  EXPECT_EQ(plan::to_string(both->table), "s.t");
  EXPECT_EQ(both->folder, "/base/lake/a/s/t");
  EXPECT_EQ(plan::to_string(find_database_path("a.duckdb", "/b", "t").value()->table), "main.t");
  EXPECT_FALSE(find_database_path("lake/a.parquet", "/base", "t").value());
  EXPECT_FALSE(find_database_path("a.duckdb/x.y.z", "/base", "t"));
  EXPECT_FALSE(find_database_path("a.duckdb/\"../x\"", "/base", "t"));
  EXPECT_TRUE(find_database_name("table:main.default.customers"));
  EXPECT_FALSE(find_database_name("default.customers"));
}

}  // namespace
}  // namespace sluice::contract
