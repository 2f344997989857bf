#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/contract/lower/shown_number_internal.h"

namespace sluice::contract::internal {
namespace {

/// Columns `id`, `city`, `day` and `n` are clear, `mail` is masked; `regions` is a link.
bool is_shown(std::string_view query) {
  const auto one_of = [](std::initializer_list<std::string_view> names) {
    return [names = std::vector<std::string>(names.begin(), names.end())](const std::string& name) {
      return std::ranges::find(names, name) != names.end();
    };
  };
  return reads_clear_only(query, {.is_clear = one_of({"id", "city", "day", "n"}),
                                  .is_masked = one_of({"mail"}),
                                  .is_rows = one_of({"source", "dataset", "t", "regions"})});
}

TEST(ShownNumber, NamesOfClearColumnsAreRead) {
  for (const char* query :
       {"SELECT count(*) FROM source", "SELECT max(id) FROM source AS s",
        "SELECT count(*) * 100 / (SELECT count(*) FROM regions) FROM {dataset}",
        "SELECT count(DISTINCT city) - count(*) FROM t",
        "SELECT (\nmax(id) - min(id)\n) FROM source",
        "SELECT max(s.id) FROM source s JOIN regions r ON r.city = s.city WHERE s.city <> 'x'",
        "SELECT max(c) FROM (SELECT count(*) AS c FROM source GROUP BY city)",
        "SELECT max(q.c) FROM (SELECT count(*) c FROM source GROUP BY city) q",
        "WITH w AS (SELECT city, count(*) AS c FROM source GROUP BY ALL) SELECT max(w.c) FROM w",
        "SELECT count(*) FILTER (WHERE day >= current_date - INTERVAL 7 DAY) FROM source",
        "SELECT max(extract(year FROM day)) FROM source",
        "SELECT sum(CASE WHEN id BETWEEN 1 AND 9 THEN 1 ELSE 0 END)::BIGINT FROM source",
        "SELECT CAST(avg(id) AS decimal(10, 2)) FROM source WHERE day > DATE '2026-01-31'",
        "SELECT max(x) FROM (SELECT sum(id) OVER (PARTITION BY city ORDER BY day) AS x FROM "
        "source)",
        "SELECT max(id) FROM source UNION ALL SELECT min(id) FROM source",
        "SELECT count(*) FROM source WHERE trim(both ' ' FROM city) IS DISTINCT FROM 'x'"}) {
    EXPECT_TRUE(is_shown(query)) << query;
  }
}

TEST(ShownNumber, MaskedColumnsAreHiddenUnderAnyName) {
  for (const char* query :
       {"SELECT max(mail) FROM source",
        "SELECT max(source.\"Mail\") FROM source",
        "SELECT max(s.mail) AS mail FROM source s",
        "SELECT max(other) FROM source",
        "SELECT * FROM source",
        "SELECT DISTINCT ON (1) * FROM source",
        "SELECT ALL * FROM source",
        "SELECT DISTINCT ON (1) * EXCLUDE (id) FROM source",
        "SELECT s.* FROM source s",
        "FROM source",
        "TABLE source",
        "SELECT (FROM source LIMIT 1)",
        "SELECT max(id) FROM (SELECT 1 AS id UNION ALL FROM source)",
        "SELECT max(id) FROM (VALUES (1)) AS v(id), (FROM source)",
        "SELECT max(a) FROM source AS s(a)",
        "SELECT max(id) FROM source AS s(n, id)",
        "SELECT max(id) FROM source s(n, id)",
        "SELECT max(id) FROM source \"s\"(n, id)",
        "SELECT max(id) FROM {dataset} AS s(n, id)",
        "SELECT max(id) FROM {dataset} s(n, id)",
        "SELECT max(id) FROM (FROM source) AS x(id)",
        "SELECT max(id) FROM (FROM source) x(id)",
        "SELECT max(id) FROM (TABLE source) AS s(id)",
        "SELECT max(id) FROM (SELECT id, n FROM source) filter(n, id)",
        "SELECT max(id) FROM (SELECT id, n FROM source) over(partition, id)",
        "WITH w(id) AS (FROM source) SELECT max(id) FROM w",
        "WITH v AS (SELECT 1 AS id), w(n, id) AS NOT MATERIALIZED (SELECT n, id FROM source) "
        "SELECT max(id) FROM w",
        "WITH RECURSIVE w AS (SELECT id FROM source) SELECT max(id) FROM w"}) {
    EXPECT_FALSE(is_shown(query)) << query;
  }
}

TEST(ShownNumber, RowsPositionsAndPatternsAreHidden) {
  for (const char* query :
       {"SELECT max(#2) FROM source",
        "SELECT max(COLUMNS('ma.*')) FROM source",
        "SELECT max(columns(c -> c = 'mail')) FROM source",
        "SELECT max(source).mail FROM source",
        "SELECT max(struct_extract(source, 2)) FROM source",
        "SELECT max(s[2]) FROM source s",
        "SELECT max(s::VARCHAR) FROM source AS s",
        "SELECT max(to_json(id)->>'$.mail') FROM source AS id",
        "SELECT max(s.to_json()) FROM source s",
        "SELECT max(regexp_replace(trim(FROM s), 'x', '')) FROM source s",
        "SELECT max(regexp_replace(trim(' ' FROM source), 'x', '')) FROM source",
        "SELECT max(list_transform([s], x -> x)[1]) FROM source s",
        "SELECT max(list_transform([1], lambda x: source)[1]) FROM source",
        "SELECT max(value) FROM (UNPIVOT source ON id, n)",
        "SELECT max(max) FROM (SUMMARIZE source)",
        "SELECT count FROM (SUMMARIZE source) AS count",
        "SELECT max(unnest([id])) FROM source",
        "SELECT max(id) FROM (SELECT unnest(s) FROM source s)",
        "SELECT max(id) FROM 'source'",
        "SELECT max(id: mail) FROM source",
        "SELECT max(rowid) FROM source",
        "SELECT max(id) FROM (SELECT s AS id FROM source s)",
        "SELECT max(U&\"\\006dail\") FROM source",
        "SELECT max(`mail`) FROM source",
        "SELECT max(CAST(source AS STRUCT(id INTEGER)).id) FROM source",
        "SELECT max(id) FROM source, (SELECT mail AS n FROM source)",
        "SELECT max(/* id */ mail) FROM source",
        "SELECT arg_max(id, mail) FROM source",
        "SELECT max(id) FROM (SELECT mail AS id FROM source)"}) {
    EXPECT_FALSE(is_shown(query)) << query;
  }
}

}  // namespace
}  // namespace sluice::contract::internal
