"""What `sluice run --json` prints, key by key, against json_shape.json: scripts rely on it. A key
with a question mark may be absent; any other is always there, and none comes unannounced."""

import json
import re
import unittest
from pathlib import Path
from typing import Any

from program import InFolder

SHAPE = json.loads((Path(__file__).resolve().parent / "json_shape.json").read_text("utf-8"))
# Of a contract whose run ended in an error.
ERROR_SHAPE = {"schema_version": "one", "status": "status", "error": "text",
               "contract": {"path": "text"}}


def is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


KINDS = {
    "one": lambda v: is_count(v) and v == 1,
    "uuid": lambda v: re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", v) is not None,
    "sha256": lambda v: re.fullmatch(r"sha256:[0-9a-f]{64}", v) is not None,
    "status": lambda v: v in ("succeeded", "skipped", "failed"),
    "severity": lambda v: v in ("error", "warning", "info"),
    "text": lambda v: isinstance(v, str),
    "count": is_count,
    "truth": lambda v: isinstance(v, bool),
    "truth or null": lambda v: v is None or isinstance(v, bool),
    # What a rule observes in a masked column is told as three stars.
    "number, truth, *** or null":
        lambda v: v is None or isinstance(v, bool) or is_number(v) or v == "***",
}


def faults(value: Any, shape: Any, at: str = "") -> list[str]:
    if isinstance(shape, str):
        return [] if KINDS[shape](value) else [f"{at}: expected {shape}, got {value!r}"]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{at}: expected a list, got {value!r}"]
        return [f for i, item in enumerate(value) for f in faults(item, shape[0], f"{at}[{i}]")]
    if not isinstance(value, dict):
        return [f"{at}: expected an object, got {value!r}"]
    known = {key.lstrip("?"): part for key, part in shape.items()}
    found = [f"{at}.{key}: not in the shape" for key in value if key not in known]
    found += [f"{at}.{key}: missing" for key in shape if key[0] != "?" and key not in value]
    return found + [f for key, part in known.items() if key in value
                    for f in faults(value[key], part, f"{at}.{key}")]


class JsonShape(InFolder):
    def setUp(self) -> None:
        super().setUp()
        self.quickstart()

    def check(self, *words: str, code: int = 0) -> dict:
        done = self.sluice("run", *words, "--json")
        self.assertEqual(done.code, code, done.err)
        self.assertEqual(done.out.count("\n"), 1, "one line, with its end")
        report = json.loads(done.out)
        for run in report.get("runs", [report]):
            self.assertEqual(faults(run, SHAPE), [])
            rows = run["rows"]
            self.assertEqual(rows["source"], rows["good"] + rows["quarantined"] + rows["dropped"]
                             - rows["added"])
        return report

    def test_a_run_that_wrote_names_target_and_quarantine(self) -> None:
        report = self.check("customers.yaml")
        self.assertEqual((report["target"]["strategy"], report["target"]["inserted"]), ("merge", 2))
        self.assertEqual(report["quarantine"]["rows"], 2)
        self.assertEqual(report["contract"]["path"], "customers.yaml")
        self.assertEqual({rule["name"]: rule["failed_rows"] for rule in report["row_rules"]},
                         {"cus_id_required": 0, "email_required": 1, "email_shape": 2})

    def test_a_skipped_run_has_every_key_and_the_reason(self) -> None:
        self.check("customers.yaml")
        report = self.check("customers.yaml")
        self.assertEqual(report["status"], "skipped")
        self.assertTrue(report["reason"])

    def test_a_run_without_a_target_has_none(self) -> None:
        report = self.check("customers.yaml", "--no-materialize")
        self.assertNotIn("target", report)
        self.assertEqual(report["rows"]["written"], 0)

    def test_a_gate_that_stops_the_run_says_which(self) -> None:
        text = (self.folder / "customers.yaml").read_text("utf-8")
        self.write("customers.yaml", text + "\nquarantine: {fail_on_quarantine: true}\n")
        report = self.check("customers.yaml", code=1)
        self.assertEqual(report["status"], "failed")
        self.assertIn("fail_on_quarantine", report["reason"])
        self.assertEqual(list((self.folder / "lake/silver/customers").glob("*.parquet")), [])

    def test_several_contracts_are_one_object(self) -> None:
        report = self.check("customers.yaml", "-c", "customers.yaml")
        self.assertEqual([run["status"] for run in report["runs"]], ["succeeded", "skipped"])

    def ended(self, *words: str, code: int) -> dict:
        done = self.sluice("run", *words, "--json")
        self.assertEqual(done.code, code, done.err)
        self.assertEqual(done.out.count("\n"), 1, "one line, with its end")
        return json.loads(done.out)

    def test_an_error_is_an_object_too(self) -> None:
        self.write("broken.yaml", "version: 1.0.0\ninfo: {titel: T}\n")
        report = self.ended("broken.yaml", code=3)
        self.assertEqual(faults(report, ERROR_SHAPE), [])
        self.assertEqual(report["contract"]["path"], "broken.yaml")
        self.assertTrue(report["error"].startswith("invalid contract: broken.yaml:1:1: "), report)

    def test_what_the_engine_says_of_a_value_is_not_told(self) -> None:
        self.write("in.jsonl", '{"s": "1"}\n{"s": "secret"}\n')
        self.write("cast.yaml", "version: 1.0.0\ninfo: {title: T, table_name: t}\n"
                   "model: {fields: []}\ntransformations:\n"
                   "- sql: SELECT CAST(s AS INTEGER) AS e FROM source\n")
        report = self.ended("cast.yaml", "--source", "in.jsonl", code=1)
        self.assertEqual(faults(report, ERROR_SHAPE), [])
        self.assertNotIn("secret", report["error"])

    def test_a_plan_that_fails_is_an_object(self) -> None:
        self.assertEqual(faults(self.ended("absent.yaml", "--dry-run", code=2), ERROR_SHAPE), [])

    def test_of_several_contracts_the_broken_one_is_among_the_runs(self) -> None:
        self.write("broken.yaml", "version: 1.0.0\n")
        self.write("in.jsonl", '{"id": 1}\n')
        self.write("plain.yaml", "version: 1.0.0\ninfo: {title: T, table_name: t}\n"
                   "model: {fields: []}\n")
        report = self.ended("broken.yaml", "plain.yaml", "--source", "in.jsonl", code=3)
        self.assertEqual([(run["contract"]["path"], run["status"]) for run in report["runs"]],
                         [("broken.yaml", "failed"), ("plain.yaml", "succeeded")])

    def test_the_shape_notices_what_is_wrong(self) -> None:
        report = self.check("customers.yaml")
        report["rows"]["good"] = "2"
        del report["engine"]
        report["extra"] = 1
        self.assertEqual(len(faults(report, SHAPE)), 3)


if __name__ == "__main__":
    unittest.main()
