source 1 json
  landing/a.in
schema unknown allowed
rule email is required [completeness, error, any phase]: email is not null
rule email LIKE '%@%.%' [correctness, error, any phase]: sql[email LIKE '%@%.%']
post sql: email = sql[LOWER(TRIM(email))]

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
CREATE OR REPLACE TEMP TABLE sluice_1 AS SELECT "cus_id", "email", "_sluice_seen", _sluice_m0, CASE WHEN ((_sluice_m0 & 3)) <> 0 THEN [struct_pack(_sluice_errors := list_filter([CASE WHEN _sluice_m0 & 1 <> 0 THEN 'Rule failed: email is required' END, CASE WHEN _sluice_m0 & 2 <> 0 THEN 'Rule failed: email LIKE ''%@%.%''' END], lambda _sluice_x: _sluice_x IS NOT NULL), _sluice_categories := list_filter([CASE WHEN _sluice_m0 & 1 <> 0 THEN 'completeness' END, CASE WHEN _sluice_m0 & 2 <> 0 THEN 'correctness' END], lambda _sluice_x: _sluice_x IS NOT NULL), _sluice_file := _sluice_file, _sluice_raw := _sluice_raw)] END AS _sluice_refused FROM (SELECT *, CAST(CASE WHEN (
("email" IS NOT NULL)
) THEN 0 ELSE 1 END + CASE WHEN (
(email LIKE '%@%.%'
)
) THEN 0 ELSE 2 END AS TINYINT) AS _sluice_m0 FROM (SELECT "cus_id", "email", "_sluice_seen", "_sluice_file", "_sluice_raw" FROM (SELECT "cus_id", "email", "_sluice_seen", "_sluice_file", struct_pack("cus_id" := "cus_id", "email" := "email") AS _sluice_raw FROM (SELECT *, _sluice_passed() AS _sluice_seen FROM (SELECT "cus_id", "email", "_sluice_file" FROM read_json(['landing/a.in'], records=true, maximum_object_size=268435456, hive_partitioning=false, columns={'cus_id': 'VARCHAR', 'email': 'VARCHAR'}, filename='_sluice_file'))))) AS source);
-- observe
SELECT count(*), count(*) FILTER (WHERE _sluice_refused IS NULL), count(*) FILTER (WHERE _sluice_refused IS NOT NULL), 0, 0, 0 FROM sluice_1;
-- step 
CREATE OR REPLACE TEMP TABLE sluice_2 AS SELECT "cus_id", "email" FROM (SELECT "cus_id", (
LOWER(TRIM(email))
) AS "email" FROM (SELECT "cus_id", "email" FROM sluice_1 WHERE _sluice_refused IS NULL) AS source) AS source;
-- rules
SELECT count(*) FILTER (WHERE _sluice_m0 & 1 <> 0), count(*) FILTER (WHERE _sluice_m0 & 2 <> 0) FROM sluice_1;
-- good
SELECT CAST("cus_id" AS VARCHAR) AS "cus_id", CAST("email" AS VARCHAR) AS "email" FROM sluice_2 AS source;
-- bad
SELECT * EXCLUDE (_sluice_file) FROM (SELECT struct_extract(_sluice_raw, 'cus_id') AS "cus_id", struct_extract(_sluice_raw, 'email') AS "email", _sluice_errors AS _lakelogic_errors, _sluice_categories AS _lakelogic_categories, _sluice_file FROM (SELECT unnest(list_extract(_sluice_refused, 1)) FROM sluice_1 WHERE _sluice_refused IS NOT NULL));
-- bad as text
SELECT * EXCLUDE (_sluice_file), _sluice_file AS _lakelogic_source, TIMESTAMPTZ '1970-01-01T00:00:00.000000Z' AS _lakelogic_processed_at, 'run-1' AS _lakelogic_run_id FROM (SELECT struct_extract(_sluice_raw, 'cus_id') AS "cus_id", struct_extract(_sluice_raw, 'email') AS "email", _sluice_errors AS _lakelogic_errors, _sluice_categories AS _lakelogic_categories, _sluice_file FROM (SELECT unnest(list_extract(_sluice_refused, 1)) FROM sluice_1 WHERE _sluice_refused IS NOT NULL));
