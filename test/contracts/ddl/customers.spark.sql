-- spark does not cluster; cluster_by is left out: `city`
CREATE TABLE IF NOT EXISTS `customers` (
  `customer_id` INT NOT NULL,
  `city` STRING,
  `changed_at` TIMESTAMP_NTZ,
  `effective_from` TIMESTAMP_NTZ,
  `effective_to` TIMESTAMP_NTZ,
  `is_current` BOOLEAN,
  `_version` BIGINT,
  `_sk` STRING,
  `_change_reason` STRING
)
USING parquet
LOCATION 's3://lake/silver/customers';
