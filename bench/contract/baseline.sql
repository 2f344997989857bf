-- The product of the contract in run.py as one would write it by hand for DuckDB: good rows in their
-- types, refused rows as they came with every reason, keys that stand twice. One pass over the file.
-- SOURCE and OUT are filled in.
CREATE TEMP TABLE judged AS
SELECT * REPLACE (CASE WHEN len(reasons) > 0 THEN raw END AS raw) FROM (SELECT *, list_filter([
    CASE WHEN raw.id IS NOT NULL AND id IS NULL
         THEN 'Type Mismatch: id cannot be cast to long: ''' || raw.id || '''' END,
    CASE WHEN raw.amount IS NOT NULL AND amount IS NULL
         THEN 'Type Mismatch: amount cannot be cast to double: ''' || raw.amount || '''' END,
    CASE WHEN raw.day IS NOT NULL AND day IS NULL
         THEN 'Type Mismatch: day cannot be cast to date: ''' || raw.day || '''' END,
    CASE WHEN id IS NULL THEN 'Rule failed: id is required' END,
    CASE WHEN email IS NULL THEN 'Rule failed: email is required' END,
    CASE WHEN country IN ('DE', 'FR', 'US') THEN NULL ELSE 'Rule failed: country' END,
    CASE WHEN amount >= 0 THEN NULL ELSE 'Rule failed: amount' END,
    CASE WHEN email LIKE '%@%.%' THEN NULL
         ELSE 'Rule failed: email_shape (email LIKE ''%@%.%'')' END
], lambda reason: reason IS NOT NULL) AS reasons
FROM (
    SELECT try_cast(raw.id AS BIGINT) AS id, lower(trim(raw.email)) AS email, raw.country AS country,
           try_cast(raw.amount AS DOUBLE) AS amount, raw.note AS note,
           try_cast(raw.day AS DATE) AS day, raw
    FROM read_csv('SOURCE', header = true, auto_detect = false, delim = ',', quote = '"',
                  columns = {'id': 'VARCHAR', 'email': 'VARCHAR', 'country': 'VARCHAR',
                             'amount': 'VARCHAR', 'note': 'VARCHAR', 'day': 'VARCHAR'}) AS raw
));
COPY (SELECT id, email, country, amount, note, day FROM judged WHERE len(reasons) = 0)
    TO 'OUT/good.parquet' (FORMAT parquet, COMPRESSION zstd);
COPY (SELECT unnest(raw), reasons FROM judged WHERE len(reasons) > 0)
    TO 'OUT/bad.parquet' (FORMAT parquet, COMPRESSION zstd);
SELECT coalesce(sum(n - 1), 0) FROM (
    SELECT count(*) AS n FROM judged WHERE len(reasons) = 0 AND id IS NOT NULL GROUP BY id);
