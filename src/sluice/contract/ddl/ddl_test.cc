// Each contract of test/contracts/ddl against the statements beside it, one file a dialect; those
// of DuckDB are executed.
#include "sluice/contract/ddl/ddl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/file/contract_file.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/plan/statement.h"

namespace sluice::contract {
namespace {

constexpr const char* kFolder = "test/contracts/ddl";

Contract load(const std::string& path) {
  const std::string text = load_contract_text({}, path).value();
  CheckedContract checked = check_contract(text, path);
  EXPECT_FALSE(checked.diagnostics.has_errors()) << to_error(checked.diagnostics).message;
  return std::move(checked.contract).value();
}

std::string golden_path(const std::string& path, std::string_view dialect) {
  return path.substr(0, path.rfind('.')) + "." + std::string(dialect) + ".sql";
}

TEST(DdlTest, SaysWhatTheFilesSay) {
  for (const std::string& path : list_contracts(kFolder).value()) {
    const Contract contract = load(path);
    for (const std::string_view dialect : ddl_dialects()) {
      const std::string golden = golden_path(path, dialect);
      const auto text = load_contract_text({}, golden);
      ASSERT_TRUE(text) << golden;
      const auto made = render_ddl(contract, dialect, {.path = path});
      // What cannot be said is said in the file's place.
      EXPECT_EQ(made ? *made : "-- " + made.error().message + "\n", *text)
          << "run: sluice ddl " << path << " --dialect " << dialect << " > " << golden;
    }
  }
}

TEST(DdlTest, TheStatementsOfDuckdbAreOnes) {
  const Context context;
  for (const std::string& path : list_contracts(kFolder).value()) {
    auto engine = engine::make_duckdb_engine({}).value();
    auto connection = engine->connect(context).value();
    for (const char* prepare : {"ATTACH ':memory:' AS lake", "CREATE SCHEMA lake.silver"}) {
      ASSERT_TRUE(connection->execute(context, plan::Statement(prepare)));
    }
    const std::string text = render_ddl(load(path), "duckdb", {.path = path}).value();
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find(";\n", begin);
      ASSERT_NE(end, std::string::npos);
      const auto done =
          connection->execute(context, plan::Statement(text.substr(begin, end - begin)));
      EXPECT_TRUE(done) << path << ": " << (done ? "" : to_string(done.error()));
      begin = end + 2;
    }
  }
}

TEST(DdlTest, SparkKeepsATableInTheFormatOfTheContract) {
  Contract contract = load(std::string(kFolder) + "/trips.yaml");
  if (!contract.materialization) {
    contract.materialization.emplace();
  }
  for (const std::string format : {"delta", "iceberg"}) {
    contract.materialization->format = Text{format, {}};
    EXPECT_EQ(render_ddl(contract, "spark", {}).value(), render_ddl(contract, format, {}).value());
  }
  contract.materialization->format = Text{"parquet", {}};
  EXPECT_THAT(render_ddl(contract, "spark", {}).value(), testing::HasSubstr("USING parquet"));
}

TEST(DdlTest, AnotherDialectIsRefusedWithThoseThatThereAre) {
  const auto made = render_ddl(load(std::string(kFolder) + "/trips.yaml"), "oracle");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::InvalidArgument);
  for (const std::string_view dialect : ddl_dialects()) {
    EXPECT_THAT(made.error().hint, testing::HasSubstr(dialect));
  }
}

TEST(DdlTest, AContractWithoutColumnsMakesNoTable) {
  const auto made = render_ddl(Contract{}, "duckdb", {.name = "a"});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::InvalidContract);
}

TEST(DdlTest, ANameOfTheCommandLineReplacesTheContracts) {
  const auto made = render_ddl(load(std::string(kFolder) + "/trips.yaml"), "duckdb",
                               {.path = "", .name = "a.\"b.c\".d"});
  ASSERT_TRUE(made);
  EXPECT_THAT(*made, testing::HasSubstr("EXISTS \"a\".\"b.c\".\"d\" ("));
}

}  // namespace
}  // namespace sluice::contract
