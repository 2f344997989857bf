// What an engine is asked to do: text and the values bound to it. Values are never spliced into the
// text: a parameter belongs to the n-th '?' outside quotes and comments. A plain value; who renders
// it answers for its syntax.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sluice/plan/value.h"

namespace sluice::plan {

struct Statement {
  std::string text;
  std::vector<Value> parameters;  // for each '?', in order

  Statement(std::string sql, std::vector<Value> bound = {})  // NOLINT(google-explicit-constructor)
      : text(std::move(sql)), parameters(std::move(bound)) {}
  Statement(const char* sql) : text(sql) {}  // NOLINT(google-explicit-constructor)
  friend bool operator==(const Statement&, const Statement&) = default;
};

}  // namespace sluice::plan
