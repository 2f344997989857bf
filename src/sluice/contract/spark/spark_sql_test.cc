// The files under test/contracts/spark: what each function gives on the engine, which faults stand
// where, and the form of what is translated.
#include "sluice/contract/spark/spark_sql.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/engine/fake/rows.h"

namespace sluice::contract {
namespace {

struct Line {
  std::string text;
  std::string expected;
  std::string section;
};

std::vector<Line> lines_of(const std::string& name) {
  std::ifstream file("test/contracts/spark/" + name);
  std::vector<Line> lines;
  std::string section;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    if (line.starts_with(':')) {
      section = line.substr(1);
      continue;
    }
    const std::size_t arrow = line.rfind(" => ");
    EXPECT_NE(arrow, std::string::npos) << line;
    lines.push_back({line.substr(0, arrow), line.substr(arrow + 4), section});
  }
  return lines;
}

std::string faults_of(const SparkTranslation& made) {
  std::string text;
  for (const SparkFault& fault : made.faults) {
    text += fault.message + " (" + fault.hint + ")\n";
  }
  return text;
}

class SparkSqlTest : public testing::Test {
 protected:
  void SetUp() override {
    auto engine = engine::make_duckdb_engine({});
    ASSERT_TRUE(engine.has_value());
    engine_ = *std::move(engine);
    auto connection = engine_->connect(context_);
    ASSERT_TRUE(connection.has_value());
    connection_ = *std::move(connection);
    run("CREATE TEMP VIEW one AS SELECT 7 AS i, CAST(NULL AS INTEGER) AS n, CAST(2.5 AS DOUBLE) "
        "AS x, 'Ann Lee' AS s, CAST(NULL AS VARCHAR) AS u, DATE '2024-02-29' AS d, TIMESTAMP "
        "'2024-02-29 13:04:05.678' AS t, [3, 1, NULL, 2] AS l, 'a,b,c' AS w, "
        "'{\"a\": {\"b\": [1, \"x\"]}}' AS j, 'it''s \"it\"' AS q, 'a\\b' AS b, MAP {'k': 5} AS m");
    run("CREATE TEMP VIEW several AS SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (NULL, NULL), "
        "(2, 'b')) AS r(g, v)");
  }

  void run(const std::string& sql) {
    const auto done = connection_->execute(context_, sql);
    ASSERT_TRUE(done.has_value()) << to_string(done.error()) << done.error().native;
  }

  /// The one text that a query gives; "!" and why when it gives none.
  std::string text_of(const std::string& sql) {
    auto stream = connection_->query(context_, sql);
    if (!stream) {
      return "! " + stream.error().native;
    }
    const auto rows = engine::read_rows(*std::move(stream));
    return rows ? rows->empty() ? "no row" : rows->front() : "! " + rows.error().native;
  }

  Context context_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
};

std::string query_of(const Line& line, const std::string& sql) {
  const std::string text = "CAST((\n" + sql + "\n) AS VARCHAR)";
  if (line.section == "windows") {
    return "SELECT string_agg(r, ',' ORDER BY r) FROM (SELECT " + text + " AS r FROM several)";
  }
  return "SELECT " + text + " FROM " + (line.section == "rows" ? "several" : "one");
}

/// As a row of one text is rendered.
std::string shown(const std::string& expected) {
  if (expected == "NULL") {
    return "null";
  }
  std::string text;
  for (const char c : expected == "''" ? std::string() : expected) {
    text.append(c == '\'' ? 2 : 1, c);
  }
  return "'" + text + "'";
}

TEST_F(SparkSqlTest, EachFunctionGivesWhatSparkGives) {
  const std::vector<Line> lines = lines_of("functions.txt");
  ASSERT_GE(lines.size(), 250U);
  for (const Line& line : lines) {
    const SparkTranslation made = translate_spark(line.text);
    ASSERT_TRUE(made.faults.empty()) << line.text << "\n" << faults_of(made);
    const std::string sql = query_of(line, made.text);
    const std::string found = text_of(sql);
    if (line.expected == "!") {
      EXPECT_TRUE(found.starts_with("! Conversion") || found.starts_with("! Invalid Input"))
          << line.text << "\n"
          << sql << "\n"
          << found;
    } else {
      EXPECT_EQ(found, shown(line.expected)) << line.text << "\n" << sql;
    }
  }
}

TEST_F(SparkSqlTest, NoFunctionIsWithoutAnExample) {
  std::set<std::string> seen;
  for (const Line& line : lines_of("functions.txt")) {
    std::string word;
    for (const char c : line.text + " ") {
      if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9')) {
        word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        continue;
      }
      if (c == '(') {
        seen.insert(word);
      }
      word.clear();
    }
  }
  for (const std::string_view name : spark_function_names()) {
    EXPECT_TRUE(seen.contains(std::string(name))) << name;
  }
}

TEST_F(SparkSqlTest, ThePageNamesEachFunction) {
  std::ifstream file("docs/spark-sql.md");
  std::stringstream page;
  page << file.rdbuf();
  for (const std::string_view name : spark_function_names()) {
    EXPECT_NE(page.str().find("`" + std::string(name) + "`"), std::string::npos) << name;
  }
}

TEST_F(SparkSqlTest, WhatIsNotTranslatedIsSaidAtItsPlace) {
  const std::vector<Line> lines = lines_of("faults.txt");
  ASSERT_GE(lines.size(), 50U);
  for (const Line& line : lines) {
    std::vector<std::string> parts{""};
    for (std::size_t i = 0; i < line.expected.size(); ++i) {
      if (line.expected.compare(i, 2, " |") == 0) {
        parts.emplace_back();
        i += 2;
      } else {
        parts.back() += line.expected[i];
      }
    }
    ASSERT_EQ(parts.size(), 3U) << line.text;
    const SparkTranslation made = translate_spark(line.text);
    ASSERT_FALSE(made.faults.empty()) << line.text << "\n" << made.text;
    const SparkFault& first = made.faults.front();
    EXPECT_TRUE(first.message.starts_with(parts[0])) << line.text << "\n" << first.message;
    EXPECT_EQ(std::to_string(first.begin) + "-" + std::to_string(first.begin + first.length),
              parts[1])
        << line.text;
    EXPECT_NE(first.hint.find(parts[2]), std::string::npos) << line.text << "\n" << first.hint;
  }
}

TEST_F(SparkSqlTest, ClausesTakeTheFormOfTheEngine) {
  for (const Line& line : lines_of("texts.txt")) {
    const SparkTranslation made = translate_spark(line.text);
    EXPECT_TRUE(made.faults.empty()) << line.text << "\n" << faults_of(made);
    EXPECT_EQ(made.text, line.expected);
  }
}

TEST_F(SparkSqlTest, EachPartKnowsWhatItWasMadeFrom) {
  const std::string written = "upper(nvl(note, `a b`)) = 'x'";
  const SparkTranslation made = translate_spark(written);
  ASSERT_TRUE(made.faults.empty());
  std::uint32_t end = 0;
  for (const SqlOrigin& origin : made.origins) {
    EXPECT_EQ(origin.begin, end);
    end = origin.begin + origin.length;
    EXPECT_LE(origin.written_begin + origin.written_length, written.size());
    if (origin.is_verbatim) {
      EXPECT_EQ(made.text.substr(origin.begin, origin.length),
                written.substr(origin.written_begin, origin.written_length));
    }
  }
  EXPECT_EQ(end, made.text.size());
}

TEST_F(SparkSqlTest, HostileTextEndsInAFault) {
  const std::string deep(5'000, '(');
  EXPECT_FALSE(translate_spark(deep).faults.empty());
  EXPECT_FALSE(translate_spark(deep + "1" + std::string(5'000, ')')).faults.empty());
  std::string casts = "a";
  for (int i = 0; i < 40; ++i) {
    casts.insert(0, "CAST(").append(" AS INT)");
  }
  EXPECT_FALSE(translate_spark(casts).faults.empty());
  std::string cases;
  for (int i = 0; i < 3'000; ++i) {
    cases += "CASE WHEN ";
  }
  EXPECT_FALSE(translate_spark(cases).faults.empty());
  EXPECT_FALSE(translate_spark(std::string("\xff\xfe ) '", 5)).faults.empty());
  EXPECT_TRUE(translate_spark("").faults.empty());
}

}  // namespace
}  // namespace sluice::contract
