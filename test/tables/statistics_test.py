"""Minima, maxima and counts of NULLs that tables of files carry, as other engines read them and as
their own rows say: the footers by Arrow, the log of a Delta table by delta-rs."""

import datetime
import json
import math
import unittest
from importlib.util import find_spec
from pathlib import Path

from of_format import DeltaFormat, OfFormat

FIELDS = (("id", "long"), ("small", "integer"), ("name", "string"), ("text", "string"),
          ("empty", "string"), ("none", "string"), ("no_number", "long"),
          ("price", "'decimal(12,3)'"), ("ratio", "double"), ("strange", "double"),
          ("zero", "double"), ("day", "date"), ("at", "timestamp"), ("flag", "boolean"))
# More rows than a row group holds; signs, NULLs and long texts lie apart from each other.
ROWS = """
SELECT i AS id, CASE WHEN i % 10 < 3 THEN NULL ELSE (i % 1000 - 500)::INTEGER END AS small,
  CASE WHEN i % 7 = 0 THEN NULL ELSE chr((65 + i % 26)::INTEGER) || chr(246) || i
    END AS name,
  CASE WHEN i = 70000 THEN repeat(chr(233), 3000)
    ELSE 'b' || repeat('y', (i % 50)::INTEGER) END AS text,
  '' AS empty, NULL::VARCHAR AS none, NULL::BIGINT AS no_number,
  ((i - 65000) / 8)::DECIMAL(12, 3) AS price, (i - 3) / 7 AS ratio,
  CASE i % 4 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN '-inf'::DOUBLE ELSE i END AS strange,
  CASE WHEN i % 2 = 0 THEN -0.0::DOUBLE ELSE 0.0::DOUBLE END AS zero,
  CASE WHEN i % 5 <> 0 THEN DATE '1969-07-20' + (i % 9000)::INTEGER END AS day,
  TIMESTAMPTZ '1969-12-31 23:59:58.999999+00' + to_microseconds(i * 1001) AS at, i % 2 = 0 AS flag
FROM range(1, 130001) AS t(i)
"""
# What a log of a Delta table bounds in every file: no NaN, no infinity, no text of thousands.
PLAIN_ROWS = f"""
SELECT * REPLACE (CASE WHEN text LIKE 'b%' THEN text ELSE repeat(chr(233), 300) END AS text,
  CASE WHEN isfinite(strange) THEN strange END AS strange) FROM ({ROWS})
"""


def bounds(values: list) -> tuple | None:
    """Least and greatest; none of no value, or where NaN has no place among them."""
    there = [value for value in values if value is not None]
    if not there or any(isinstance(one, float) and math.isnan(one) for one in there):
        return None
    return min(there), max(there)


@unittest.skipUnless(find_spec("duckdb") and find_spec("pyarrow"), "no modules: ./dev setup test")
class Statistics:
    """The rows come once as they are, and once more through a merge that rewrites them."""

    rows = ROWS
    always_bounded: tuple[str, ...] = ("id", "small", "day")
    cut: tuple[str, ...] = ("text",)  # a bound that may not lie among the values

    def setUp(self) -> None:
        super().setUp()
        import duckdb
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            path = f"{self.folder}/all.parquet"
            connection.execute(f"COPY ({self.rows}) TO '{path}' (FORMAT parquet)")
            some = f"SELECT * REPLACE (price + 1 AS price) FROM ({self.rows}) WHERE id % 3 = 0"
            connection.execute(f"COPY ({some}) TO '{self.folder}/some.parquet' (FORMAT parquet)")

    def make(self) -> None:
        self.contract(FIELDS)
        self.take("all.parquet")
        self.contract(FIELDS, strategy="merge")
        self.take("some.parquet")

    def take(self, source: str) -> None:
        done = self.sluice("run", "c.yaml", "--source", source, "--quiet")
        self.assertEqual(done.code, 0, done.err)

    def check(self, column: str, values: list, nulls: int | None, least: object,
              greatest: object) -> None:
        """`nulls` and bounds as they are told of these values; bounds may be left out."""
        self.assertEqual(nulls, sum(value is None for value in values), column)
        known = bounds(values)
        if least is None or greatest is None:
            self.assertFalse(column in self.always_bounded and known is not None, column)
            return
        self.assertIsNotNone(known, f"{column}: bounds of nothing, or of NaN")
        if column in self.cut:
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
    rows = PLAIN_ROWS
    always_bounded = tuple(name for name, _ in FIELDS if name not in ("none", "no_number"))
    cut = ("text", "at")  # of an instant a log has milliseconds

    def adds(self) -> list[dict]:
        return [json.loads(line)["add"]
                for path in Path(self.folder, "t/_delta_log").glob("*.json")
                for line in path.read_text("utf-8").splitlines() if line.startswith('{"add"')]

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
        for add in self.adds():
            stats = json.loads(add["stats"])
            least, greatest = stats["minValues"], stats["maxValues"]
            self.assertRegex(least["day"], r"^\d{4}-\d\d-\d\d$")
            self.assertRegex(greatest["at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(000)?Z$")
            self.assertLessEqual(len(greatest["text"]), 33)
            self.assertEqual(least["empty"], "")
            self.assertEqual(stats["nullCount"]["none"], stats["numRecords"])
            self.assertNotIn("none", least)

    def test_a_file_has_bounds_of_all_columns_or_of_none(self) -> None:
        """delta-rs takes a column without bounds beside others for one that no row matches."""
        import deltalake
        import pyarrow.dataset as dataset
        self.contract((("id", "long"), ("d", "double"), ("b", "boolean"), ("t", "string"),
                       ("n", "'decimal(30,2)'"), ("at", "timestamp"), ("day", "date"),
                       ("nothing", "string"), ("list", "'array<int>'")))
        at = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
        rows = [{"id": i, "d": i + 0.5, "b": True, "t": "x" * 40 + str(i), "n": "1.50",
                 "at": "2026-01-01T00:00:00.123456Z", "day": "2026-01-01", "nothing": None,
                 "list": [i]} for i in range(3)]
        self.write_rows("plain.jsonl", rows)
        for row in rows:
            row["t"] = "y" * 9000  # of which the engine tells no bounds
        self.write_rows("long.jsonl", rows)
        first, second = (json.loads(add["stats"]) for add in
                         sorted(self.adds(), key=lambda add: add["modificationTime"]))
        self.assertLessEqual({"id", "d", "t", "n", "at", "day"}, first["minValues"].keys())
        self.assertFalse({"minValues", "maxValues"} & second.keys())
        self.assertEqual(second["nullCount"]["nothing"], 3)
        field = dataset.field
        table = deltalake.DeltaTable(str(self.folder / "t")).to_pyarrow_dataset()
        for name, wanted in (("id", field("id") >= 0), ("d", field("d") > 0),
                             ("b", field("b") == True), ("t", field("t") >= "x"),  # noqa: E712
                             ("n", field("n") > 1), ("day", field("day") >= at.date()),
                             ("nothing", field("nothing").is_null())):
            with self.subTest(name):
                self.assertEqual(table.to_table(columns=["id"], filter=wanted).num_rows, 6)


if __name__ == "__main__":
    unittest.main()
