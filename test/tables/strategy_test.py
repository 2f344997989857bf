"""A table that is there, and a contract that has another strategy now: what becomes of its rows."""

import unittest

from of_format import DeltaFormat, LakeFormat, OfFormat

FIELDS = (("id", "bigint"), ("tier", "string"), ("upd", "timestamp"))
HISTORY = (", scd2: {timestamp_field: upd, track_columns: [tier], "
           "unknown_member: {enabled: false}}")


def row(number: int, tier: str, month: int) -> dict:
    return {"id": number, "tier": tier, "upd": f"2024-{month:02}-01T00:00:00"}


class Strategies:
    """Of one table, one strategy after the other."""

    def test_rows_without_a_history_are_not_put_into_one(self) -> None:
        self.contract(FIELDS, "merge")
        self.write_rows("one.jsonl", [row(1, "free", 1), row(2, "pro", 1)])
        before = self.ask("show")
        self.contract(FIELDS, "scd2", more=HISTORY)
        done = self.run_rows("two.jsonl", [row(1, "gold", 2)])
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("'effective_from', 'effective_to', 'is_current'", done.err)
        self.assertEqual(self.ask("show"), before)

    def test_nor_are_rows_whose_columns_of_the_history_were_never_filled(self) -> None:
        self.contract(FIELDS, "merge")
        self.write_rows("one.jsonl", [row(1, "free", 1), row(2, "pro", 1)])
        self.contract(FIELDS, "scd2", more=HISTORY)
        made = self.sluice("ddl", "c.yaml", "--apply")
        self.assertEqual(made.code, 0, made.err)
        before = self.ask("rows")["rows"]
        done = self.run_rows("two.jsonl", [row(1, "gold", 2)])
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("2 rows that are no versions", done.err)
        self.assertEqual(self.ask("rows")["rows"], before)


class ParquetStrategies(Strategies, OfFormat):
    pass


class DeltaStrategies(Strategies, DeltaFormat):
    pass


class LakeStrategies(Strategies, LakeFormat):
    pass


class DatabaseStrategies(Strategies, OfFormat):
    format = "duckdb"
    table = target = "t.duckdb/main.trips"


if __name__ == "__main__":
    unittest.main()
