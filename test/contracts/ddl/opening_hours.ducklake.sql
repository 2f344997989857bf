-- ducklake keeps no primary key; runs keep this one unique: "shop_id"
CREATE TABLE IF NOT EXISTS "opening_hours" (
  "shop_id" VARCHAR NOT NULL,
  "opens" TIME
);
