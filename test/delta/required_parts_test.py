"""Delta tables in whose nested columns something is never NULL, as Spark makes them of its classes:
rows that have it go in, and rows that do not are refused."""

import json
import unittest

from delta_folder import DeltaFolder, Done, needs_delta

CONTRACT = """\
version: 1.0.0
info: {{title: Trips, table_name: trips}}
model: {{fields: [{{name: id, type: long}}{field}]}}
primary_key: [id]
materialization: {{strategy: {strategy}, format: delta, target_path: t}}
"""
ELEMENT = ("elementType", "fields", 0, "nullable")
# The type, where its schema says what is never NULL, values that have it, one that does not.
CASES = {
    "x.a": ("struct<a: long>", ("fields", 0, "nullable"), [{"a": 2}, None], {"a": None}),
    "x.a.b": ("struct<a: struct<b: long>>", ("fields", 0, "type", "fields", 0, "nullable"),
              [{"a": {"b": 2}}, {"a": None}], {"a": {"b": None}}),
    "x.element.a": ("array<struct<a: long>>", ELEMENT,
                    [[{"a": 2}], [], None, [None, {"a": 1}]], [{"a": 1}, {"a": None}]),
    "x.value.a": ("map<string, struct<a: long>>", ("valueType", "fields", 0, "nullable"),
                  [{"k": {"a": 2}}, {"k": None}, {}, None], {"k": {"a": None}}),
    "x.element": ("array<string>", ("containsNull",), [["a"], [], None], ["a", None]),
    "x.element.element": ("array<array<long>>", ("elementType", "containsNull"),
                          [[[1]], [None, []], None], [[1], [2, None]]),
    "x.value": ("map<string, array<long>>", ("valueContainsNull",),
                [{"k": [1]}, {"k": [None]}, {}, None], {"k": None}),
    "x.value.element": ("map<string, array<long>>", ("valueType", "containsNull"),
                        [{"k": [1]}, {"k": None}, None], {"k": [1, None]}),
    "x.a.element.b": ("struct<a: array<struct<b: long>>>",
                      ("fields", 0, "type", "elementType", "fields", 0, "nullable"),
                      [{"a": [{"b": 2}]}, {"a": None}], {"a": [{"b": None}]}),
}


@needs_delta
class RequiredParts(DeltaFolder):
    def declare(self, kind: str, strategy: str) -> None:
        field = f', {{name: x, type: "{kind}"}}' if kind else ""
        self.write("c.yaml", CONTRACT.format(field=field, strategy=strategy))

    def run_values(self, name: str, first: int, values: list) -> Done:
        lines = [json.dumps({"id": first + at, "x": value}) for at, value in enumerate(values)]
        self.write(name, "\n".join(lines) + "\n")
        return self.sluice("run", "c.yaml", "--source", name, "--quiet")

    def require(self, steps: tuple) -> None:
        """The last word of the steps is false in the schema of the column x."""
        path = self.folder / f"t/_delta_log/{0:020}.json"
        actions = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        (metadata,) = [one["metaData"] for one in actions if "metaData" in one]
        schema = json.loads(metadata["schemaString"])
        (column,) = [one for one in schema["fields"] if one["name"] == "x"]
        at = column["type"]
        for step in steps[:-1]:
            at = at[step]
        self.assertTrue(at[steps[-1]])
        at[steps[-1]] = False
        metadata["schemaString"] = json.dumps(schema)
        path.write_text("".join(json.dumps(one) + "\n" for one in actions), "utf-8")

    def check_case(self, path: str, case: tuple, strategy: str) -> None:
        kind, steps, good, bad = case
        self.declare(kind, strategy)
        self.assertEqual(self.run_values("first.jsonl", 1, good[:1]).code, 0)
        self.require(steps)
        done = self.run_values("good.jsonl", 1, good)
        self.assertEqual(done.code, 0, done.err)
        before = self.ask("history")
        done = self.run_values("bad.jsonl", 8, [good[0], bad])
        self.assertEqual(done.code, 1, done.err)
        self.assertIn(f"a column of the table is never NULL: 1 rows without '{path}'", done.err)
        self.assertEqual(self.ask("history"), before)
        self.assertEqual(self.run_values("next.jsonl", 9, good[:1]).code, 0)

    def test_rows_without_it_are_refused(self) -> None:
        for number, (path, case) in enumerate(CASES.items()):
            for strategy in ("append", "merge", "overwrite"):
                with self.subTest(path=path, strategy=strategy):
                    self.folder = self.folder / f"{number}{strategy}"
                    self.folder.mkdir()
                    self.check_case(path, case, strategy)
                    self.folder = self.folder.parent

    def test_a_type_that_came_with_the_rows_is_asked_too(self) -> None:
        self.declare("", "append")
        self.assertEqual(self.run_values("first.jsonl", 1, [{"a": 1, "b": 1}]).code, 0)
        self.require(("fields", 0, "nullable"))
        self.assertEqual(self.run_values("fits.jsonl", 2, [{"a": 2}]).code, 0)
        done = self.run_values("lacks.jsonl", 3, [{"b": 2}])
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("1 rows without 'x.a'", done.err)

    def test_a_table_that_gets_a_column_keeps_what_it_requires(self) -> None:
        self.declare("struct<a: long>", "merge")
        self.assertEqual(self.run_values("first.jsonl", 1, [{"a": 1}]).code, 0)
        self.require(("fields", 0, "nullable"))
        text = (self.folder / "c.yaml").read_text("utf-8")
        self.write("c.yaml", text.replace("{name: x,", "{name: y, type: string}, {name: x,"))
        self.assertEqual(self.run_values("more.jsonl", 2, [{"a": 2}]).code, 0)
        done = self.run_values("bad.jsonl", 3, [{"a": None}])
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("1 rows without 'x.a'", done.err)


if __name__ == "__main__":
    unittest.main()
