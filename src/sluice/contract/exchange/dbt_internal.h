// A test of dbt and the rule of a contract that says the same. A test passes for a row without a
// value and a rule does not, so a rule is native only where the column is required; else it is SQL
// that lets NULL pass. A test with an argument that is not known here becomes no rule: half of a
// test would be another test. An open set: a test is one line of the table in dbt_tests.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/exchange/tree_internal.h"

namespace sluice::contract::internal {

/// As it is written, below `data_tests` or the older `tests`.
struct DbtTest {
  std::string name;
  Node arguments;        // its own: without name, description, config and where
  std::string title;     // its `name`, for the rule
  std::string severity;  // "warning", or empty for an error
  std::string where;     // rows that it looks at; empty for all
  bool is_enabled = true;
  std::vector<std::string> unread;  // settings that change what a failure is: error_if ...
};

DbtTest read_dbt_test(const Node& written);

/// The column that a test stands at; no name for a test of the whole model.
struct DbtColumn {
  std::string name;
  bool is_required = false;
  bool is_text = false;
};

enum class DbtPlace : std::uint8_t { None, Nothing, RowRule, DatasetRule, Freshness };

struct DbtRule {
  DbtPlace place = DbtPlace::None;  // None: no rule says this; Nothing: nothing needs to
  std::string key;
  Node body;
};

DbtRule rule_of_dbt_test(const DbtTest& test, const DbtColumn& column);

}  // namespace sluice::contract::internal
