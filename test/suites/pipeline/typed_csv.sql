source 1 csv
  landing/a.in
schema unknown allowed
rule positive [validity, error, any phase]: sql[amount > 0 -- always]
rule small [validity, warning, any phase]: sql[amount < 9]

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
CREATE OR REPLACE TEMP TABLE sluice_1 AS SELECT "id", "amount", "note", "_sluice_seen", _sluice_m0, CASE WHEN (_sluice_f0 | (_sluice_m0 & 1)) <> 0 OR TRUE THEN [struct_pack(_sluice_errors := list_filter([CASE WHEN _sluice_f0 & 1 <> 0 THEN 'Type Mismatch: id cannot be cast to int: ''' || _sluice_s0 || '''' END, CASE WHEN _sluice_f0 & 2 <> 0 THEN 'Type Mismatch: amount cannot be cast to double: ''' || _sluice_s1 || '''' END, CASE WHEN TRUE THEN 'Unknown fields present: extra' END, CASE WHEN _sluice_m0 & 1 <> 0 THEN 'Rule failed: positive' END], lambda _sluice_x: _sluice_x IS NOT NULL), _sluice_categories := list_filter([CASE WHEN _sluice_f0 & 1 <> 0 THEN 'schema' END, CASE WHEN _sluice_f0 & 2 <> 0 THEN 'schema' END, CASE WHEN TRUE THEN 'schema' END, CASE WHEN _sluice_m0 & 1 <> 0 THEN 'validity' END], lambda _sluice_x: _sluice_x IS NOT NULL), _sluice_file := _sluice_file, _sluice_raw := _sluice_raw)] END AS _sluice_refused FROM (SELECT *, CAST(CASE WHEN (
(amount > 0 -- always
)
) THEN 0 ELSE 1 END + CASE WHEN (
(amount < 9
)
) THEN 0 ELSE 2 END AS TINYINT) AS _sluice_m0 FROM (SELECT _sluice_c0 AS "id", _sluice_c1 AS "amount", CAST(NULL AS VARCHAR) AS "note", "id" AS _sluice_s0, "amount" AS _sluice_s1, CAST(CASE WHEN _sluice_c0 IS NULL THEN CASE WHEN "id" IS NULL THEN 0 ELSE 1 END ELSE 0 END + CASE WHEN _sluice_c1 IS NULL THEN CASE WHEN "amount" IS NULL THEN 0 ELSE 2 END ELSE 0 END AS TINYINT) AS _sluice_f0, "_sluice_seen", "_sluice_file", "_sluice_raw" FROM (SELECT *, CASE WHEN TRY_CAST(_sluice_whole("id") AS INTEGER) IS NOT NULL THEN TRY_CAST(_sluice_whole("id") AS INTEGER) WHEN regexp_full_match(_sluice_trim("id"), '[+-]?[0-9]*([.]0*)?') THEN TRY_CAST("id" AS INTEGER) WHEN regexp_matches("id", '[eE]') AND NOT contains("id", '_') THEN CASE WHEN regexp_full_match(_sluice_trim("id"), '[+-]?[0-9]+([.]0*)?[eE][+]?[0-9]+') THEN TRY_CAST("id" AS INTEGER) WHEN length(trim(regexp_replace(regexp_extract("id", '^[^eE]*'), '[^0-9]', '', 'g'), '0')) <= 15 THEN CASE WHEN TRY_CAST("id" AS DOUBLE) = TRY_CAST("id" AS INTEGER) THEN TRY_CAST("id" AS INTEGER) END END END AS _sluice_c0, CASE WHEN _sluice_number("amount") IS NOT NULL THEN _sluice_number("amount") WHEN contains("amount", '_') OR (isinf(TRY_CAST("amount" AS DOUBLE)) AND regexp_matches("amount", '[0-9]')) THEN NULL ELSE TRY_CAST("amount" AS DOUBLE) END AS _sluice_c1 FROM (SELECT "id", "amount", "extra", "_sluice_seen", "_sluice_file", struct_pack("id" := "id", "amount" := "amount", "extra" := "extra") AS _sluice_raw FROM (SELECT *, _sluice_passed() AS _sluice_seen FROM (SELECT "id", "amount", "extra", "_sluice_file" FROM read_csv(['landing/a.in'], auto_detect=false, delim=',', quote='"', escape='"', header=true, all_varchar=true, allow_quoted_nulls=false, columns={'id': 'VARCHAR', 'amount': 'VARCHAR', 'extra': 'VARCHAR'}, hive_partitioning=false, filename='_sluice_file')))))) AS source);
-- observe
SELECT count(*), count(*) FILTER (WHERE _sluice_refused IS NULL), count(*) FILTER (WHERE _sluice_refused IS NOT NULL), 0, 0, 0 FROM sluice_1;
-- rules
SELECT count(*) FILTER (WHERE _sluice_m0 & 1 <> 0), count(*) FILTER (WHERE _sluice_m0 & 2 <> 0) FROM sluice_1;
-- good
SELECT CAST("id" AS INTEGER) AS "id", CAST("amount" AS DOUBLE) AS "amount", CAST("note" AS VARCHAR) AS "note" FROM (SELECT "id", "amount", "note" FROM sluice_1 WHERE _sluice_refused IS NULL) AS source;
-- bad
SELECT * EXCLUDE (_sluice_file) FROM (SELECT struct_extract(_sluice_raw, 'id') AS "id", struct_extract(_sluice_raw, 'amount') AS "amount", struct_extract(_sluice_raw, 'extra') AS "extra", _sluice_errors AS _lakelogic_errors, _sluice_categories AS _lakelogic_categories, _sluice_file FROM (SELECT unnest(list_extract(_sluice_refused, 1)) FROM sluice_1 WHERE _sluice_refused IS NOT NULL));
-- bad as text
SELECT * EXCLUDE (_sluice_file), _sluice_file AS _lakelogic_source, TIMESTAMPTZ '1970-01-01T00:00:00.000000Z' AS _lakelogic_processed_at, 'run-1' AS _lakelogic_run_id FROM (SELECT struct_extract(_sluice_raw, 'id') AS "id", struct_extract(_sluice_raw, 'amount') AS "amount", struct_extract(_sluice_raw, 'extra') AS "extra", _sluice_errors AS _lakelogic_errors, _sluice_categories AS _lakelogic_categories, _sluice_file FROM (SELECT unnest(list_extract(_sluice_refused, 1)) FROM sluice_1 WHERE _sluice_refused IS NOT NULL));
