source 1 json
  landing/a.in
reference countries: relation sluice_link_countries
  filter sql[active]
schema unknown allowed
post lookup: country = countries.name where code = code else 'Unknown'
post join: join inner countries on id = id: area as c_area

-- session
CREATE OR REPLACE TEMP MACRO now() AS TIMESTAMPTZ '1970-01-01T00:00:00.000000Z';
-- session
CREATE OR REPLACE TEMP MACRO get_current_timestamp() AS TIMESTAMPTZ '1970-01-01T00:00:00.000000Z';
-- session
CREATE OR REPLACE TEMP MACRO transaction_timestamp() AS TIMESTAMPTZ '1970-01-01T00:00:00.000000Z';
-- session
CREATE OR REPLACE TEMP MACRO current_date() AS CAST(TIMESTAMPTZ '1970-01-01T00:00:00.000000Z' AS DATE);
-- session
CREATE OR REPLACE TEMP MACRO today() AS CAST(TIMESTAMPTZ '1970-01-01T00:00:00.000000Z' AS DATE);
-- session
CREATE OR REPLACE TEMP MACRO current_localtimestamp() AS CAST(TIMESTAMPTZ '1970-01-01T00:00:00.000000Z' AS TIMESTAMP);
-- session
CREATE OR REPLACE TEMP MACRO localtimestamp() AS CAST(TIMESTAMPTZ '1970-01-01T00:00:00.000000Z' AS TIMESTAMP);
-- session
CREATE OR REPLACE TEMP MACRO get_current_time() AS CAST(CAST(TIMESTAMPTZ '1970-01-01T00:00:00.000000Z' AS TIMESTAMP) AS TIME);
-- session
CREATE OR REPLACE TEMP VIEW "countries" AS SELECT * FROM (SELECT * FROM "sluice_link_countries") AS _sluice_link WHERE (
active
);
-- step row_rules
CREATE OR REPLACE TEMP TABLE sluice_1 AS SELECT "id", "code", "_sluice_seen", CASE WHEN FALSE THEN [struct_pack(_sluice_errors := CAST([] AS VARCHAR[]), _sluice_categories := CAST([] AS VARCHAR[]), _sluice_file := _sluice_file, _sluice_raw := _sluice_raw)] END AS _sluice_refused FROM (SELECT "id", "code", "_sluice_seen", "_sluice_file", "_sluice_raw" FROM (SELECT "id", "code", "_sluice_seen", "_sluice_file", struct_pack("id" := "id", "code" := "code") AS _sluice_raw FROM (SELECT *, _sluice_passed() AS _sluice_seen FROM (SELECT "id", "code", "_sluice_file" FROM read_json(['landing/a.in'], records=true, maximum_object_size=268435456, hive_partitioning=false, columns={'id': 'BIGINT', 'code': 'VARCHAR'}, filename='_sluice_file')))));
-- observe
SELECT count(*), count(*) FILTER (WHERE _sluice_refused IS NULL), count(*) FILTER (WHERE _sluice_refused IS NOT NULL), 0, 0, 0 FROM sluice_1;
-- step join
CREATE OR REPLACE TEMP TABLE sluice_2 AS SELECT "id", "code", "country" FROM (SELECT source."id" AS "id", source."code" AS "code", coalesce(CAST(_sluice_r._sluice_value AS VARCHAR), 'Unknown') AS "country" FROM (SELECT "id", "code" FROM sluice_1 WHERE _sluice_refused IS NULL) AS source LEFT JOIN (SELECT CAST("code" AS VARCHAR) AS _sluice_key, any_value("name") AS _sluice_value FROM "countries" WHERE CAST("code" AS VARCHAR) IS NOT NULL GROUP BY 1) AS _sluice_r ON source."code" = _sluice_r._sluice_key) AS source;
-- step join
CREATE OR REPLACE TEMP TABLE sluice_3 AS SELECT source."id", source."code", source."country", _sluice_r."area" AS "c_area" FROM sluice_2 AS source INNER JOIN "countries" AS _sluice_r ON source."id" = CASE WHEN typeof(_sluice_r."id") IN ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT') THEN TRY_CAST(_sluice_r."id" AS BIGINT) ELSE CASE WHEN _sluice_whole(CAST(_sluice_r."id" AS VARCHAR)) IS NOT NULL THEN _sluice_whole(CAST(_sluice_r."id" AS VARCHAR)) WHEN regexp_full_match(_sluice_trim(CAST(_sluice_r."id" AS VARCHAR)), '[+-]?[0-9]*([.]0*)?') THEN TRY_CAST(CAST(_sluice_r."id" AS VARCHAR) AS BIGINT) WHEN regexp_matches(CAST(_sluice_r."id" AS VARCHAR), '[eE]') AND NOT contains(CAST(_sluice_r."id" AS VARCHAR), '_') THEN CASE WHEN regexp_full_match(_sluice_trim(CAST(_sluice_r."id" AS VARCHAR)), '[+-]?[0-9]+([.]0*)?[eE][+]?[0-9]+') THEN TRY_CAST(CAST(_sluice_r."id" AS VARCHAR) AS BIGINT) WHEN length(trim(regexp_replace(regexp_extract(CAST(_sluice_r."id" AS VARCHAR), '^[^eE]*'), '[^0-9]', '', 'g'), '0')) <= 15 THEN CASE WHEN TRY_CAST(CAST(_sluice_r."id" AS VARCHAR) AS DOUBLE) = TRY_CAST(CAST(_sluice_r."id" AS VARCHAR) AS BIGINT) THEN TRY_CAST(CAST(_sluice_r."id" AS VARCHAR) AS BIGINT) END END END END ORDER BY source.rowid NULLS LAST;
-- observe
SELECT count(*), (SELECT count(*) FROM sluice_3), 0, count(*) FILTER (WHERE _sluice_n IS NULL), coalesce(sum(_sluice_n - 1), 0), 0 FROM sluice_2 AS source LEFT JOIN (SELECT CASE WHEN typeof(_sluice_r."id") IN ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT') THEN TRY_CAST(_sluice_r."id" AS BIGINT) ELSE CASE WHEN _sluice_whole(CAST(_sluice_r."id" AS VARCHAR)) IS NOT NULL THEN _sluice_whole(CAST(_sluice_r."id" AS VARCHAR)) WHEN regexp_full_match(_sluice_trim(CAST(_sluice_r."id" AS VARCHAR)), '[+-]?[0-9]*([.]0*)?') THEN TRY_CAST(CAST(_sluice_r."id" AS VARCHAR) AS BIGINT) WHEN regexp_matches(CAST(_sluice_r."id" AS VARCHAR), '[eE]') AND NOT contains(CAST(_sluice_r."id" AS VARCHAR), '_') THEN CASE WHEN regexp_full_match(_sluice_trim(CAST(_sluice_r."id" AS VARCHAR)), '[+-]?[0-9]+([.]0*)?[eE][+]?[0-9]+') THEN TRY_CAST(CAST(_sluice_r."id" AS VARCHAR) AS BIGINT) WHEN length(trim(regexp_replace(regexp_extract(CAST(_sluice_r."id" AS VARCHAR), '^[^eE]*'), '[^0-9]', '', 'g'), '0')) <= 15 THEN CASE WHEN TRY_CAST(CAST(_sluice_r."id" AS VARCHAR) AS DOUBLE) = TRY_CAST(CAST(_sluice_r."id" AS VARCHAR) AS BIGINT) THEN TRY_CAST(CAST(_sluice_r."id" AS VARCHAR) AS BIGINT) END END END END AS _sluice_k, count(*) AS _sluice_n FROM "countries" AS _sluice_r GROUP BY 1) ON source."id" = _sluice_k;
-- spent
DROP TABLE sluice_2;
-- good
SELECT CAST("id" AS BIGINT) AS "id", CAST("code" AS VARCHAR) AS "code", CAST("country" AS VARCHAR) AS "country", CAST("c_area" AS DOUBLE) AS "c_area" FROM sluice_3 AS source;
-- bad
SELECT * EXCLUDE (_sluice_file) FROM (SELECT struct_extract(_sluice_raw, 'id') AS "id", struct_extract(_sluice_raw, 'code') AS "code", _sluice_errors AS _lakelogic_errors, _sluice_categories AS _lakelogic_categories, _sluice_file FROM (SELECT unnest(list_extract(_sluice_refused, 1)) FROM sluice_1 WHERE _sluice_refused IS NOT NULL));
-- bad as text
SELECT * EXCLUDE (_sluice_file), _sluice_file AS _lakelogic_source, TIMESTAMPTZ '1970-01-01T00:00:00.000000Z' AS _lakelogic_processed_at, 'run-1' AS _lakelogic_run_id FROM (SELECT CAST(struct_extract(_sluice_raw, 'id') AS VARCHAR) AS "id", struct_extract(_sluice_raw, 'code') AS "code", _sluice_errors AS _lakelogic_errors, _sluice_categories AS _lakelogic_categories, _sluice_file FROM (SELECT unnest(list_extract(_sluice_refused, 1)) FROM sluice_1 WHERE _sluice_refused IS NOT NULL));
