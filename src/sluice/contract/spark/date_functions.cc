// Functions over dates and instants, and those over the rows of a group or a window.
#include <array>

#include "sluice/contract/spark/functions_internal.h"

namespace sluice::contract::internal {
namespace {

using F = SparkFunction;

constexpr std::array kDates{
    F{"CURRENT_DATE", 0, 0, "current_date"},
    F{"CURDATE", 0, 0, "current_date"},
    F{"CURRENT_TIMESTAMP", 0, 0, "CAST(now() AS TIMESTAMP)"},
    F{"NOW", 0, 0, "CAST(now() AS TIMESTAMP)"},
    F{"LOCALTIMESTAMP", 0, 0, "CAST(now() AS TIMESTAMP)"},
    F{"TO_DATE", 1, 1, "$1d"},
    F{"TO_TIMESTAMP", 1, 1, "$1t"},
    F{"YEAR", 1, 1, "year($1d)"},
    F{"QUARTER", 1, 1, "quarter($1d)"},
    F{"MONTH", 1, 1, "month($1d)"},
    F{"DAY", 1, 1, "day($1d)"},
    F{"DAYOFMONTH", 1, 1, "day($1d)"},
    F{"DAYOFYEAR", 1, 1, "dayofyear($1d)"},
    F{"DAYOFWEEK", 1, 1, "(dayofweek($1d) + 1)"},
    F{"WEEKDAY", 1, 1, "(isodow($1d) - 1)"},
    F{"WEEKOFYEAR", 1, 1, "weekofyear($1d)"},
    F{"HOUR", 1, 1, "hour($1t)"},
    F{"MINUTE", 1, 1, "minute($1t)"},
    F{"SECOND", 1, 1, "second($1t)"},
    F{"LAST_DAY", 1, 1, "last_day($1d)"},
    F{"MAKE_DATE", 3, 3, "make_date($1, $2, $3)"},
    F{"DATE_ADD", 2, 2, "($1d + CAST($2 AS INTEGER))"},
    F{"DATE_SUB", 2, 2, "($1d - CAST($2 AS INTEGER))"},
    F{"ADD_MONTHS", 2, 2, "CAST($1d + to_months(CAST($2 AS INTEGER)) AS DATE)"},
    F{"DATEDIFF", 2, 2, "date_diff('day', $2d, $1d)"},
    F{"DATE_DIFF", 2, 2, "date_diff('day', $2d, $1d)"},
    F{"MONTHS_BETWEEN", 2, 2,
      "CASE WHEN day($1t) = day($2t) OR ($1d = last_day($1d) AND $2d = last_day($2d)) THEN "
      "CAST((year($1t) - year($2t)) * 12 + month($1t) - month($2t) AS DOUBLE) ELSE "
      "round((year($1t) - year($2t)) * 12 + month($1t) - month($2t) + ((day($1t) - day($2t)) * "
      "86400 + (epoch($1t) - epoch($1d)) - (epoch($2t) - epoch($2d))) / 2678400.0, 8) END"},
    F{"UNIX_TIMESTAMP", 0, 0, "CAST(floor(epoch(CAST(now() AS TIMESTAMP))) AS BIGINT)"},
    F{"UNIX_TIMESTAMP", 1, 1, "CAST(floor(epoch($1t)) AS BIGINT)"},
    F{"TO_UNIX_TIMESTAMP", 1, 1, "CAST(floor(epoch($1t)) AS BIGINT)"},
    F{"UNIX_SECONDS", 1, 1, "CAST(floor(epoch($1t)) AS BIGINT)"},
    F{"UNIX_MILLIS", 1, 1, "epoch_ms($1t)"},
    F{"UNIX_MICROS", 1, 1, "epoch_us($1t)"},
    F{"FROM_UNIXTIME", 1, 1,
      "strftime(make_timestamp(CAST($1 AS BIGINT) * 1000000), '%Y-%m-%d %H:%M:%S')"},
    F{"TIMESTAMP_SECONDS", 1, 1, "make_timestamp(CAST(($1) * 1000000 AS BIGINT))"},
    F{"TIMESTAMP_MILLIS", 1, 1, "make_timestamp(CAST($1 AS BIGINT) * 1000)"},
    F{"TIMESTAMP_MICROS", 1, 1, "make_timestamp(CAST($1 AS BIGINT))"},
};

constexpr auto kGroup = CallKind::Aggregate;

constexpr std::array kAggregates{
    F{"COUNT", 1, 1, "count($*)", kGroup},
    F{"COUNT_IF", 1, 1, "count_if($*)", kGroup},
    F{"SUM", 1, 1, "sum($*)", kGroup},
    F{"AVG", 1, 1, "avg($*)", kGroup},
    F{"MEAN", 1, 1, "avg($*)", kGroup},
    F{"MIN", 1, 1, "min($*)", kGroup},
    F{"MAX", 1, 1, "max($*)", kGroup},
    F{"MIN_BY", 2, 2, "arg_min($1, $2)", kGroup},
    F{"MAX_BY", 2, 2, "arg_max($1, $2)", kGroup},
    F{"FIRST", 1, 1, "first($1)", kGroup},
    F{"FIRST_VALUE", 1, 1, "first($1)", kGroup},
    F{"ANY_VALUE", 1, 1, "first($1)", kGroup},
    F{"LAST", 1, 1, "last($1)", kGroup},
    F{"LAST_VALUE", 1, 1, "last($1)", kGroup},
    F{"STD", 1, 1, "stddev_samp($*)", kGroup},
    F{"STDDEV", 1, 1, "stddev_samp($*)", kGroup},
    F{"STDDEV_SAMP", 1, 1, "stddev_samp($*)", kGroup},
    F{"STDDEV_POP", 1, 1, "stddev_pop($*)", kGroup},
    F{"VARIANCE", 1, 1, "var_samp($*)", kGroup},
    F{"VAR_SAMP", 1, 1, "var_samp($*)", kGroup},
    F{"VAR_POP", 1, 1, "var_pop($*)", kGroup},
    F{"CORR", 2, 2, "corr($1, $2)", kGroup},
    F{"COVAR_POP", 2, 2, "covar_pop($1, $2)", kGroup},
    F{"COVAR_SAMP", 2, 2, "covar_samp($1, $2)", kGroup},
    F{"MEDIAN", 1, 1, "median($*)", kGroup},
    F{"PERCENTILE", 2, 2, "quantile_cont($1, $2)", kGroup},
    F{"PERCENTILE_APPROX", 2, 3, "quantile_disc($1, $2)", kGroup},
    F{"APPROX_PERCENTILE", 2, 3, "quantile_disc($1, $2)", kGroup},
    F{"APPROX_COUNT_DISTINCT", 1, 2, "count(DISTINCT $1)", kGroup},
    F{"BOOL_AND", 1, 1, "bool_and($*)", kGroup},
    F{"EVERY", 1, 1, "bool_and($*)", kGroup},
    F{"BOOL_OR", 1, 1, "bool_or($*)", kGroup},
    F{"ANY", 1, 1, "bool_or($*)", kGroup},
    F{"SOME", 1, 1, "bool_or($*)", kGroup},
    F{"COLLECT_LIST", 1, 1, "coalesce(list($*) FILTER (WHERE ($1) IS NOT NULL), [])", kGroup},
    F{"ARRAY_AGG", 1, 1, "coalesce(list($*) FILTER (WHERE ($1) IS NOT NULL), [])", kGroup},
    F{"COLLECT_SET", 1, 1, "coalesce(list(DISTINCT $1) FILTER (WHERE ($1) IS NOT NULL), [])",
      kGroup},
    F{"ROW_NUMBER", 0, 0, "row_number()", kGroup},
    F{"RANK", 0, 0, "rank()", kGroup},
    F{"DENSE_RANK", 0, 0, "dense_rank()", kGroup},
    F{"PERCENT_RANK", 0, 0, "percent_rank()", kGroup},
    F{"CUME_DIST", 0, 0, "cume_dist()", kGroup},
    F{"NTILE", 1, 1, "ntile($1)", kGroup},
    F{"LAG", 1, 3, "lag($*)", kGroup},
    F{"LEAD", 1, 3, "lead($*)", kGroup},
    F{"NTH_VALUE", 2, 2, "nth_value($1, $2)", kGroup},
};

}  // namespace

std::span<const SparkFunction> spark_date_functions() { return kDates; }

std::span<const SparkFunction> spark_aggregate_functions() { return kAggregates; }

}  // namespace sluice::contract::internal
