// The statements that `sluice ddl` prints for Spark, Delta and Iceberg (test/contracts/ddl), each
// executed. The names of the files are moved into a schema of the test's own; a table of an Iceberg
// catalog of folders takes no LOCATION, so that line is left out there.
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "sluice/base/temp_folder.h"
#include "sluice/engine/spark/spark.h"
#include "sluice/engine/suite/suite.h"
#include "sluice/plan/statement.h"

namespace sluice::engine {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// Without comments and, for Iceberg, without places.
std::vector<std::string> statements_of(const std::string& text, bool is_iceberg) {
  std::vector<std::string> statements(1);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool ends = line.ends_with(';');
    const bool is_left_out =
        line.starts_with("--") || (is_iceberg && line.starts_with("LOCATION "));
    if (!is_left_out) {
      statements.back() += (ends ? line.substr(0, line.size() - 1) : line) + "\n";
    }
    if (ends) {
      statements.emplace_back();
    }
  }
  statements.pop_back();
  return statements;
}

class GoldenDdl : public testing::TestWithParam<const char*> {
 protected:
  void execute(const std::string& sql) {
    const auto done = connection_->execute(context_, plan::Statement(sql));
    EXPECT_TRUE(done) << sql << "\n" << (done ? "" : to_string(done.error()) + done.error().native);
  }

  Context context_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Connection> connection_;
};

TEST_P(GoldenDdl, EveryStatementIsExecuted) {
  const TestServer server = find_test_server("SPARK");
  if (!server.missing.empty()) {
    GTEST_SKIP() << server.missing;
  }
  engine_ = make_spark_engine({.address = server.address, .spill_folder = {}, .allowed_paths = {}})
                .value();
  connection_ = engine_->connect(context_).value();
  const std::string dialect = GetParam();
  const bool is_iceberg = dialect == "iceberg";
  const std::string schema = std::string(is_iceberg ? "`lake`" : "`spark_catalog`") +
                             ".`sluice_ddl_" + dialect + "_" + std::to_string(getpid()) + "`";
  const TempFolder folder = TempFolder::make("sluice-ddl").value();
  execute("CREATE SCHEMA " + schema);
  int executed = 0;
  for (const char* contract : {"customers", "trips", "opening_hours"}) {
    std::string text =
        text_of("test/contracts/ddl/" + std::string(contract) + "." + dialect + ".sql");
    ASSERT_FALSE(text.empty()) << contract;
    text = replaced(text, "`lake`.`silver`.", schema + ".");
    text = replaced(text, "EXISTS `customers`", "EXISTS " + schema + ".`customers`");
    text = replaced(text, "TABLE `customers`", "TABLE " + schema + ".`customers`");
    text = replaced(text, "s3://lake/silver", folder.path());
    for (const std::string& sql : statements_of(text, is_iceberg)) {
      execute(sql);
      ++executed;
    }
  }
  EXPECT_GE(executed, 2);
  for (const char* table : {"customers", "trips"}) {
    execute("DROP TABLE " + schema + ".`" + table + "`");
  }
  execute("DROP SCHEMA " + schema);
}

INSTANTIATE_TEST_SUITE_P(Dialects, GoldenDdl, testing::Values("spark", "delta", "iceberg"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace sluice::engine
