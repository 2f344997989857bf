// Small text formats of contracts: durations, dates, cron lines, versions, type names, patterns.
// Each function says whether a text has the form, and gives its value where one is needed later.
// Pure functions; any text is a legal input, and none of them takes more than linear time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/contract/diagnostic/secret.h"

namespace sluice::contract {

/// "30s", "15m", "24h", "7d", "2w", "6 hours", "PT6H", "P7D"; months are 30 days, years 365.
std::optional<std::int64_t> parse_duration_seconds(std::string_view text);

/// "1 month", "3mo", "1 quarter", "2 years", "P1Y6M": months of the calendar, whole ones.
std::optional<std::int64_t> parse_calendar_months(std::string_view text);

/// What is wrong with a distance of days or instants, empty: nothing. It is whole months of the
/// calendar, or a time without any.
std::string interval_fault(std::string_view text);

/// 2026-01-31, with an optional time and offset.
bool is_date_or_time(std::string_view text);

/// The period of a retention: 400d, 7y, P7Y.
bool is_retention_period(std::string_view text);

/// major.minor.patch with optional pre-release and build.
bool is_semantic_version(std::string_view text);

/// What is wrong with a cron line; empty when nothing is.
std::string cron_fault(std::string_view text);

/// What a column of a type holds, as far as rules care.
enum class TypeFamily : std::uint8_t {
  Unknown,
  Textual,
  Whole,
  Fractional,
  Logical,
  Date,
  Time,
  Bytes,
  Json,
  Nested,
};

/// The family of a type name, any case: "decimal(10,2)", "varchar(20)", "array<string>",
/// "struct<a:int>".
TypeFamily type_family(std::string_view type);

bool is_numeric(TypeFamily family);

/// What a partial masking leaves: email, phone, credit_card, or a template with {first1}..{first9},
/// {last1}..{last9} or {domain} and no other braces.
bool is_partial_format(std::string_view text);

/// What RE2 says against a pattern; empty when nothing.
std::string regex_fault(std::string_view pattern);

/// ".csv" of "bad.csv": the ending by which a path is known to name a file of data, in any case;
/// empty: it has none.
std::string_view find_file_ending(std::string_view path);

/// What is wrong with the folder format of partitions; empty when nothing.
std::string partition_format_fault(std::string_view format);

}  // namespace sluice::contract
