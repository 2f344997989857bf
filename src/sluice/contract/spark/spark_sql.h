// Spark's SQL as contracts write it -> the same meaning in the embedded engine's words. The meaning
// is that of Spark 4 with its settings as they come: a division by zero, a text that is no number
// and an index beyond a list are errors of their row, NULLs sort first, lists count from zero,
// double quotes enclose texts. docs/spark-sql.md says what is translated and what is not.
//
// Nothing is judged by another dialect's rules: a function, an operator or a clause that is not in
// the tables is a fault at its place, with what to write instead. What is translated is bound by
// the engine afterwards; columns and types are its business. Pure; safe from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/model/sql_text.h"

namespace sluice::contract {

/// What could not be translated, as a stretch of the text.
struct SparkFault {
  std::size_t begin = 0;
  std::size_t length = 0;
  std::string message;
  std::string hint;
};

struct SparkTranslation {
  std::string text;
  std::vector<SqlOrigin> origins;  // by `begin`
  std::vector<SparkFault> faults;  // in the order of the text; `text` is of no use then
};

/// An expression, a list of them, or a SELECT.
SparkTranslation translate_spark(std::string_view sql);

/// Names of the functions that are translated, in order, small letters.
std::vector<std::string_view> spark_function_names();

}  // namespace sluice::contract
