// Words, literals and signs of Spark's SQL with their places; comments and blanks are left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/spark/spark_sql.h"

namespace sluice::contract::internal {

enum class SparkTokenKind : std::uint8_t {
  Word,    // also {dataset} and {link}
  Name,    // in backquotes
  String,  // with its escapes undone
  Number,
  Sign,
};

struct SparkToken {
  SparkTokenKind kind = SparkTokenKind::Sign;
  std::size_t begin = 0;
  std::size_t length = 0;
  std::string text;  // a word in capitals, a string or a name without quotes, else as written
};

struct SparkTokens {
  std::vector<SparkToken> list;
  std::vector<std::size_t> partner;  // of each bracket; of anything else its own place
  std::vector<SparkFault> faults;
};

/// Brackets have partners and nest no deeper than people write, or there is a fault.
SparkTokens tokens_of_spark(std::string_view sql);

}  // namespace sluice::contract::internal
