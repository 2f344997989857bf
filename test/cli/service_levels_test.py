"""Service levels by the program: what a run says, what `sluice runs` says later, exit codes."""

import json
import unittest
from datetime import UTC, datetime, timedelta
from typing import Any

from program import Done, InFolder

CONTRACT = """\
info: {title: Events, table_name: events}
source: {path: landing/*.csv, load_mode: incremental}
model:
  fields:
    - {name: id, type: integer, required: true}
    - {name: seen_at, type: timestamp}
materialization: {strategy: append, format: parquet, target_path: lake/events}
service_levels: LEVELS
"""


def ago(**parts: float) -> str:
    return (datetime.now(UTC) - timedelta(**parts)).strftime("%Y-%m-%d %H:%M:%S")


class ServiceLevels(InFolder):
    def contract(self, levels: str) -> None:
        self.write("events.yaml", CONTRACT.replace("LEVELS", levels))

    def land(self, name: str, *lines: str) -> None:
        self.write(f"landing/{name}.csv", "id,seen_at\n" + "\n".join(lines) + "\n")

    def ended(self, code: int, *words: str) -> Done:
        done = self.sluice(*words)
        self.assertEqual(done.code, code, done.err)
        return done

    def levels(self, *words: str, code: int = 0) -> dict[str, Any]:
        report = json.loads(self.ended(code, "run", "events.yaml", "--json", *words).out)
        return {level["name"]: level for level in report["service_levels"]}

    def test_each_level_says_its_formula_wherever_a_run_is_told(self) -> None:
        self.contract("{freshness: {threshold: 6h, field: seen_at}, availability: 0.9,"
                      " row_count: {min_rows: 3}, completeness: {field: seen_at, threshold: 1},"
                      " schedule: '0 6 * * *', anomaly: {}}")
        self.land("a", f"1,{ago(hours=7)}", f"2,{ago(hours=8)}")
        done = self.ended(0, "run", "events.yaml", "--json", "--report", "page.html")
        levels = {level["name"]: level for level in json.loads(done.out)["service_levels"]}
        self.assertEqual(list(levels), ["freshness", "availability", "row_count", "completeness",
                                        "schedule", "anomaly"])
        self.assertEqual([name for name, level in levels.items() if not level["met"]],
                         ["freshness", "row_count"])
        self.assertIn("<= 21600 s", levels["freshness"]["formula"])
        self.assertEqual(levels["row_count"]["formula"], "good rows of this run = 2")
        page = (self.folder / "page.html").read_text("utf-8")
        record = json.loads(self.ended(0, "runs", "show", "events.yaml", "--json").out)
        for level in levels.values():
            self.assertIn(level["formula"].replace("&", "&amp;").replace("<", "&lt;")
                          .replace(">", "&gt;").replace("'", "&#39;"), page)
            self.assertIn(level, record["service_levels"])
        for word in ("broken levels", "row_count: 2 against at least 3", "levels met",
                     "good rows of this run = 2"):
            self.assertIn(word, done.err)
        rows = json.loads(self.ended(0, "runs", "query", "events.yaml", "--json", "--sql",
                                     "SELECT name FROM service_levels WHERE NOT met ORDER BY 1"
                                     ).out)
        self.assertEqual([row["name"] for row in rows["rows"]], ["freshness", "row_count"])

    def test_a_breach_ends_with_one_only_when_asked_to(self) -> None:
        self.contract("{row_count: {min_rows: 3}}")
        self.land("a", "1,")
        self.assertFalse(self.levels()["row_count"]["met"])
        self.land("b", "2,")
        self.assertFalse(self.levels("--fail-on-breach", code=1)["row_count"]["met"])
        listed = self.ended(1, "runs", "list", "events.yaml", "--fail-on-breach")
        self.assertIn("row_count: 1 against at least 3", listed.out)
        self.assertIn("broken service level: row_count", listed.err)
        self.land("c", "3,", "4,", "5,")
        self.assertTrue(self.levels("--fail-on-breach")["row_count"]["met"])
        self.ended(0, "runs", "list", "events.yaml", "--fail-on-breach")

    def test_data_that_grows_old_and_a_schedule_that_is_missed_are_seen_without_a_run(self) -> None:
        self.contract("{freshness: {threshold: 6h, field: seen_at}}")
        self.land("a", f"1,{ago(hours=5)}")
        self.assertTrue(self.levels()["freshness"]["met"])
        self.ended(0, "runs", "list", "events.yaml", "--fail-on-breach")
        # The same contract wants more by now.
        self.contract("{freshness: {threshold: 4h, field: seen_at}, schedule: '* * * * *'}")
        late = self.ended(1, "runs", "list", "events.yaml", "--fail-on-breach")
        self.assertIn("now broken: freshness: 5h", late.out)
        self.assertIn("broken service level: freshness", late.err)
        self.assertIn("now met: schedule", late.out)
        # The run's record is an hour older than it is: nobody has run the contract since.
        for record in (self.folder / "lake/events/_sluice/runs").glob("*.json"):
            told = json.loads(record.read_text("utf-8"))
            told["started_at"] = ago(hours=1).replace(" ", "T") + "Z"
            record.write_text(json.dumps(told), "utf-8")
        missed = self.ended(1, "runs", "list", "events.yaml", "--fail-on-breach")
        self.assertIn("now broken: schedule: missed", missed.out)
        now = json.loads(self.ended(0, "runs", "list", "events.yaml", "--json").out)
        self.assertEqual({level["name"]: level["met"] for level in now["service_levels_now"]},
                         {"freshness": False, "schedule": False})


if __name__ == "__main__":
    unittest.main()
