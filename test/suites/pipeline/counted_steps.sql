source 1 json
  landing/a.in
pre filter: filter sql[id > 0]
pre deduplicate: first by (id) order (id) descending
pre explode: explode tags into tag
schema unknown allowed

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
-- step filter
CREATE OR REPLACE TEMP TABLE sluice_1 AS SELECT "id", "tags", "_sluice_seen", "_sluice_file", "_sluice_raw", NOT coalesce((
id > 0
), FALSE) AS "_sluice_dropped" FROM (SELECT "id", "tags", "_sluice_seen", "_sluice_file", struct_pack("id" := "id", "tags" := "tags") AS _sluice_raw FROM (SELECT *, _sluice_passed() AS _sluice_seen FROM (SELECT "id", "tags", "_sluice_file" FROM read_json(['landing/a.in'], records=true, maximum_object_size=268435456, hive_partitioning=false, columns={'id': 'BIGINT', 'tags': 'VARCHAR[]'}, filename='_sluice_file')))) AS source;
-- observe
SELECT count(*), count(*) FILTER (WHERE NOT _sluice_dropped), 0, count(*) FILTER (WHERE _sluice_dropped), 0, 0 FROM sluice_1;
-- step deduplicate
CREATE OR REPLACE TEMP TABLE sluice_2 AS SELECT "id", "tags", "_sluice_seen", "_sluice_file", "_sluice_raw" FROM (SELECT "id", "tags", "_sluice_seen", "_sluice_file", "_sluice_raw" FROM sluice_1 WHERE NOT _sluice_dropped) AS source;
-- step deduplicate
CREATE OR REPLACE TEMP TABLE sluice_3 AS SELECT "id", "tags", "_sluice_seen", "_sluice_file", "_sluice_raw", NOT ("id" IS NULL) AND row_number() OVER (PARTITION BY "id" ORDER BY "id" DESC NULLS LAST, source.rowid) > 1 AS "_sluice_dropped" FROM sluice_2 AS source ORDER BY source.rowid;
-- observe
SELECT (SELECT count(*) FROM sluice_2), count(*) FILTER (WHERE NOT _sluice_dropped), 0, count(*) FILTER (WHERE _sluice_dropped), 0, 0 FROM sluice_3;
-- spent
DROP TABLE sluice_1;
-- spent
DROP TABLE sluice_2;
-- step explode
CREATE OR REPLACE TEMP TABLE sluice_4 AS SELECT "id", "tags", "_sluice_seen", "_sluice_file", "_sluice_raw" FROM (SELECT "id", "tags", "_sluice_seen", "_sluice_file", "_sluice_raw" FROM sluice_3 WHERE NOT _sluice_dropped) AS source;
-- step explode
CREATE OR REPLACE TEMP TABLE sluice_5 AS SELECT "id", "tags", unnest("tags") AS "tag", "_sluice_seen", "_sluice_file", "_sluice_raw" FROM sluice_4 AS source;
-- observe
SELECT count(*), (SELECT count(*) FROM sluice_5), 0, count(*) FILTER (WHERE n = 0), coalesce(sum(greatest(n - 1, 0)), 0), 0 FROM (SELECT coalesce(len("tags"), 0) AS n FROM sluice_4 AS source);
-- spent
DROP TABLE sluice_3;
-- spent
DROP TABLE sluice_4;
-- step row_rules
CREATE OR REPLACE TEMP TABLE sluice_6 AS SELECT "id", "tags", "tag", "_sluice_seen", CASE WHEN FALSE THEN [struct_pack(_sluice_errors := CAST([] AS VARCHAR[]), _sluice_categories := CAST([] AS VARCHAR[]), _sluice_made := '{' || nullif(concat_ws(',', CAST(to_json('tag') AS VARCHAR) || ':' || coalesce(CAST(to_json("tag") AS VARCHAR), 'null')), '') || '}', _sluice_file := _sluice_file, _sluice_raw := _sluice_raw)] END AS _sluice_refused FROM (SELECT "id", "tags", "tag", "_sluice_seen", "_sluice_file", "_sluice_raw" FROM sluice_5);
-- observe
SELECT count(*), count(*) FILTER (WHERE _sluice_refused IS NULL), count(*) FILTER (WHERE _sluice_refused IS NOT NULL), 0, 0, 0 FROM sluice_6;
-- spent
DROP TABLE sluice_5;
-- good
SELECT CAST("id" AS BIGINT) AS "id", CAST("tags" AS VARCHAR[]) AS "tags", CAST("tag" AS VARCHAR) AS "tag" FROM (SELECT "id", "tags", "tag" FROM sluice_6 WHERE _sluice_refused IS NULL) AS source;
-- bad
SELECT * EXCLUDE (_sluice_file) FROM (SELECT struct_extract(_sluice_raw, 'id') AS "id", struct_extract(_sluice_raw, 'tags') AS "tags", _sluice_errors AS _lakelogic_errors, _sluice_categories AS _lakelogic_categories, CAST(_sluice_made AS JSON) AS _lakelogic_judged, _sluice_file FROM (SELECT unnest(list_extract(_sluice_refused, 1)) FROM sluice_6 WHERE _sluice_refused IS NOT NULL));
-- bad as text
SELECT * EXCLUDE (_sluice_file), _sluice_file AS _lakelogic_source, TIMESTAMPTZ '1970-01-01T00:00:00.000000Z' AS _lakelogic_processed_at, 'run-1' AS _lakelogic_run_id FROM (SELECT CAST(struct_extract(_sluice_raw, 'id') AS VARCHAR) AS "id", CAST(to_json(struct_extract(_sluice_raw, 'tags')) AS VARCHAR) AS "tags", _sluice_errors AS _lakelogic_errors, _sluice_categories AS _lakelogic_categories, _sluice_made AS _lakelogic_judged, _sluice_file FROM (SELECT unnest(list_extract(_sluice_refused, 1)) FROM sluice_6 WHERE _sluice_refused IS NOT NULL));
