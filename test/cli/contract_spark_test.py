"""A contract in Spark's dialect: validated, explained at its places, and run."""

import json
import unittest

from program import Done, InFolder

CONTRACT = """\
info: {title: Events, table_name: events}
sql_dialect: spark
source: {path: landing/*.csv}
model:
  fields:
    - {name: id, type: integer, required: true}
    - {name: mail, type: string}
    - {name: day, type: date}
    - {name: amount, type: double}
transformations:
  - {derive: {field: host, sql: "lower(substring_index(mail, '@', -1))"}, phase: pre}
  - derive: {field: month, sql: "date_format(day, 'yyyy-MM')"}
  - sql: |
      SELECT *, row_number() OVER (PARTITION BY host ORDER BY day DESC, id) AS place
      FROM source
quality:
  row_rules:
    - {name: shape, sql: "mail RLIKE '^[^@]+@[^@]+$'"}
    - {sql: "amount / size(split(mail, '@')) > 0.5"}
    - {name: recent, sql: 'datediff(DATE "2024-03-01", day) <= 60'}
  dataset_rules:
    - name: hosts
      sql: "SELECT count(DISTINCT nvl(host, 'none')) FROM source"
      must_be_less_than: 9
materialization: {strategy: append, format: parquet, target_path: lake/events}
"""
ROWS = """\
id,mail,day,amount
1,Ann@Example.com,2024-02-01,4
2,ben@example.com,2024-02-29,9
3,nobody,2024-02-29,9
4,cid@other.org,2023-01-01,9
5,dan@other.org,2024-02-28,0.1
6,eve@other.org,,9
"""


class SparkDialect(InFolder):
    def ended(self, code: int, *words: str) -> Done:
        done = self.sluice(*words)
        self.assertEqual(done.code, code, done.err + done.out)
        return done

    def test_it_is_validated_and_run(self) -> None:
        self.write("events.yaml", CONTRACT)
        self.write("landing/a.csv", ROWS)
        self.ended(0, "validate", "events.yaml")
        report = json.loads(self.ended(0, "run", "events.yaml", "--json").out)
        self.assertEqual((report["rows"]["source"], report["rows"]["good"]), (6, 2))
        refused = json.loads(self.ended(0, "quarantine", "list", "events.yaml", "--json").out)
        reasons = json.dumps(refused)
        # A rule without a name is known by what people wrote.
        self.assertIn("Rule failed: amount / size(split(mail, '@')) > 0.5", reasons)
        self.assertIn("Rule failed: shape", reasons)
        self.assertIn("Rule failed: recent", reasons)

    def test_what_cannot_be_translated_is_said_at_its_place_and_not_run(self) -> None:
        self.write("events.yaml", CONTRACT.replace("lower(substring_index",
                                                   "soundex(substring_index"))
        self.write("landing/a.csv", ROWS)
        said = json.loads(self.ended(3, "validate", "events.yaml", "--json").out)
        [fault] = [each for each in said["diagnostics"] if each["code"] == "SL0417"]
        self.assertEqual((fault["line"], fault["column"]), (11, 34))
        self.assertEqual(self.sluice("run", "events.yaml").code, 3)


if __name__ == "__main__":
    unittest.main()
