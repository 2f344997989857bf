"""Random small contracts: accepted rows, refused rows with their reasons, and counts are those of
SQL that the generator wrote for another engine. And what does not change a row's fate: into which
files the rows are split, in which order they stand, and that each comes twice."""

import collections
import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest
from typing import Any

import generated

SLUICE = os.environ["SLUICE"]
CASES = int(os.environ.get("SLUICE_ORACLE_CASES", "16"))


def canonical(value: Any) -> Any:
    if isinstance(value, list):
        return "list", tuple(map(canonical, value))
    if isinstance(value, (int, float)):
        return "number", float(value)
    return "text", value


def frozen(row: dict[str, Any], names: Any = None) -> frozenset:
    """A column that is not there holds nothing."""
    return frozenset((name, canonical(value)) for name, value in row.items()
                     if value is not None and (names is None or name in names))


class Outcome:
    """What one run gave: its rows without their order, and its counts."""

    def __init__(self, folder: pathlib.Path, source: Any) -> None:
        done = subprocess.run(
            [SLUICE, "run", "contract.yaml", "--json", "--output-good", "good.jsonl",
             "--output-bad", "bad.jsonl"], cwd=folder, capture_output=True, check=False,
            timeout=120)
        self.said = done.stderr.decode()
        self.code = done.returncode
        if self.code != 0:
            return
        told = json.loads(done.stdout)
        self.rows, self.ledger = told["rows"], told["ledger"]
        self.good = collections.Counter(map(frozen, self.lines(folder / "good.jsonl")))
        self.bad = collections.Counter(
            (frozen(row, source), tuple(sorted(row["_lakelogic_errors"])))
            for row in self.lines(folder / "bad.jsonl"))

    @staticmethod
    def lines(path: pathlib.Path) -> list[Any]:
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def run_parts(case: generated.Case, parts: list[list[generated.Row]]) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="sluice-oracle-") as name:
        folder = pathlib.Path(name)
        case.write(folder, parts)
        return Outcome(folder, case.source)


def of_seed(seed: int) -> tuple[generated.Case, Outcome]:
    case = generated.Case(seed)
    return case, run_parts(case, [case.rows])


def variants(seed: int) -> tuple[generated.Case, Outcome, dict[str, Outcome]]:
    case = generated.Case(10_000_000 + seed, is_local=True)
    by = random.Random(seed)
    shuffled = list(case.rows)
    by.shuffle(shuffled)
    cut = sorted(by.randint(0, len(case.rows)) for _ in range(2))
    parts = [case.rows[:cut[0]], case.rows[cut[0]:cut[1]], case.rows[cut[1]:]]
    return case, run_parts(case, [case.rows]), {
        "split": run_parts(case, [part for part in parts if part]),
        "shuffled": run_parts(case, [shuffled]),
        "doubled": run_parts(case, [case.rows, case.rows]),
    }


class Oracle(unittest.TestCase):
    maxDiff = None

    def test_rows_reasons_and_counts_are_those_of_another_engine(self) -> None:
        refused = 0
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for case, got in pool.map(of_seed, range(CASES)):
                with self.subTest(seed=case.seed):
                    about = f"seed {case.seed}\n{case.contract()}\n{got.said}"
                    self.assertEqual(got.code, 0, about)
                    want = case.answer()
                    self.assertEqual(got.good, collections.Counter(map(frozen, want.good)), about)
                    bad = collections.Counter((frozen(row), tuple(sorted(reasons)))
                                              for row, reasons in want.bad)
                    self.assertEqual(got.bad, bad, about)
                    self.assertEqual(
                        (got.rows["source"], got.rows["good"], got.rows["quarantined"]),
                        (want.source, len(want.good), len(want.bad)), about)
                    self.check_ledger(got, about)
                    refused += len(want.bad)
        self.assertGreater(refused, CASES)

    def test_splitting_shuffling_and_doubling_change_no_verdict(self) -> None:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for case, plain, others in pool.map(variants, range(max(3, CASES // 8))):
                for name, got in others.items():
                    with self.subTest(seed=case.seed, variant=name):
                        about = f"seed {case.seed}\n{case.contract()}\n{got.said}"
                        self.assertEqual((plain.code, got.code), (0, 0), about)
                        times = 2 if name == "doubled" else 1
                        self.assertEqual(got.good, self.multiplied(plain.good, times), about)
                        self.assertEqual(got.bad, self.multiplied(plain.bad, times), about)
                        for count in ("source", "good", "quarantined", "dropped", "added"):
                            self.assertEqual(got.rows[count], plain.rows[count] * times, about)
                        self.check_ledger(got, about)

    @staticmethod
    def multiplied(counted: collections.Counter, times: int) -> collections.Counter:
        return collections.Counter({key: count * times for key, count in counted.items()})

    def check_ledger(self, got: Outcome, about: str) -> None:
        rows = got.rows
        self.assertEqual(rows["source"], rows["good"] + rows["quarantined"] + rows["dropped"]
                         - rows["added"], about)
        for step in got.ledger:
            self.assertEqual(step["in"] + step["added"], step["out"] + step["quarantined"]
                             + step["dropped"] + step.get("aggregated", 0), about)


if __name__ == "__main__":
    unittest.main()
