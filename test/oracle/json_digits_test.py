"""Numbers of JSON beside Python's own reading of them, as decimals: wherever one ends as a text, a
decimal or JSON it is the number that was written."""

import json
import unittest
from decimal import Decimal

from json_run import JsonRun

NUMBERS = ("9007199254740993", "12345678901234567.8912", "0.1", "1.50", "-0.25", "1e3", "7",
           "18446744073709551615", "18446744073709551616", "-9223372036854775809",
           "12345678901234567890.1234", "0.1e-20", "1e400", "1e-400", "-0")
KINDS = {
    "number": "{0}",
    "object": '{{"n": {0}}}',
    "list": "[{0}, 1]",
    "deep": '{{"a": {{"b": [{{"c": {0}, "d": "{0}"}}]}}}}',
}


def exactly(text: str) -> object:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


class Digits(JsonRun):
    def accepted(self, contract: str, lines: list[str]) -> list[dict]:
        done = self.run_over(contract, lines)
        self.assertEqual(done.returncode, 0, done.stderr.decode("utf-8", "replace"))
        rows = [exactly(line) for line in self.text_of("good.jsonl").splitlines()]
        self.assertEqual(len(rows), len(lines), self.text_of("bad.jsonl"))
        return sorted(rows, key=lambda row: row["id"])

    def check(self, contract: str, column: str, key: str, values: list[str], opened: bool) -> None:
        """`opened`: the value is a text that holds JSON."""
        records = [f'{{"id": {i}, "{key}": {value}}}' for i, value in enumerate(values)]
        for row, value in zip(self.accepted(contract, records), values, strict=True):
            got = row[column]
            self.assertEqual(exactly(got) if opened else got, exactly(value), value)

    def test_what_is_a_text_or_json(self) -> None:
        for kind, form in KINDS.items():
            values = [form.format(number) for number in NUMBERS]
            for each in (values, *([value] for value in values)):
                for type_name in ("string", "json"):
                    contract = ("model: { fields: [ { name: id, type: bigint }, "
                                f"{{ name: x, type: {type_name} }} ] }}")
                    with self.subTest(kind=kind, type=type_name, values=each):
                        if kind == "number" and type_name == "json":
                            continue  # one number is a column of numbers to SQL
                        self.check(contract, "x", "x", each, opened=type_name == "string")

    def test_records_of_several_kinds_that_nobody_declares(self) -> None:
        values = [form.format(number) for number in NUMBERS for form in KINDS.values()]
        self.check("model: { fields: [ { name: id, type: bigint } ] }", "x", "x", values,
                   opened=False)

    def test_a_record_has_its_own_members_alone(self) -> None:
        values = ['{"b": 1}', '{"a": 2.5, "b": 0.5}', "null", '{"c": [{"d": 1}, {"e": null}]}',
                  "{}", '{"A": "x"}']
        for type_name in ("string", "json"):
            contract = ("model: { fields: [ { name: id, type: bigint }, "
                        f"{{ name: x, type: {type_name} }} ] }}")
            records = [f'{{"id": {i}, "x": {value}}}' for i, value in enumerate(values)]
            for row, value in zip(self.accepted(contract, records), values, strict=True):
                got = row["x"]
                opened = exactly(got) if type_name == "string" and got is not None else got
                self.assertEqual(opened, exactly(value))

    def test_members_that_are_declared_so(self) -> None:
        contract = ("model: { fields: [ { name: id, type: bigint }, "
                    "{ name: s, type: 'struct<j: json, t: string>' } ] }")
        records = ['{"id": 0, "s": {"j": {"b": 1}, "t": {"c": 1}}}',
                   '{"id": 1, "s": {"j": {"a": 2.5}, "t": {"d": [9007199254740993]}}}']
        rows = self.accepted(contract, records)
        self.assertEqual([row["s"]["j"] for row in rows], [{"b": 1}, {"a": Decimal("2.5")}])
        self.assertEqual([exactly(row["s"]["t"]) for row in rows],
                         [{"c": 1}, {"d": [9007199254740993]}])

    def test_renamed_and_flattened(self) -> None:
        wide = "decimal(38,4)"
        values = ["9007199254740993", "1.5", "12345678901234567.8912"]
        renamed = ("model: { fields: [ { name: id, type: bigint }, "
                   f"{{ name: to, type: '{wide}' }} ] }}\ntransformations:\n"
                   "  - { rename: { mappings: { ref: between } }, phase: pre }\n"
                   "  - { rename: { mappings: { between: to } }, phase: pre }")
        self.check(renamed, "to", "ref", values, opened=False)
        for paths in ("true", "[c]", "[c.d]"):
            name = "c_d_n"
            contract = (f"source: {{ type: landing, path: in.jsonl, flatten_nested: {paths} }}\n"
                        "schema_policy: { unknown_fields: drop }\n"
                        "model: { fields: [ { name: id, type: bigint }, "
                        f"{{ name: {name}, type: '{wide}' }} ] }}")
            records = [f'{{"id": {i}, "c": {{"d": {{"n": {value}}}}}}}'
                       for i, value in enumerate(values)]
            with self.subTest(paths=paths):
                rows = self.accepted(contract, records)
                self.assertEqual([row[name] for row in rows], [Decimal(one) for one in values])

    def test_texts_that_are_flattened(self) -> None:
        values = ["9007199254740993", "1.5", "12345678901234567.8912"]
        contract = ("source: { type: landing, path: in.jsonl, flatten_nested: [c] }\n"
                    "model: { fields: [ { name: id, type: bigint }, "
                    "{ name: c_n, type: 'decimal(38,4)' } ] }")
        records = [json.dumps({"id": i, "c": f'{{"n": {value}}}'})
                   for i, value in enumerate(values)]
        rows = self.accepted(contract, records)
        self.assertEqual([row["c_n"] for row in rows], [Decimal(one) for one in values])

    def test_nested_values_of_a_link(self) -> None:
        contract = ("links: [ { name: dim, path: dim.jsonl } ]\n"
                    "model: { fields: [ { name: id, type: bigint }, { name: v, type: string }, "
                    "{ name: w, type: string } ] }\n"
                    "transformations:\n"
                    '  - { lookup: { field: v, reference: dim, "on": id, key: id, value: v }, '
                    "phase: pre }\n"
                    '  - { lookup: { field: w, reference: dim, "on": id, key: id, value: w }, '
                    "phase: pre }")
        values = ["9007199254740993", "1.5", "12345678901234567.8912"]
        (self.folder / "dim.jsonl").write_text("".join(
            f'{{"id": {i}, "v": {{"n": {value}}}, "w": {value if i else [i]}}}\n'
            for i, value in enumerate(values)), "utf-8")
        rows = self.accepted(contract, [f'{{"id": {i}}}' for i in range(len(values))])
        self.assertEqual([Decimal(exactly(row["v"])["n"]) for row in rows],
                         [Decimal(one) for one in values])
        self.assertEqual([exactly(row["w"]) for row in rows],
                         [[0], *(Decimal(one) for one in values[1:])])


if __name__ == "__main__":
    unittest.main()
