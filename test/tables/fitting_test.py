"""Rows whose columns came with them, over each format: what another batch of them may bring."""

import unittest
from importlib.util import find_spec

from of_format import DeltaFormat, LakeFormat, OfFormat

FIELDS = (("id", "long"),)


class Fitting:
    """An undeclared column has the type of the first batch that brought it."""

    def values(self) -> list:
        rows = sorted(self.ask("rows")["rows"], key=lambda row: int(row["id"]))
        return [row["x"] for row in rows]

    def two_batches(self, first: object, second: object, policy: str = "") -> list:
        self.contract(FIELDS, policy=policy)
        self.write_rows("one.jsonl", [{"id": 1, "x": first}])
        self.write_rows("two.jsonl", [{"id": 2, "x": second}])
        return self.values()

    def test_a_whole_number_is_a_fraction(self) -> None:
        self.assertEqual([float(one) for one in self.two_batches(9.99, 10)], [9.99, 10.0])

    def test_a_number_among_texts_is_a_text(self) -> None:
        self.assertEqual(self.two_batches("a7", 12, policy="append"), ["a7", "12"])

    def test_an_object_among_texts_is_its_json(self) -> None:
        self.assertEqual(self.two_batches("a7", {"a": [1, None]}), ["a7", '{"a":[1,null]}'])

    def test_an_object_may_lack_members(self) -> None:
        full, less = self.two_batches({"a": 1, "b": {"c": 0.5, "d": "x"}}, {"b": {"c": 3}})
        self.assertIn("0.5", str(full))
        self.assertRegex(str(less), r"(?i)'?\"?a\"?'?: *(NULL|None)")
        self.assertRegex(str(less), r"\b3\.0\b")

    def test_what_the_type_cannot_hold_is_refused_with_both_types(self) -> None:
        for number, (first, second, stored, brought) in enumerate((
                (1, 1.5, "int64", "float64"), (1, "abc", "int64", "text"),
                ({"a": 1}, {"a": 1, "b": 2}, "struct<a: int64>", "struct<a: int64, b: int64>"))):
            with self.subTest(brought=brought):
                self.retarget(number)
                self.contract(FIELDS)
                self.write_rows("one.jsonl", [{"id": 1, "x": first}])
                done = self.run_rows("two.jsonl", [{"id": 2, "x": second}])
                self.assertEqual(done.code, 1, done.err)
                self.assertIn(f"'x' is {stored} in the table and {brought} in the rows", done.err)
                self.assertIn("declare the column", done.err)
                self.assertEqual(self.values(), [self.values()[0]])

    def test_a_strict_policy_takes_no_other_type(self) -> None:
        self.contract(FIELDS, policy="append")
        self.write_rows("one.jsonl", [{"id": 1, "x": 1.5}])
        self.contract(FIELDS, policy="strict")
        done = self.run_rows("two.jsonl", [{"id": 2, "x": 2}])
        self.assertNotEqual((done.code, self.values()), (0, [1.5, 2.0]))

    def ddl(self, flag: str) -> tuple[int, str]:
        done = self.sluice("ddl", "c.yaml", flag)
        return done.code, done.out

    def make_required(self, number: int, policy: str) -> None:
        """A table that requires x, and the contract that does not any more."""
        self.retarget(number)
        self.contract((*FIELDS, ("x", "double, required: true")))
        self.assertEqual(self.ddl("--apply")[0], 0)
        self.contract((*FIELDS, ("x", "double")), policy=policy)

    def test_a_column_that_only_the_table_requires_is_drift_and_made_optional(self) -> None:
        self.make_required(0, "strict")
        self.assertEqual(self.ddl("--check"), (1, "make column x optional\n"))
        self.assertEqual(self.ddl("--apply"), (0, "make column x optional\n"))
        self.assertEqual(self.ddl("--check")[0], 0)
        self.write_rows("one.jsonl", [{"id": 1, "x": None}])

    def test_a_run_makes_it_optional_where_its_policy_lets_it(self) -> None:
        for number, policy in enumerate(("compatible", "merge", "allow")):
            with self.subTest(policy=policy):
                self.make_required(number, policy)
                self.write_rows("one.jsonl", [{"id": 1, "x": None}])
                self.assertEqual(self.ddl("--check")[0], 0)
        for number, policy in enumerate(("strict", "append"), 3):
            with self.subTest(policy=policy):
                self.make_required(number, policy)
                self.assertEqual(self.run_rows("one.jsonl", [{"id": 1, "x": None}]).code, 1)
                self.write_rows("two.jsonl", [{"id": 2, "x": 0.5}])
                self.assertEqual(self.ddl("--check")[0], 1)

    def test_a_table_is_not_made_stricter(self) -> None:
        self.contract((*FIELDS, ("x", "double")))
        self.write_rows("one.jsonl", [{"id": 1, "x": None}])
        self.contract((*FIELDS, ("x", "double, required: true")))
        self.assertEqual(self.ddl("--check")[0], 0)
        self.write_rows("two.jsonl", [{"id": 2, "x": 0.5}])

    def test_an_overwrite_replaces_the_only_column(self) -> None:
        self.contract(FIELDS, "overwrite", "overwrite")
        self.write_rows("one.jsonl", [{"id": 1}])
        self.contract((("id", "string"),), "overwrite", "overwrite")
        done = self.run_rows("two.jsonl", [{"id": "a"}])
        if self.format == "delta":
            self.assertEqual(done.code, 1, done.err)
            self.assertIn("does not replace the columns of a Delta table", done.err)
        else:
            self.assertEqual(done.code, 0, done.err)
            self.assertEqual(self.ask("rows")["rows"], [{"id": "a"}])

    def test_a_column_that_the_contract_declares_a_text_becomes_one_where_any_change_is_allowed(
            self) -> None:
        fields = (("id", "long"), ("x", "double"))
        self.contract(fields)
        self.write_rows("one.jsonl", [{"id": 1, "x": 1.5}])
        fields = (("id", "long"), ("x", "string"))
        self.contract(fields, policy="append")
        done = self.run_rows("two.jsonl", [{"id": 2, "x": "a"}])
        self.assertEqual(done.code, 1, done.err)
        self.contract(fields, policy="allow")
        done = self.run_rows("two.jsonl", [{"id": 2, "x": "a"}])
        if self.format in ("parquet", "duckdb"):
            self.assertEqual(done.code, 0, done.err)
            self.assertEqual(self.values(), ["1.5", "a"])
            self.write_rows("three.jsonl", [{"id": 3, "x": 7}])
            self.assertEqual(self.values(), ["1.5", "a", "7"])
        else:
            self.assertEqual(done.code, 1, done.err)
            self.assertIn("'x' is float64 in the table and text in the rows", done.err)

    def test_timestamps_of_a_contract_fit_a_table_of_instants(self) -> None:
        """As other programs write them; both are UTC."""
        for number, policy in enumerate(("", "strict")):
            with self.subTest(policy=policy):
                self.retarget(number)
                self.contract((("id", "long"), ("x", "timestamptz")))
                self.write_rows("one.jsonl", [{"id": 1, "x": "2024-01-01T10:00:00Z"},
                                              {"id": 2, "x": "2024-01-02T10:00:00.000001Z"}])
                columns = self.ask("show")["columns"]
                for kind, strategy in (("timestamp", "append"), ("datetime", "merge")):
                    self.contract((("id", "long"), ("x", kind)), strategy, policy)
                    check = self.sluice("ddl", "c.yaml", "--check")
                    self.assertEqual(check.code, 0, check.out + check.err)
                    first = 3 if strategy == "append" else 2
                    self.write_rows(f"{kind}.jsonl", [
                        {"id": first, "x": "2024-05-05T10:00:00+02:00"},
                        {"id": first + 2, "x": None}])
                self.assertEqual(self.ask("show")["columns"], columns)
                self.assertEqual(
                    [value and value[:19].replace("T", " ") for value in self.values()],
                    ["2024-01-01 10:00:00", "2024-05-05 08:00:00", "2024-05-05 08:00:00", None,
                     None])
                self.contract((("id", "long"), ("x", "timestamp")), "overwrite", policy)
                self.write_rows("last.jsonl", [{"id": 7, "x": "2024-06-06T00:00:00"}])
                self.assertEqual(len(self.values()), 1)
                self.assertEqual(self.ask("show")["columns"], columns)

    def retarget(self, number: int) -> None:
        self.target = self.table = f"{self.target}{number}"


class ParquetFitting(Fitting, OfFormat):
    pass


class DeltaFitting(Fitting, DeltaFormat):
    pass


class LakeFitting(Fitting, LakeFormat):
    pass


class DatabaseFitting(Fitting, OfFormat):
    format = "duckdb"
    table = target = "t.duckdb/main.trips"

    @unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
    def test_a_column_that_cannot_be_made_optional_judges_the_rows(self) -> None:
        import duckdb
        self.make_required(0, "merge")
        with duckdb.connect(str(self.folder / "t.duckdb")) as other:
            other.execute("CREATE INDEX by_x ON main.trips0 (x)")
        done = self.run_rows("one.jsonl", [{"id": 1, "x": 0.5}])
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(self.run_rows("two.jsonl", [{"id": 2, "x": None}]).code, 1)
        self.assertEqual(self.values(), [0.5])
        code, told = self.ddl("--apply")
        self.assertEqual((code, self.ddl("--check")[0]), (1, 1), told)


if __name__ == "__main__":
    unittest.main()
