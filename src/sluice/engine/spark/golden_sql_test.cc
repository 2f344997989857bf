// The expressions in Spark's SQL that contracts may hold (test/contracts/spark/functions.txt), each
// on a server: what the file says a row gives, and what the embedded engine gives after the
// translation, is what Spark itself gives.
#include <algorithm>
#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/engine/fake/rows.h"
#include "sluice/engine/spark/spark.h"
#include "sluice/engine/suite/suite.h"
#include "sluice/plan/statement.h"

namespace sluice::engine {
namespace {

constexpr std::string_view kOne =
    R"(CREATE OR REPLACE TEMPORARY VIEW one AS SELECT 7 AS i, CAST(NULL AS INT) AS n,
       CAST(2.5 AS DOUBLE) AS x, 'Ann Lee' AS s, CAST(NULL AS STRING) AS u, DATE'2024-02-29' AS d,
       TIMESTAMP'2024-02-29 13:04:05.678' AS t, array(3, 1, NULL, 2) AS l, 'a,b,c' AS w,
       '{"a": {"b": [1, "x"]}}' AS j, 'it\'s "it"' AS q, 'a\\b' AS b, map('k', 5) AS m)";
constexpr std::string_view kSeveral =
    "CREATE OR REPLACE TEMPORARY VIEW several AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), "
    "(NULL, NULL), (2, 'b') AS r(g, v)";

struct Line {
  std::string expression;
  std::string expected;  // '' is the empty text, NULL none, ! an error
  std::string section;

  std::string as_text() const { return "CAST((\n" + expression + "\n) AS STRING)"; }
  std::string query() const {
    if (section == "windows") {
      return "SELECT array_join(sort_array(collect_list(r)), ',') FROM (SELECT " + as_text() +
             " AS r FROM several)";
    }
    return "SELECT " + as_text() + " FROM " + (section == "rows" ? "several" : "one");
  }
};

std::vector<Line> read_lines() {
  std::ifstream file("test/contracts/spark/functions.txt");
  std::vector<Line> lines;
  std::string section;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(':')) {
      section = line.substr(1);
    }
    const std::size_t arrow = line.rfind(" => ");
    if (!line.starts_with('#') && arrow != std::string::npos) {
      lines.push_back({line.substr(0, arrow), line.substr(arrow + 4), section});
    }
  }
  return lines;
}

class GoldenSql : public testing::Test {
 protected:
  /// The values that a query gives, as texts; one "!" and why when a row cannot be evaluated.
  std::vector<std::string> values_of(const std::string& sql) {
    auto stream = connection_->query(context_, plan::Statement(sql));
    if (!stream) {
      return {"! " + stream.error().native};
    }
    const auto rows = read_rows(*std::move(stream));
    if (!rows) {
      return {"! " + rows.error().native};
    }
    std::vector<std::string> values;
    for (const std::string& row : *rows) {
      values.push_back(row == "null" ? "NULL" : row == "''" ? row : unquoted(row));
    }
    return values;
  }

  /// What stands alone is asked for many at a time: a question takes the server a third of a
  /// second.
  std::vector<std::string> values_of(const std::vector<Line>& lines) {
    std::string list;
    for (const Line& line : lines) {
      list += (list.empty() ? "" : ", ") + line.as_text();
    }
    std::vector<std::string> values = values_of("SELECT explode(array(" + list + ")) FROM one");
    if (values.size() != lines.size()) {
      values.clear();
      for (const Line& line : lines) {
        values.push_back(values_of(line.query()).front());
      }
    }
    return values;
  }

  static std::string unquoted(const std::string& row) {
    std::string text;
    for (std::size_t i = 1; i + 1 < row.size(); ++i) {
      text += row[i];
      i += row[i] == '\'' ? 1 : 0;
    }
    return text;
  }

  Context context_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(GoldenSql, TheServerGivesWhatTheFileSays) {
  const TestServer server = find_test_server("SPARK");
  if (!server.missing.empty()) {
    GTEST_SKIP() << server.missing;
  }
  engine_ = make_spark_engine({.address = server.address, .spill_folder = {}, .allowed_paths = {}})
                .value();
  connection_ = engine_->connect(context_).value();
  for (const std::string_view view : {kOne, kSeveral}) {
    connection_->execute(context_, plan::Statement(std::string(view))).value();
  }
  const std::vector<Line> lines = read_lines();
  ASSERT_GE(lines.size(), 250U);
  std::vector<Line> plain;
  for (const Line& line : lines) {
    if (line.section.empty() && line.expected != "!") {
      plain.push_back(line);
      continue;
    }
    const std::string found = values_of(line.query()).front();
    if (line.section == "databricks") {
      EXPECT_NE(found.find("UNRESOLVED_ROUTINE"), std::string::npos) << line.expression << "\n"
                                                                     << found;
    } else if (line.expected == "!") {
      EXPECT_TRUE(found.starts_with("! ")) << line.expression << "\n" << found;
    } else {
      EXPECT_EQ(found, line.expected) << line.expression;
    }
  }
  constexpr std::size_t kAtOnce = 40;
  for (std::size_t begin = 0; begin < plain.size(); begin += kAtOnce) {
    const std::size_t end = std::min(begin + kAtOnce, plain.size());
    const std::vector<Line> some(plain.begin() + static_cast<std::ptrdiff_t>(begin),
                                 plain.begin() + static_cast<std::ptrdiff_t>(end));
    const std::vector<std::string> found = values_of(some);
    for (std::size_t i = 0; i < some.size(); ++i) {
      EXPECT_EQ(found[i], some[i].expected) << some[i].expression;
    }
  }
}

}  // namespace
}  // namespace sluice::engine
