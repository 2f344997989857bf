// What an engine is asked to do: text and the values bound to it. Values are never spliced into the
// text: a parameter belongs to the n-th '?' outside quotes and comments. A plain value; who renders
// it answers for its syntax.
#pragma once

#include <string>
#include <vector>

#include "sluice/plan/value.h"

namespace sluice::plan {

struct Statement {
  std::string text;
  std::vector<Value> parameters;  // for each '?', in order

  Statement(std::string sql);  // NOLINT(google-explicit-constructor): SQL without parameters
  Statement(const char* sql);  // NOLINT(google-explicit-constructor)
  Statement(std::string sql, std::vector<Value> bound);
  // Not inline: a user's file does without those of plan::Value.
  Statement(const Statement& other);
  Statement(Statement&& other) noexcept;
  Statement& operator=(const Statement& other);
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();
  friend bool operator==(const Statement&, const Statement&) = default;
};

}  // namespace sluice::plan
