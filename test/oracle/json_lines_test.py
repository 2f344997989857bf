"""A line of JSON that is no record changes nothing of the others: the same records with and without
such a line give the same accepted rows, byte for byte."""

import unittest

from json_run import JsonRun

BAD_LINES = ("bad", "5", "[1]", "null", '"text"', '{"id": 9, "id": "x"}', '{"x": "w"}null',
             '{"x": {"n": "w"', '{"x": [1, "w"]} {"x": 1}')

# Values of "x", one a record.
VALUES = {
    "words and numbers": ["1", '"a"', "true", "null"],
    "texts of numbers": ['"1"', '"007"', '"1e5"'],
    "dates": ['"2026-01-02"', '"2026-01-02T03:04:05Z"', '"x"'],
    "dates alone": ['"2026-01-02"', '"2026-02-03"'],
    "large whole numbers": ["9007199254740993", "1"],
    "larger whole numbers": ["18446744073709551615", "1"],
    "largest whole numbers": ["18446744073709551616", "1"],
    "large and a fraction": ["9007199254740993", "1.5"],
    "digits of a decimal": ["12345678901234567.89", "1"],
    "fractions": ["0.1", "1e400", "-0", "-0.0", "0.1e-20"],
    "nothing": ["null", "null"],
    "objects": ['{"n": 1}', '{"n": 2, "m": "a"}', "null"],
    "objects of mixed members": ['{"n": 1}', '{"n": "a"}'],
    "objects without a value": ['{"n": null}', '{"n": null}'],
    "empty objects": ["{}", "{}"],
    "objects and words": ['{"n": 1.25}', '"a"', "7"],
    "objects of large numbers": ['{"n": 9007199254740993}', '{"n": 1.5}'],
    "objects of larger numbers": ['{"n": 18446744073709551615}', '{"n": 1}'],
    "lists": ["[1, 2]", "[]", "null"],
    "lists of lists": ["[[1.5], []]", "[[2]]"],
    "lists of kinds": ['[1, "a"]', "[null]"],
    "lists of objects": ['[{"n": 1}]', '[{"m": {"k": "v"}}]'],
    "keys of maps": ['{"a": 1, "A": 2}', '{"": 3}'],
    "objects in objects": ['{"n": {"k": 1}}', '{"n": {"k": "w"}}'],
}

CONTRACTS = {
    "undeclared": "model: { fields: [ { name: id, type: bigint } ] }",
    "text": "model: { fields: [ { name: id, type: bigint }, { name: x, type: string } ] }",
    "json": "model: { fields: [ { name: id, type: bigint }, { name: x, type: json } ] }",
    "decimal": "model: { fields: [ { name: id, type: bigint }, "
               "{ name: x, type: 'decimal(30,4)' } ] }",
    "map": "model: { fields: [ { name: id, type: bigint }, "
           "{ name: x, type: 'map<string,string>' } ] }",
    "flattened": "model: { fields: [ { name: id, type: bigint } ] }\n"
                 "source: { type: landing, path: in.jsonl, flatten_nested: true }",
}


class LinesThatAreNoRecords(JsonRun):
    def accepted(self, contract: str, lines: list[str]) -> tuple[int, str]:
        done = self.run_over(contract, lines)
        return done.returncode, self.text_of("good.jsonl")

    def test_such_a_line_changes_no_other_row(self) -> None:
        for number, (kind, values) in enumerate(VALUES.items()):
            records = [f'{{"id": {i}, "x": {value}}}' for i, value in enumerate(values)]
            for form, contract in CONTRACTS.items():
                alone = self.accepted(contract, records)
                bad = BAD_LINES[number % len(BAD_LINES)]
                for line in {"bad", bad}:
                    with self.subTest(kind=kind, contract=form, line=line):
                        self.assertEqual(self.accepted(contract, [*records, line]), alone)

    def test_every_kind_of_such_a_line(self) -> None:
        records = [f'{{"id": {i}, "x": {value}}}'
                   for i, value in enumerate(VALUES["words and numbers"])]
        alone = self.accepted(CONTRACTS["undeclared"], records)
        self.assertEqual(alone[0], 0)
        self.assertEqual(len(alone[1].splitlines()), len(records))
        for line in BAD_LINES:
            with self.subTest(line=line):
                self.assertEqual(
                    self.accepted(CONTRACTS["undeclared"], [*records, line]), alone)


if __name__ == "__main__":
    unittest.main()
