-- duckdb does not cluster; cluster_by is left out: "city"
CREATE TABLE IF NOT EXISTS "customers" (
  "customer_id" INTEGER NOT NULL,
  "city" VARCHAR,
  "changed_at" TIMESTAMP,
  "effective_from" TIMESTAMP,
  "effective_to" TIMESTAMP,
  "is_current" BOOLEAN,
  "_version" BIGINT,
  "_sk" VARCHAR,
  "_change_reason" VARCHAR
);
