"""What is refused is kept, shown, counted, mended and moved: the quarantine by its commands."""

import glob
import json
import os
import random
import re
import signal
import subprocess
import time
import unittest
from pathlib import Path
from typing import Any

from program import SLUICE, Done, InFolder, environment

CONTRACT = """\
info: {title: Orders, table_name: orders, target_layer: silver}
source: {path: landing/*.csv, load_mode: incremental}
model:
  fields:
    - {name: id, type: integer, required: true}
    - {name: amount, type: integer}
    - {name: mail, type: string}
quality:
  row_rules:
    - {name: amount_limit, sql: "amount <= LIMIT"}
    - {name: mail_shape, sql: "mail LIKE '%@%'"}
materialization: {strategy: append, format: parquet, target_path: lake/orders}
"""
HEADER = "id,amount,mail\n"
KILLS = 60 if os.environ.get("SLUICE_LONG") else 6


class Orders(InFolder):
    """One contract, its landing folder and what its commands answer."""

    def contract(self, limit: int, extra: str = "") -> None:
        self.write("orders.yaml", CONTRACT.replace("LIMIT", str(limit)) + extra)

    def land(self, name: str, lines: list[str]) -> None:
        self.write(f"landing/{name}.csv", HEADER + "\n".join(lines) + "\n")

    def done(self, *words: str) -> Done:
        done = self.sluice(*words)
        self.assertEqual(done.code, 0, done.err)
        return done

    def json(self, *words: str) -> Any:
        return json.loads(self.done(*words, "--json").out)

    def stats(self) -> dict[str, int]:
        rows = self.json("quarantine", "stats", "orders.yaml")["rows"]
        return {name: rows[name] for name in ("waiting", "replayed", "discarded")}

    def written(self) -> list[int]:
        """The ids in the target, read by a run that does nothing but read."""
        self.write("read.yaml", """\
info: {title: Read, table_name: read}
model: {fields: [{name: id, type: integer}]}
""")
        files = sorted(glob.glob(str(self.folder / "lake/orders/*.parquet")))
        if not files:
            return []
        (self.folder / "ids.jsonl").unlink(missing_ok=True)
        words = [word for file in files for word in ("--source", file)]
        self.done("run", "read.yaml", *words, "--no-materialize", "--output-good", "ids.jsonl")
        text = Path(self.folder / "ids.jsonl").read_text("utf-8")
        return sorted(json.loads(line)["id"] for line in text.splitlines())


class Quarantine(Orders):
    def test_from_the_first_refusal_to_the_target(self) -> None:
        self.contract(limit=10)
        self.land("a", ["1,5,a@b", "2,50,a@b", "3,7x,a@b", "4,99,nobody"])
        self.done("run", "orders.yaml")
        self.assertEqual(self.stats(), {"waiting": 3, "replayed": 0, "discarded": 0})
        listed = self.json("quarantine", "list", "orders.yaml", "--rule", "amount_limit")
        # No value is no proof: what is no number breaks the limit, too.
        self.assertEqual([row["id"] for row in listed["rows"]], ["2", "3", "4"])
        self.assertIn("3 of 3 rows", self.done("quarantine", "list", "orders.yaml", "--rule",
                                               "amount_limit").err)
        self.contract(limit=100)
        moved = self.json("quarantine", "replay", "orders.yaml")
        self.assertEqual((moved["tried"], moved["moved"], moved["refused"]), (3, 1, 2))
        self.assertEqual(self.written(), [1, 2])
        discarded = self.json("quarantine", "discard", "orders.yaml", "--rule", "mail_shape",
                              "--note", "no customer")
        self.assertEqual(discarded["discarded"], 1)
        self.assertEqual(self.stats(), {"waiting": 1, "replayed": 1, "discarded": 1})
        row = listed["rows"][2]["_lakelogic_row_id"]
        shown = self.json("quarantine", "show", "orders.yaml", "--row", row)["rows"][0]
        self.assertEqual([line["event"] for line in shown["history"]], ["refused", "discarded"])
        self.assertIn("discarded", self.done("quarantine", "show", "orders.yaml", "--row",
                                             row).out)

    def test_values_give_a_terminal_no_orders_and_forge_no_lines(self) -> None:
        self.contract(limit=10)
        evil = "\x1b[2J\x1b[31mx\x7f\u009b2J\u202ey\u2028\n0 of 0 rows in lake"
        self.land("a", [f'"{evil}",1,a@b'])
        shown = self.done("run", "orders.yaml", "--show", "1")
        said = [shown.out + shown.err]
        row = self.json("quarantine", "list", "orders.yaml")["rows"][0]
        self.assertEqual(row["id"], evil, "JSON says it as it is")
        for words in (("list",), ("show", "--row", row["_lakelogic_row_id"]), ("stats",)):
            done = self.done("quarantine", words[0], "orders.yaml", *words[1:])
            said.append(done.out + done.err)
        for text in said:
            obeyed = re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", text)
            self.assertIsNone(obeyed, text)
            self.assertNotIn("0 of 0 rows in lake", text.splitlines())
        for text in said[:3]:
            self.assertIn(" [2J [31mx  2J y  0 of 0 rows in lake", text)

    def test_a_column_may_be_called_as_what_the_history_says_of_rows(self) -> None:
        own = ("state", "attempts", "settled_at", "settled_by", "q", "run", "n")
        fields = "".join(f"    - {{name: {name}, type: string}}\n" for name in own)
        for limit in (10, 100):
            self.write(f"{limit}.yaml", CONTRACT.replace("LIMIT", str(limit)).replace(
                "quality:", fields + "quality:"))
        values = ",".join("waiting" if name == "attempts" else "replayed" for name in own)
        lines = [f"{number},{number * 10},a@b,{values}" for number in (1, 2, 3, 40)]
        self.write("landing/a.csv", f"{HEADER.strip()},{','.join(own)}\n" + "\n".join(lines) + "\n")
        self.done("run", "10.yaml")
        listed = self.json("quarantine", "list", "10.yaml", "--waiting")
        self.assertEqual([row["id"] for row in listed["rows"]], ["2", "3", "40"])
        row = listed["rows"][0]
        self.assertEqual([row[name] for name in own], values.split(","))
        self.assertEqual((row["_sluice_state"], row["_sluice_attempts"]), ("waiting", 0))
        moved = [self.json("quarantine", "replay", "100.yaml")["moved"] for _ in range(3)]
        self.assertEqual(moved, [2, 0, 0])
        self.assertEqual(self.written(), [1, 2, 3])
        self.assertEqual(self.json("quarantine", "discard", "100.yaml", "--all")["discarded"], 1)
        rows = self.json("quarantine", "stats", "100.yaml")["rows"]
        self.assertEqual([rows[name] for name in ("waiting", "replayed", "discarded")], [0, 2, 1])

    def test_a_category_is_asked_for_as_the_contract_writes_it(self) -> None:
        self.write("orders.yaml", CONTRACT.replace("LIMIT", "10").replace(
            'sql: "amount <= 10"', 'sql: "amount <= 10", category: valid'))
        self.land("a", ["1,5,nobody", "2,50,a@b"])
        self.done("run", "orders.yaml")
        for word in ("valid", "validity"):
            rows = self.json("quarantine", "list", "orders.yaml", "--category", word)["rows"]
            self.assertEqual([row["id"] for row in rows], ["2"], word)
        self.assertEqual(self.json("quarantine", "list", "orders.yaml", "--category",
                                   "uniqueness")["rows"], [])

    def test_discarding_everything_must_be_said(self) -> None:
        self.contract(limit=10)
        self.land("a", ["2,50,a@b"])
        self.done("run", "orders.yaml")
        refused = self.sluice("quarantine", "discard", "orders.yaml")
        self.assertEqual(refused.code, 2)
        self.assertIn("--all", refused.err)
        self.done("quarantine", "discard", "orders.yaml", "--all")
        self.assertEqual(self.stats()["discarded"], 1)

    def test_rows_without_their_originals_are_shown_and_discarded_only(self) -> None:
        self.contract(limit=10)
        text = CONTRACT.replace("LIMIT", "10").replace(
            "{name: mail, type: string}", "{name: mail, type: string, pii: true, masking: redact}")
        self.write("orders.yaml", text)
        self.land("a", ["2,50,canary@example.org"])
        self.done("run", "orders.yaml")
        self.write("orders.yaml", text.replace("<= 10", "<= 100"))
        answer = self.json("quarantine", "replay", "orders.yaml")
        self.assertEqual((answer["tried"], answer["left"]), (0, 1))
        self.assertIn("'mail'", answer["left_because"])
        self.assertNotIn("canary", self.done("quarantine", "list", "orders.yaml", "--json").out)

    def test_a_replay_that_is_killed_again_and_again_moves_each_row_once(self) -> None:
        self.contract(limit=10)
        self.land("a", [f"{i},{i},a@b" for i in range(1, 401)])
        self.done("run", "orders.yaml")
        self.contract(limit=200)
        shuffled = random.Random(6)
        for _ in range(KILLS):
            process = subprocess.Popen([str(SLUICE), "quarantine", "replay", "orders.yaml"],
                                       cwd=self.folder, env=environment(),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(shuffled.uniform(0.05, 1.5))  # whatever it has done by then
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.done("quarantine", "replay", "orders.yaml")
        self.assertEqual(self.written(), list(range(1, 201)))
        self.assertEqual(self.stats(), {"waiting": 200, "replayed": 190, "discarded": 0})
        self.land("b", ["900,1,a@b"])
        self.done("run", "orders.yaml")
        self.assertEqual(self.written(), [*range(1, 201), 900])

    def is_caught(self, name: str) -> bool:
        """Kills a run between its start and its end; false when it was over before it was seen."""
        self.land(name, [f"{i},{i},a@b" for i in range(1, 5_001)])
        folder = self.folder / "lake/orders/_sluice/runs"
        process = subprocess.Popen([str(SLUICE), "run", "orders.yaml"], cwd=self.folder,
                                   env=environment(), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        while process.poll() is None and not list(folder.glob("*.started.json")):
            pass
        process.send_signal(signal.SIGSTOP)
        is_stopped = process.poll() is None and bool(list(folder.glob("*.started.json")))
        if is_stopped:
            newest = self.json("runs", "list", "orders.yaml")["runs"][0]
            self.assertEqual(newest["status"], "running")
        process.send_signal(signal.SIGKILL)
        process.wait()
        return is_stopped

    def test_a_killed_run_stays_in_the_record_as_interrupted(self) -> None:
        self.contract(limit=10)
        self.assertTrue(any(self.is_caught(f"f{n}") for n in range(50)), "each run was too quick")
        # However far it came: the next one finishes its batch, or reads it with this one's file.
        self.land("last", [f"{i},{i},a@b" for i in range(1, 5_001)])
        self.done("run", "orders.yaml", "--pipeline-run-id", "nightly-7")
        runs = self.json("runs", "list", "orders.yaml")["runs"]
        self.assertEqual([run["status"] for run in runs[:2]], ["succeeded", "interrupted"])
        self.assertEqual(runs[0]["quality_score"], 10 / 5_000)
        self.assertEqual(runs[0]["pipeline_run_id"], "nightly-7")
        answer = self.json("runs", "query", "orders.yaml", "--sql",
                           "SELECT status, rows_good > 0 AS is_good FROM runs "
                           "ORDER BY run_id DESC LIMIT 2")
        self.assertEqual(answer["rows"], [{"status": "succeeded", "is_good": True},
                                          {"status": "interrupted", "is_good": None}])
        rules = self.json("runs", "query", "orders.yaml", "--sql",
                          "SELECT name FROM row_rules WHERE failed_rows > 0 AND run_id = "
                          f"'{runs[0]['run_id']}'")
        self.assertEqual(rules["rows"], [{"name": "amount_limit"}])
        reaching = self.sluice("runs", "query", "orders.yaml", "--sql",
                               "SELECT * FROM read_text('/etc/passwd')")
        self.assertNotEqual(reaching.code, 0)
        twice = self.sluice("runs", "query", "orders.yaml", "--json", "--sql",
                            "SELECT 1 AS a, 2 AS a")
        self.assertEqual(twice.code, 2)
        self.assertIn("'a'", twice.err)

    def test_a_run_that_failed_is_told_with_its_error(self) -> None:
        self.contract(limit=10)
        self.write("landing/a.csv", HEADER + '1,5,"a@b\n')
        self.assertNotEqual(self.sluice("run", "orders.yaml").code, 0)
        run = self.json("runs", "list", "orders.yaml")["runs"][0]
        self.assertEqual(run["status"], "failed")
        self.assertTrue(run["error"])
        self.assertEqual(self.sluice("runs", "list", "orders.yaml", "--fail-on-breach").code, 1)


class SevenDefects(Orders):
    """What goes wrong in quarantines that are made by hand, and does not here."""

    def setUp(self) -> None:
        super().setUp()
        self.contract(limit=10)
        self.land("a", ["1,5,a@b", "2,50,nobody", "3,7x,a@b", "4,,a@b", "5,3,"])
        self.done("run", "orders.yaml")
        self.rows = {row["id"]: row for row in
                     self.json("quarantine", "list", "orders.yaml")["rows"]}

    def test_no_second_predicate_disagrees_with_the_rule(self) -> None:
        # Every row is on exactly one side, also where a rule is neither true nor false.
        good = self.written()
        self.assertEqual(sorted([*good, *map(int, self.rows)]), [1, 2, 3, 4, 5])

    def test_no_bad_row_is_in_the_target(self) -> None:
        self.assertEqual(self.written(), [1])

    def test_every_failure_of_a_row_is_named(self) -> None:
        errors = self.rows["2"]["_lakelogic_errors"]
        self.assertEqual(len(errors), 2, errors)

    def test_the_rule_is_named(self) -> None:
        errors = " ".join(self.rows["2"]["_lakelogic_errors"])
        self.assertIn("amount_limit", errors)
        self.assertIn("mail_shape", errors)

    def test_the_original_value_is_kept(self) -> None:
        self.assertEqual(self.rows["3"]["amount"], "7x")
        self.assertTrue(self.rows["3"]["_lakelogic_source"].endswith("landing/a.csv"))

    def test_the_next_run_keeps_what_was_refused_before(self) -> None:
        self.land("b", ["6,70,a@b"])
        self.done("run", "orders.yaml")
        self.assertEqual(self.stats()["waiting"], 5)

    def test_without_a_target_refused_rows_lie_beside_the_good_ones(self) -> None:
        self.land("b", ["6,70,a@b", "7,1,a@b"])
        beside = self.folder / "good.v1.quarantine.csv"
        words = ("run", "orders.yaml", "--no-materialize", "--output-good", "good.v1.csv")
        report = self.json(*words, "--source", "landing/b.csv")
        self.assertEqual(report["quarantine"], {"uri": "good.v1.quarantine.csv", "rows": 1})
        self.assertIn("6,70,a@b", beside.read_text("utf-8"))
        self.land("b", ["7,1,a@b"])
        self.done(*words, "--source", "landing/b.csv")
        self.assertEqual(len(beside.read_text("utf-8").splitlines()), 1)
        beside.unlink()
        self.done(*words, "--source", "landing/b.csv")
        self.land("b", ["6,70,a@b", "7,1,a@b"])
        self.done(*words, "--source", "landing/b.csv", "--on-row-error", "skip")
        self.assertFalse(beside.exists())

    def test_nothing_is_reprocessed_by_hand(self) -> None:
        self.contract(limit=60)
        self.write("orders.yaml", Path(self.folder / "orders.yaml").read_text("utf-8").replace(
            "mail LIKE '%@%'", "mail IS NULL OR mail <> ''"))
        self.done("quarantine", "replay", "orders.yaml")
        self.assertEqual(self.written(), [1, 2, 5])


if __name__ == "__main__":
    unittest.main()
