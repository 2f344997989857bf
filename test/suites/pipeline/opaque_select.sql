source 1 parquet
  landing/a.in
schema unknown allowed
post sql: sql[SELECT day, count(*) AS n FROM {dataset} GROUP BY 1]
lineage _lakelogic_run_id

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
-- step row_rules
CREATE OR REPLACE TEMP TABLE sluice_1 AS SELECT "id", "day", "_sluice_seen", CASE WHEN FALSE THEN [struct_pack(_sluice_errors := CAST([] AS VARCHAR[]), _sluice_categories := CAST([] AS VARCHAR[]), _sluice_file := _sluice_file, _sluice_raw := _sluice_raw)] END AS _sluice_refused FROM (SELECT "id", "day", "_sluice_seen", "_sluice_file", "_sluice_raw" FROM (SELECT "id", "day", "_sluice_seen", "_sluice_file", struct_pack("id" := "id", "day" := "day") AS _sluice_raw FROM (SELECT *, _sluice_passed() AS _sluice_seen FROM (SELECT "id", "day", "_sluice_file" FROM read_parquet(['landing/a.in'], union_by_name=true, hive_partitioning=false, filename='_sluice_file')))));
-- observe
SELECT count(*), count(*) FILTER (WHERE _sluice_refused IS NULL), count(*) FILTER (WHERE _sluice_refused IS NOT NULL), 0, 0, 0 FROM sluice_1;
-- step sql
CREATE OR REPLACE TEMP TABLE sluice_2 AS SELECT "id", "day" FROM (SELECT "id", "day" FROM sluice_1 WHERE _sluice_refused IS NULL) AS source;
-- step sql
CREATE OR REPLACE TEMP VIEW "source" AS SELECT * FROM (SELECT "id", "day" FROM sluice_2);
-- step sql
CREATE OR REPLACE TEMP VIEW "customers" AS SELECT * FROM (SELECT "id", "day" FROM sluice_2);
-- step sql
CREATE OR REPLACE TEMP TABLE sluice_3 AS SELECT * FROM (
SELECT day, count(*) AS n FROM source GROUP BY 1
);
-- observe an opaque step
SELECT i, o, 0, greatest(i - o, 0), greatest(o - i, 0), 0 FROM (SELECT (SELECT count(*) FROM sluice_2) AS i, (SELECT count(*) FROM sluice_3) AS o);
-- spent
DROP TABLE sluice_2;
-- good
SELECT CAST("day" AS VARCHAR) AS "day", CAST("n" AS BIGINT) AS "n", 'run-1' AS "_lakelogic_run_id" FROM (SELECT "day", "n", struct_pack("day" := "day", "n" := "n") AS _sluice_raw FROM sluice_3) AS source;
-- bad
SELECT * EXCLUDE (_sluice_file), 'run-1' AS "_lakelogic_run_id" FROM (SELECT struct_extract(_sluice_raw, 'id') AS "id", struct_extract(_sluice_raw, 'day') AS "day", _sluice_errors AS _lakelogic_errors, _sluice_categories AS _lakelogic_categories, _sluice_file FROM (SELECT unnest(list_extract(_sluice_refused, 1)) FROM sluice_1 WHERE _sluice_refused IS NOT NULL));
-- bad as text
SELECT * EXCLUDE (_sluice_file), 'run-1' AS "_lakelogic_run_id", _sluice_file AS _lakelogic_source, TIMESTAMPTZ '1970-01-01T00:00:00.000000Z' AS _lakelogic_processed_at FROM (SELECT CAST(struct_extract(_sluice_raw, 'id') AS VARCHAR) AS "id", struct_extract(_sluice_raw, 'day') AS "day", _sluice_errors AS _lakelogic_errors, _sluice_categories AS _lakelogic_categories, _sluice_file FROM (SELECT unnest(list_extract(_sluice_refused, 1)) FROM sluice_1 WHERE _sluice_refused IS NOT NULL));
