// Calls over dates: patterns, units and parts.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/spark/translator_internal.h"

namespace sluice::contract::internal {
namespace {

struct DateWord {
  std::string_view spark;
  std::string_view ours;
};

/// Units of truncation.
constexpr std::array kTruncations{
    DateWord{"YEAR", "year"},       DateWord{"YYYY", "year"},   DateWord{"YY", "year"},
    DateWord{"QUARTER", "quarter"}, DateWord{"MONTH", "month"}, DateWord{"MON", "month"},
    DateWord{"MM", "month"},        DateWord{"WEEK", "week"},   DateWord{"DAY", "day"},
    DateWord{"DD", "day"},          DateWord{"HOUR", "hour"},   DateWord{"MINUTE", "minute"},
    DateWord{"SECOND", "second"},
};

/// Fields of EXTRACT, as what they are read by.
constexpr std::array kFields{
    DateWord{"YEAR", "year($1d)"},
    DateWord{"YEARS", "year($1d)"},
    DateWord{"QUARTER", "quarter($1d)"},
    DateWord{"QTR", "quarter($1d)"},
    DateWord{"MONTH", "month($1d)"},
    DateWord{"MON", "month($1d)"},
    DateWord{"MONTHS", "month($1d)"},
    DateWord{"WEEK", "weekofyear($1d)"},
    DateWord{"WEEKS", "weekofyear($1d)"},
    DateWord{"DAY", "day($1d)"},
    DateWord{"DAYS", "day($1d)"},
    DateWord{"D", "day($1d)"},
    DateWord{"DAYOFWEEK", "(dayofweek($1d) + 1)"},
    DateWord{"DOW", "(dayofweek($1d) + 1)"},
    DateWord{"DAYOFWEEK_ISO", "isodow($1d)"},
    DateWord{"DOW_ISO", "isodow($1d)"},
    DateWord{"DOY", "dayofyear($1d)"},
    DateWord{"HOUR", "hour($1t)"},
    DateWord{"HOURS", "hour($1t)"},
    DateWord{"MINUTE", "minute($1t)"},
    DateWord{"MINUTES", "minute($1t)"},
};

/// Units of intervals, as the function that makes one and the word that counts them.
struct Unit {
  std::string_view spark;
  std::string_view interval;
  std::string_view counted;
};

constexpr std::array kUnits{
    Unit{"SECOND", "to_seconds", "second"},    Unit{"MINUTE", "to_minutes", "minute"},
    Unit{"HOUR", "to_hours", "hour"},          Unit{"DAY", "to_days", "day"},
    Unit{"WEEK", "to_weeks", "week"},          Unit{"MONTH", "to_months", "month"},
    Unit{"QUARTER", "to_quarters", "quarter"}, Unit{"YEAR", "to_years", "year"},
};

template <class Table>
std::string_view find_word_of(const Table& table, std::string_view word) {
  const auto found = std::ranges::find(table, word, &DateWord::spark);
  return found == table.end() ? std::string_view{} : found->ours;
}

std::string capitals(std::string_view word) {
  std::string text(word);
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

}  // namespace

/// The value and its pattern as a literal of ours.
std::vector<SparkPiece> SparkTranslator::with_pattern(const SparkCall& call) {
  const TokenRange range = call.arguments[1];
  const std::optional<std::string> java = literal_of(range);
  const std::string pattern = java ? strftime_of(*java) : std::string();
  if (pattern.empty()) {
    fault(range.first,
          java ? "a pattern of dates that is not translated from Spark's SQL: '" + *java + "'"
               : "a pattern of dates that is no text is not translated from Spark's SQL",
          "patterns hold y, M, d, H, h, m, s, S, a, E, D and texts in quotes");
  }
  const SparkToken& literal = token(range.first);
  SparkPiece ours;
  ours.add(spark_literal(pattern), literal.begin, literal.length);
  return {walk(call.arguments[0]), std::move(ours)};
}

SparkPiece SparkTranslator::date_format(const SparkCall& call) {
  return fill(call.token,
              call.name == "DATE_FORMAT"
                  ? "strftime($1t, $2)"
                  : "strftime(make_timestamp(CAST($1 AS BIGINT) * 1000000), $2)",
              with_pattern(call));
}

SparkPiece SparkTranslator::parse_date(const SparkCall& call) {
  return fill(call.token,
              call.name == "TO_DATE"        ? "CAST(strptime($1, $2) AS DATE)"
              : call.name == "TO_TIMESTAMP" ? "CAST(strptime($1, $2) AS TIMESTAMP)"
                                            : "CAST(floor(epoch(strptime($1, $2))) AS BIGINT)",
              with_pattern(call));
}

/// trunc(date, 'MM') and date_trunc('MONTH', instant).
SparkPiece SparkTranslator::truncate_date(const SparkCall& call) {
  const bool is_date = call.name == "TRUNC";
  const TokenRange unit = call.arguments[is_date ? 1 : 0];
  const std::optional<std::string> word = literal_of(unit);
  const std::string_view ours = word ? find_word_of(kTruncations, capitals(*word)) : "";
  const bool is_time = ours == "day" || ours == "hour" || ours == "minute" || ours == "second";
  if (ours.empty() || (is_date && is_time)) {
    return refused(unit.first, "a unit that is not translated from Spark's SQL",
                   is_date ? "'YEAR', 'QUARTER', 'MONTH' or 'WEEK'"
                           : "'YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR', 'MINUTE' or "
                             "'SECOND'");
  }
  return fill(call, is_date ? fmt::format("CAST(date_trunc('{}', $1d) AS DATE)", ours)
                            : fmt::format("date_trunc('{}', $2t)", ours));
}

/// extract(YEAR FROM value) and date_part('year', value).
SparkPiece SparkTranslator::extract(const SparkCall& call) {
  std::string unit;
  TokenRange value = call.arguments.back();
  const std::size_t place = call.arguments.front().first;
  if (call.name == "EXTRACT") {
    const std::optional<std::size_t> from = find_word(value, "FROM");
    if (!from || *from != place + 1) {
      return refused(call.token, "expected extract(YEAR FROM value)");
    }
    unit = token(place).text;
    value.first = *from + 1;
  } else {
    unit = capitals(literal_of(call.arguments.front()).value_or(""));
  }
  const std::string_view spelling = find_word_of(kFields, capitals(unit));
  if (spelling.empty() || value.is_empty()) {
    return refused(place, "a part of a date that is not translated from Spark's SQL",
                   "year, quarter, month, week, day, dayofweek, doy, hour or minute");
  }
  const SparkPiece piece = walk(value);
  return fill(call.token, spelling, {&piece, 1});
}

/// dateadd(DAY, 1, value)
SparkPiece SparkTranslator::add_units(const SparkCall& call) {
  const std::size_t unit = call.arguments.front().first;
  const auto found = std::ranges::find(kUnits, token(unit).text, &Unit::spark);
  if (found == kUnits.end()) {
    return refused(unit, "a unit that is not translated from Spark's SQL",
                   "SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER or YEAR");
  }
  return fill(call, fmt::format("($3t + {}(CAST($2 AS INTEGER)))", found->interval));
}

/// datediff(DAY, from, to): whole units.
SparkPiece SparkTranslator::count_units(const SparkCall& call) {
  const std::size_t unit = call.arguments.front().first;
  const auto found = std::ranges::find(kUnits, token(unit).text, &Unit::spark);
  if (found == kUnits.end()) {
    return refused(unit, "a unit that is not translated from Spark's SQL",
                   "SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER or YEAR");
  }
  return fill(call, fmt::format("date_sub('{}', $2t, $3t)", found->counted));
}

}  // namespace sluice::contract::internal
