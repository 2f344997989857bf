-- ducklake has no table properties; these are left out: owner about
-- ducklake does not cluster; cluster_by is left out: "trip_id"
CREATE TABLE IF NOT EXISTS "lake"."silver"."trips" (
  "trip_id" BIGINT NOT NULL,
  "picked_up" TIMESTAMP NOT NULL,
  "day" DATE,
  "fare_amount" DECIMAL(10,2),
  "stops" VARCHAR[],
  "place" STRUCT("lat" DOUBLE, "lon" DOUBLE),
  "driver_email" VARCHAR,
  "driver_age" VARCHAR,
  "_lakelogic_source" VARCHAR,
  "_lakelogic_processed_at" TIMESTAMP WITH TIME ZONE,
  "_lakelogic_run_id" VARCHAR,
  "_lakelogic_contract_name" VARCHAR,
  "_lakelogic_domain" VARCHAR,
  "_lakelogic_created_at" TIMESTAMP WITH TIME ZONE,
  "_lakelogic_created_by" VARCHAR
);
COMMENT ON TABLE "lake"."silver"."trips" IS 'One row a trip, as the taxi''s meter told it';
COMMENT ON COLUMN "lake"."silver"."trips"."trip_id" IS 'The meter''s own number';
ALTER TABLE "lake"."silver"."trips" SET PARTITIONED BY ("day");
