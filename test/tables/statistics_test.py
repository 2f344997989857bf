"""Minima, maxima and counts of NULLs that tables of files carry, as other engines read them and as
their own rows say: the footers by Arrow, the log of a Delta table by delta-rs."""

import json
import math
import unittest
from importlib.util import find_spec
from pathlib import Path

from of_format import DeltaFormat, OfFormat

FIELDS = (("id", "long"), ("small", "integer"), ("name", "string"), ("text", "string"),
          ("long", "string"), ("empty", "string"), ("none", "string"), ("no_number", "long"),
          ("price", "'decimal(12,3)'"), ("ratio", "double"), ("strange", "double"),
          ("once", "double"), ("endless", "double"),
          ("zero", "double"), ("day", "date"), ("at", "timestamp"), ("flag", "boolean"))
# More rows than a row group holds; signs, NULLs and long texts lie apart from each other.
ROWS = """
SELECT i AS id, CASE WHEN i % 10 < 3 THEN NULL ELSE (i % 1000 - 500)::INTEGER END AS small,
  CASE WHEN i % 7 = 0 THEN NULL ELSE chr((65 + i % 26)::INTEGER) || chr(246) || i
    END AS name,
  CASE WHEN i = 70000 THEN repeat(chr(233), 3000)
    ELSE 'b' || repeat('y', (i % 50)::INTEGER) END AS text,
  repeat(chr((228 + i % 2)::INTEGER), 300) || i AS long,
  '' AS empty, NULL::VARCHAR AS none, NULL::BIGINT AS no_number,
  ((i - 65000) / 8)::DECIMAL(12, 3) AS price, (i - 3) / 7 AS ratio,
  CASE i % 4 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN '-inf'::DOUBLE ELSE i END AS strange,
  CASE WHEN i = 5 THEN 'nan'::DOUBLE ELSE i END AS once,
  CASE WHEN i = 6 THEN 'inf'::DOUBLE ELSE i END AS endless,
  CASE WHEN i % 2 = 0 THEN -0.0::DOUBLE ELSE 0.0::DOUBLE END AS zero,
  CASE WHEN i % 5 <> 0 THEN DATE '1969-07-20' + (i % 9000)::INTEGER END AS day,
  TIMESTAMPTZ '1969-12-31 23:59:58.999999+00' + to_microseconds(i * 1001) AS at, i % 2 = 0 AS flag
FROM range(1, 130001) AS t(i)
"""
CUT = ("text", "long", "at")
UNBOUND = ("strange", "once", "endless")


def bounds(values: list) -> tuple | None:
    """Least and greatest; none of no value, or where NaN has no place among them."""
    there = [value for value in values if value is not None]
    if not there or any(isinstance(one, float) and math.isnan(one) for one in there):
        return None
    return min(there), max(there)


@unittest.skipUnless(find_spec("duckdb") and find_spec("pyarrow"), "no modules: ./dev setup test")
class Statistics:
    """The rows come once as they are, and once more through a merge that rewrites them."""

    def setUp(self) -> None:
        super().setUp()
        import duckdb
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"COPY ({ROWS}) TO '{self.folder}/all.parquet' (FORMAT parquet)")
            some = f"SELECT * REPLACE (price + 1 AS price) FROM ({ROWS}) WHERE id % 3 = 0"
            connection.execute(f"COPY ({some}) TO '{self.folder}/some.parquet' (FORMAT parquet)")

    def make(self) -> None:
        self.contract(FIELDS)
        self.take("all.parquet")
        self.contract(FIELDS, strategy="merge")
        self.take("some.parquet")

    def take(self, source: str) -> None:
        done = self.sluice("run", "c.yaml", "--source", source, "--quiet")
        self.assertEqual(done.code, 0, done.err)

    always_bounded = ("id", "small", "day")

    def check(self, column: str, values: list, nulls: int | None, least: object,
              greatest: object) -> None:
        """`nulls` and bounds as they are told of these values; bounds may be left out."""
        self.assertEqual(nulls, sum(value is None for value in values), column)
        known = bounds(values)
        if least is None or greatest is None:
            self.assertFalse(column in self.always_bounded and known is not None, column)
            return
        self.assertIsNotNone(known, f"{column}: bounds of nothing, or of NaN")
        if column in CUT:  # a bound that is cut or rounded may not lie among the values
            self.assertLessEqual(least, known[0])
            self.assertGreaterEqual(greatest, known[1])
        else:
            self.assertEqual((least, greatest), known, column)


class ParquetStatistics(Statistics, OfFormat):
    def test_footers_say_what_their_rows_say(self) -> None:
        import pyarrow.parquet as parquet
        self.make()
        groups = 0
        for path in sorted(Path(self.folder, "t").glob("*.parquet")):
            file = parquet.ParquetFile(path)
            for group in range(file.metadata.num_row_groups):
                self.check_group(file, group)
                groups += 1
        self.assertGreater(groups, 1)

    def check_group(self, file: object, group: int) -> None:
        rows = file.read_row_group(group)
        told = file.metadata.row_group(group)
        for place, column in enumerate(rows.column_names):
            stats = told.column(place).statistics
            self.assertIsNotNone(stats, column)
            has_bounds = stats.has_min_max
            self.check(column, rows[column].to_pylist(), stats.null_count,
                       stats.min if has_bounds else None, stats.max if has_bounds else None)


@unittest.skipUnless(find_spec("deltalake"), "no deltalake: ./dev setup test")
class DeltaStatistics(Statistics, DeltaFormat):
    always_bounded = tuple(name for name, _ in FIELDS if name not in UNBOUND)

    def test_the_log_says_what_the_rows_say(self) -> None:
        import deltalake
        import pyarrow.parquet as parquet
        self.make()
        root = Path(self.folder, "t")
        actions = deltalake.DeltaTable(str(root)).get_add_actions(flatten=True)
        files = [dict(zip(actions.schema.names, row, strict=True))
                 for row in zip(*(actions.column(i).to_pylist()
                                  for i in range(len(actions.schema.names))), strict=True)]
        self.assertGreater(len(files), 0)
        for file in files:
            rows = parquet.read_table(root / file["path"], partitioning=None)
            self.assertEqual(file["num_records"], rows.num_rows)
            for column in rows.column_names:
                self.check(column, rows[column].to_pylist(), file.get(f"null_count.{column}"),
                           file.get(f"min.{column}"), file.get(f"max.{column}"))

        self.check_form()

    def check_form(self) -> None:
        adds = [json.loads(line)["add"] for path in Path(self.folder, "t/_delta_log").glob("*.json")
                for line in path.read_text("utf-8").splitlines() if line.startswith('{"add"')]
        for add in adds:
            stats = json.loads(add["stats"])
            least, greatest = stats["minValues"], stats["maxValues"]
            self.assertRegex(least["day"], r"^\d{4}-\d\d-\d\d$")
            for column in ("text", "long"):
                self.assertEqual(greatest[column][32:], "\U0010ffff")
                self.assertLessEqual(len(least[column]), 32)
            for value in (least["at"], greatest["at"]):
                self.assertRegex(value, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$")
            self.assertEqual((least["flag"], greatest["flag"]), (False, True))
            self.assertEqual(stats["minValues"]["empty"], "")
            self.assertEqual(stats["nullCount"]["none"], stats["numRecords"])
            self.assertFalse({"none", *UNBOUND} & {*least, *greatest})

    def test_a_reader_that_skips_files_finds_every_row(self) -> None:
        """Arrow, given the log by delta-rs: a file without bounds of a column is skipped."""
        import datetime
        import decimal
        import deltalake
        self.contract(FIELDS)
        self.take("all.parquet")
        table = deltalake.DeltaTable(str(Path(self.folder, "t")))
        rows = table.to_pyarrow_table()
        for column, value in (
                ("id", 120000), ("small", 490), ("name", "Z"), ("text", "c"), ("text", "by"),
                ("long", "\u00e4"), ("long", "\u00e5" * 300), ("empty", ""),
                ("price", decimal.Decimal("8000.5")), ("ratio", 17000.25), ("zero", 0.0),
                ("day", datetime.date(1993, 1, 1)),
                ("at", datetime.datetime(1970, 1, 1, 0, 2, 8)), ("flag", True)):
            for sign, keeps in (("=", lambda one, v: one == v), (">=", lambda one, v: one >= v),
                                ("<=", lambda one, v: one <= v)):
                with self.subTest(column, sign=sign):
                    wanted = sorted(number for number, one in
                                    zip(rows["id"].to_pylist(), rows[column].to_pylist(),
                                        strict=True) if one is not None and keeps(one, value))
                    found = table.to_pyarrow_table(filters=[(column, sign, value)], columns=["id"])
                    self.assertEqual(sorted(found["id"].to_pylist()), wanted)


if __name__ == "__main__":
    unittest.main()
