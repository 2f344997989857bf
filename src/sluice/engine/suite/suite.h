// The promises of the engine port as tests, run over every engine. A new engine is one line in the
// list of cases in suite_test.cc, or a case in a test program of its own when it needs a server.
// What an engine cannot keep is a field of its case, and how it spells a thing too; the statements
// of the tests are otherwise the SQL that all engines share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/engine/engine.h"
#include "sluice/engine/fake/rows.h"

namespace sluice::engine {

struct EngineCase {
  std::string name;

  /// An engine without tables of earlier tests.
  std::function<Result<std::unique_ptr<Engine>>()> make;

  /// The SQL of a type; empty when the engine has none that gives it back as it was.
  std::function<std::string(const schema::LogicalType&)> type_text;
  /// A relation with the one column `i` that counts from 0 to below the number.
  std::function<std::string(std::int64_t)> range_text;
  /// A query that computes for minutes before it gives its first row.
  std::string long_query;
  /// The name a-umlaut as this engine wants it in a statement.
  std::string quoted_umlaut = "\"\xC3\xA4\"";
  /// Rows of a stream that nobody reads to its end: as good as endless, where memory stays bounded.
  std::int64_t endless_rows = 1'000'000'000'000;
  /// Why the case cannot run here, such as the server that it needs; empty when it can.
  std::string missing;
  /// The most rows that one batch of a stream may have.
  std::int64_t batch_rows_max = 2'048;

  /// execute says how many rows it changed.
  bool counts_changed_rows = true;
  /// A text may hold several statements.
  bool takes_several_statements = true;
  /// Names of temporary relations are a session's own.
  bool isolates_temporary_relations = true;
};

/// The address at which `./dev test` started a server for tests ("SPARK").
struct TestServer {
  std::string address;
  std::string missing;  // why there is none, empty with an address
};
TestServer find_test_server(const std::string& name);

inline void PrintTo(const EngineCase& one, std::ostream* out) { *out << one.name; }

class EngineSuite : public testing::TestWithParam<EngineCase> {
 protected:
  void SetUp() override;

  std::unique_ptr<Connection> connect() const;
  /// All rows of a query as text; a failure is thrown.
  std::vector<std::string> rows(const plan::Statement& statement) const;
  /// What a query fails with, at its start or while it is read.
  Error query_error(const plan::Statement& statement) const;
  void execute(const plan::Statement& statement) const;

  Context context_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace sluice::engine
