CREATE TABLE IF NOT EXISTS "opening_hours" (
  "shop_id" VARCHAR NOT NULL,
  "opens" TIME,
  PRIMARY KEY ("shop_id")
);
