-- spark keeps some table properties itself; these are left out: owner
-- spark does not cluster; cluster_by is left out: `trip_id`
CREATE TABLE IF NOT EXISTS `lake`.`silver`.`trips` (
  `trip_id` BIGINT NOT NULL COMMENT 'The meter\'s own number',
  `picked_up` TIMESTAMP_NTZ NOT NULL,
  `day` DATE,
  `fare_amount` DECIMAL(10,2),
  `stops` ARRAY<STRING>,
  `place` STRUCT<`lat`: DOUBLE, `lon`: DOUBLE>,
  `driver_email` STRING,
  `driver_age` STRING,
  `_lakelogic_source` STRING,
  `_lakelogic_processed_at` TIMESTAMP,
  `_lakelogic_run_id` STRING,
  `_lakelogic_contract_name` STRING,
  `_lakelogic_domain` STRING,
  `_lakelogic_created_at` TIMESTAMP,
  `_lakelogic_created_by` STRING
)
USING parquet
PARTITIONED BY (`day`)
COMMENT 'One row a trip, as the taxi\'s meter told it'
TBLPROPERTIES (
  'about' = 'mobility\'s'
);
