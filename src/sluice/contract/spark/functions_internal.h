// The functions of Spark that have a meaning here, as data: how each is written in the engine's
// words. An open set: a function is one line in a table, and a line in test/contracts/spark.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::contract::internal {

/// What a call may hold beside its arguments.
enum class CallKind : std::uint8_t {
  Value,      // of one row
  Aggregate,  // DISTINCT, FILTER and OVER may stand with it
};

/// In `spelling` $1 is the first argument and $* are all of them, joined by commas; $+ joins them
/// by ||. A letter behind the number says as what it is read: d a date, t an instant, p in
/// parentheses.
struct SparkFunction {
  std::string_view name;  // in capitals
  int arguments_min = 0;
  int arguments_max = 0;
  std::string_view spelling;
  CallKind kind = CallKind::Value;
};

/// By name and number of arguments; several lines of one name stand together.
std::span<const SparkFunction> spark_value_functions();
std::span<const SparkFunction> spark_date_functions();
std::span<const SparkFunction> spark_aggregate_functions();

/// What to write instead of a function that has no meaning here.
struct SparkAdvice {
  std::string_view name;
  std::string_view hint;
};

std::span<const SparkAdvice> spark_advice();

}  // namespace sluice::contract::internal
