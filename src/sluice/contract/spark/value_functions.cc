// Functions over numbers, texts, lists, and what is NULL.
#include <array>

#include "sluice/contract/spark/functions_internal.h"

namespace sluice::contract::internal {
namespace {

using F = SparkFunction;
constexpr int kMany = 1'000;

constexpr std::array kFunctions{
    // what is NULL
    F{"COALESCE", 1, kMany, "coalesce($*)"},
    F{"NVL", 2, 2, "coalesce($1, $2)"},
    F{"IFNULL", 2, 2, "coalesce($1, $2)"},
    F{"NVL2", 3, 3, "CASE WHEN ($1) IS NOT NULL THEN $2 ELSE $3 END"},
    F{"NULLIF", 2, 2, "nullif($1, $2)"},
    F{"NULLIFZERO", 1, 1, "nullif($1, 0)"},
    F{"ZEROIFNULL", 1, 1, "coalesce($1, 0)"},
    F{"EQUAL_NULL", 2, 2, "(($1) IS NOT DISTINCT FROM ($2))"},
    F{"IF", 3, 3, "CASE WHEN $1 THEN $2 ELSE $3 END"},
    F{"IFF", 3, 3, "CASE WHEN $1 THEN $2 ELSE $3 END"},
    F{"ISNULL", 1, 1, "(($1) IS NULL)"},
    F{"ISNOTNULL", 1, 1, "(($1) IS NOT NULL)"},
    F{"ISNAN", 1, 1, "coalesce(isnan($1), FALSE)"},
    F{"GREATEST", 2, kMany, "greatest($*)"},
    F{"LEAST", 2, kMany, "least($*)"},

    // numbers
    F{"ABS", 1, 1, "abs($1)"},
    F{"SIGN", 1, 1, "CAST(sign($1) AS DOUBLE)"},
    F{"SIGNUM", 1, 1, "CAST(sign($1) AS DOUBLE)"},
    F{"CEIL", 1, 1, "CAST(ceil($1) AS BIGINT)"},
    F{"CEILING", 1, 1, "CAST(ceil($1) AS BIGINT)"},
    F{"FLOOR", 1, 1, "CAST(floor($1) AS BIGINT)"},
    F{"ROUND", 1, 1, "round($1)"},
    F{"ROUND", 2, 2, "round($1, $2)"},
    F{"BROUND", 1, 1, "round_even($1, 0)"},
    F{"BROUND", 2, 2, "round_even($1, $2)"},
    F{"RINT", 1, 1, "round_even($1, 0)"},
    F{"SQRT", 1, 1, "sqrt($1)"},
    F{"CBRT", 1, 1, "cbrt($1)"},
    F{"EXP", 1, 1, "exp($1)"},
    F{"LN", 1, 1, "ln(CASE WHEN ($1) > 0 THEN $1 END)"},
    F{"LOG", 1, 1, "ln(CASE WHEN ($1) > 0 THEN $1 END)"},
    F{"LOG", 2, 2,
      "(ln(CASE WHEN ($2) > 0 THEN $2 END) / nullif(ln(CASE WHEN ($1) > 0 THEN $1 END), 0))"},
    F{"LOG10", 1, 1, "log10(CASE WHEN ($1) > 0 THEN $1 END)"},
    F{"LOG2", 1, 1, "log2(CASE WHEN ($1) > 0 THEN $1 END)"},
    F{"POWER", 2, 2, "power($1, $2)"},
    F{"POW", 2, 2, "power($1, $2)"},
    F{"PI", 0, 0, "pi()"},
    F{"E", 0, 0, "exp(1)"},
    F{"SIN", 1, 1, "sin($1)"},
    F{"COS", 1, 1, "cos($1)"},
    F{"TAN", 1, 1, "tan($1)"},
    F{"ATAN", 1, 1, "atan($1)"},
    F{"ATAN2", 2, 2, "atan2($1, $2)"},
    F{"DEGREES", 1, 1, "degrees($1)"},
    F{"RADIANS", 1, 1, "radians($1)"},
    F{"BIT_COUNT", 1, 1, "bit_count($1)"},
    F{"TRY_DIVIDE", 2, 2, "(($1) / nullif($2, 0))"},
    F{"MOD", 2, 2,
      "(($1) % CASE WHEN ($2) = 0 THEN CAST('division by zero' AS INTEGER) ELSE $2 END)"},
    F{"PMOD", 2, 2,
      "((($1) % CASE WHEN ($2) = 0 THEN CAST('division by zero' AS INTEGER) ELSE $2 END + $2p) % "
      "$2p)"},

    // texts
    F{"LENGTH", 1, 1, "length($1)"},
    F{"LEN", 1, 1, "length($1)"},
    F{"CHAR_LENGTH", 1, 1, "length($1)"},
    F{"CHARACTER_LENGTH", 1, 1, "length($1)"},
    F{"OCTET_LENGTH", 1, 1, "strlen($1)"},
    F{"LOWER", 1, 1, "lower($1)"},
    F{"LCASE", 1, 1, "lower($1)"},
    F{"UPPER", 1, 1, "upper($1)"},
    F{"UCASE", 1, 1, "upper($1)"},
    F{"INITCAP", 1, 1,
      "array_to_string(list_transform(string_split(CAST($1 AS VARCHAR), ' '), lambda _sluice_w: "
      "upper(left(_sluice_w, 1)) || lower(substring(_sluice_w, 2))), ' ')"},
    F{"LTRIM", 1, 1, "ltrim($1, ' ')"},
    F{"RTRIM", 1, 1, "rtrim($1, ' ')"},
    F{"BTRIM", 1, 1, "trim($1, ' ')"},
    F{"BTRIM", 2, 2, "trim($1, $2)"},
    F{"CONCAT", 1, kMany, "($+)"},
    F{"SUBSTRING", 2, 2, "substring($1, CASE $2 WHEN 0 THEN 1 ELSE $2 END)"},
    F{"SUBSTRING", 3, 3, "substring($1, CASE $2 WHEN 0 THEN 1 ELSE $2 END, greatest($3, 0))"},
    F{"SUBSTR", 2, 2, "substring($1, CASE $2 WHEN 0 THEN 1 ELSE $2 END)"},
    F{"SUBSTR", 3, 3, "substring($1, CASE $2 WHEN 0 THEN 1 ELSE $2 END, greatest($3, 0))"},
    F{"SUBSTRING_INDEX", 3, 3,
      "CASE WHEN ($3) > 0 THEN array_to_string((string_split($1, $2))[1:($3)], $2) WHEN ($3) < 0 "
      "THEN array_to_string((string_split($1, $2))[($3):], $2) WHEN ($1) IS NOT NULL THEN '' END"},
    F{"LEFT", 2, 2, "left($1, greatest($2, 0))"},
    F{"RIGHT", 2, 2, "right($1, greatest($2, 0))"},
    F{"REPEAT", 2, 2, "repeat($1, greatest($2, 0))"},
    F{"SPACE", 1, 1, "repeat(' ', greatest($1, 0))"},
    F{"REPLACE", 2, 2, "replace($1, $2, '')"},
    F{"REPLACE", 3, 3, "replace($1, $2, $3)"},
    F{"TRANSLATE", 3, 3, "translate($1, $2, $3)"},
    F{"REVERSE", 1, 1, "reverse($1)"},
    F{"LPAD", 2, 2, "lpad($1, greatest($2, 0), ' ')"},
    F{"LPAD", 3, 3, "lpad($1, greatest($2, 0), $3)"},
    F{"RPAD", 2, 2, "rpad($1, greatest($2, 0), ' ')"},
    F{"RPAD", 3, 3, "rpad($1, greatest($2, 0), $3)"},
    F{"INSTR", 2, 2, "instr($1, $2)"},
    F{"LOCATE", 2, 2, "instr($2, $1)"},
    F{"POSITION", 2, 2, "instr($2, $1)"},
    F{"CHARINDEX", 2, 2, "instr($2, $1)"},
    F{"CONTAINS", 2, 2, "contains($1, $2)"},
    F{"STARTSWITH", 2, 2, "starts_with($1, $2)"},
    F{"ENDSWITH", 2, 2, "ends_with($1, $2)"},
    F{"LEVENSHTEIN", 2, 2, "levenshtein($1, $2)"},
    F{"SPLIT", 2, 2, "regexp_split_to_array($1, $2)"},
    F{"SPLIT_PART", 3, 3, "split_part($1, $2, $3)"},
    F{"REGEXP_LIKE", 2, 2, "regexp_matches($1, $2)"},
    F{"REGEXP", 2, 2, "regexp_matches($1, $2)"},
    F{"RLIKE", 2, 2, "regexp_matches($1, $2)"},
    F{"REGEXP_EXTRACT", 2, 2, "regexp_extract($1, $2, 1)"},
    F{"REGEXP_EXTRACT", 3, 3, "regexp_extract($1, $2, $3)"},
    F{"REGEXP_EXTRACT_ALL", 2, 2, "regexp_extract_all($1, $2, 1)"},
    F{"REGEXP_EXTRACT_ALL", 3, 3, "regexp_extract_all($1, $2, $3)"},
    F{"REGEXP_COUNT", 2, 2, "len(regexp_extract_all($1, $2))"},
    F{"ASCII", 1, 1, "ascii($1)"},
    F{"CHR", 1, 1, "chr(CAST(($1) % 256 AS INTEGER))"},
    F{"CHAR", 1, 1, "chr(CAST(($1) % 256 AS INTEGER))"},
    F{"MD5", 1, 1, "md5($1)"},
    F{"SHA", 1, 1, "sha1($1)"},
    F{"SHA1", 1, 1, "sha1($1)"},
    F{"HEX", 1, 1, "hex($1)"},
    F{"BASE64", 1, 1, "base64(encode($1))"},
    F{"GET_JSON_OBJECT", 2, 2, "json_extract_string($1, $2)"},

    // lists and maps
    F{"ARRAY", 0, kMany, "[$*]"},
    F{"SIZE", 1, 1, "len($1)"},
    F{"CARDINALITY", 1, 1, "len($1)"},
    F{"ARRAY_SIZE", 1, 1, "len($1)"},
    F{"ARRAY_CONTAINS", 2, 2, "list_contains($1, $2)"},
    F{"ARRAY_JOIN", 2, 2, "array_to_string($1, $2)"},
    F{"ARRAY_MAX", 1, 1, "list_max($1)"},
    F{"ARRAY_MIN", 1, 1, "list_min($1)"},
    F{"ARRAY_SORT", 1, 1, "list_sort($1, 'ASC', 'NULLS LAST')"},
    F{"SORT_ARRAY", 1, 1, "list_sort($1, 'ASC', 'NULLS FIRST')"},
    F{"FLATTEN", 1, 1, "flatten($1)"},
    F{"GET", 2, 2, "CASE WHEN ($2) >= 0 THEN ($1)[($2) + 1] END"},
    F{"MAP_KEYS", 1, 1, "map_keys($1)"},
    F{"MAP_VALUES", 1, 1, "map_values($1)"},
};

constexpr std::string_view kHash = "use md5(x) or sha2(x, 256), which give the same everywhere";
constexpr std::string_view kChance =
    "the same input gives the same rows: use a column of the source, or a hash of its columns";
constexpr std::string_view kExplode = "use a step: explode: {field: ...}";
constexpr std::string_view kJson = "use get_json_object(x, '$.path') or a step: json_extract";
constexpr std::string_view kFormat = "use concat(), lpad() and round()";
constexpr std::string_view kLambda =
    "write the column as a derive with 'sql_duckdb', which has list_transform and list_filter";

constexpr std::array kAdvice{
    SparkAdvice{"AGGREGATE", kLambda},
    SparkAdvice{"CRC32", kHash},
    SparkAdvice{"EXISTS", kLambda},
    SparkAdvice{"EXPLODE", kExplode},
    SparkAdvice{"EXPLODE_OUTER", kExplode},
    SparkAdvice{"FILTER", kLambda},
    SparkAdvice{"FORALL", kLambda},
    SparkAdvice{"FORMAT_NUMBER", kFormat},
    SparkAdvice{"FORMAT_STRING", kFormat},
    SparkAdvice{"FROM_JSON", kJson},
    SparkAdvice{"HASH", kHash},
    SparkAdvice{"INLINE", kExplode},
    SparkAdvice{"INPUT_FILE_NAME", "set lineage.capture_source_path, which adds the file's name"},
    SparkAdvice{"JSON_TUPLE", kJson},
    SparkAdvice{"MONOTONICALLY_INCREASING_ID", "use row_number() OVER (ORDER BY ...)"},
    SparkAdvice{"POSEXPLODE", kExplode},
    SparkAdvice{"PRINTF", kFormat},
    SparkAdvice{"RAND", kChance},
    SparkAdvice{"RANDN", kChance},
    SparkAdvice{"RANDOM", kChance},
    SparkAdvice{"SEQUENCE", "use a step: date_range_explode"},
    SparkAdvice{"SHUFFLE", kChance},
    SparkAdvice{"SOUNDEX", "use levenshtein(a, b)"},
    SparkAdvice{"STACK", "use a step: unpivot"},
    SparkAdvice{"TO_JSON", kJson},
    SparkAdvice{"TRANSFORM", kLambda},
    SparkAdvice{"UUID", kChance},
    SparkAdvice{"XXHASH64", kHash},
};

}  // namespace

std::span<const SparkFunction> spark_value_functions() { return kFunctions; }

std::span<const SparkAdvice> spark_advice() { return kAdvice; }

}  // namespace sluice::contract::internal
