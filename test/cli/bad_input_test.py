"""What goes wrong, and what its user is told: one clear error, a hint, the exit code, and a folder
that is as it was. The cases without a set-up of their own stand in bad_input.json."""

import json
import os
import re
import resource
import subprocess
import unittest
from pathlib import Path

from program import SLUICE, Done, InFolder, contents, half_written, without_run_records

CASES = json.loads((Path(__file__).resolve().parent / "bad_input.json").read_text("utf-8"))
CAPABILITIES = "-dac_override,-dac_read_search"
WITHOUT_RIGHTS = ("setpriv", f"--bounding-set={CAPABILITIES}", f"--inh-caps={CAPABILITIES}")


class Refusals(InFolder):
    def setUp(self) -> None:
        super().setUp()
        self.quickstart()

    def check_refused(self, done: Done, code: int, error: str, hint: str) -> None:
        self.assertEqual(done.code, code, done.err)
        self.assertEqual(done.out, "")
        lines = done.err.splitlines()
        self.assertEqual([line.startswith("error: ") for line in lines].count(True), 1, done.err)
        self.assertTrue(lines[0].startswith("error: "), done.err)
        self.assertIn(error, "\n".join(lines))
        if hint:
            self.assertIn(hint, [line for line in lines if line.startswith(" hint: ")][-1])
        self.assertIsNone(re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.err), "control characters")

    def test_each_mistake_is_told_and_changes_nothing(self) -> None:
        for case in CASES:
            with self.subTest(case["name"]):
                if "file" in case:
                    self.write(*case["file"])
                before = without_run_records(contents(self.folder))
                done = self.sluice(*case["words"])
                self.check_refused(done, case["exit"], case["error"], case["hint"])
                self.assertRegex(done.err, r"(?m)^ hint: \S", "every mistake has a hint")
                self.assertEqual(without_run_records(contents(self.folder)), before)

    def test_a_contract_of_raw_bytes_prints_none_of_them(self) -> None:
        self.write("bytes.yaml", bytes(range(256)) * 4)
        self.check_refused(self.sluice("run", "bytes.yaml"), 3, "bytes.yaml", "")


@unittest.skipUnless(subprocess.run([*WITHOUT_RIGHTS, "true"], check=False,
                                    capture_output=True).returncode == 0,
                     "setpriv cannot take the rights of this user away")
class Unreadable(InFolder):
    """Root reads everything: the program runs without that right."""

    def setUp(self) -> None:
        super().setUp()
        self.quickstart()

    def check_denied(self, path: str, mode: int, error: str, *words: str) -> None:
        before = contents(self.folder)
        (self.folder / path).chmod(mode)
        done = self.sluice("run", "customers.yaml", *words, before=WITHOUT_RIGHTS)
        (self.folder / path).chmod(0o755)
        self.assertEqual(done.code, 4, done.err)
        self.assertIn(error, done.err)
        self.assertIn(path, done.err)
        self.assertIn("Permission denied", done.err)
        self.assertRegex(done.last_line(), r"^ hint: .*(right|may be read)")
        self.assertEqual(contents(self.folder), before)

    def test_a_landing_file(self) -> None:
        self.check_denied("landing/customers/2026-03-28.json", 0, "opening a file failed")

    def test_the_landing_folder(self) -> None:
        self.check_denied("landing/customers", 0, "a folder cannot be listed")

    def test_the_contract(self) -> None:
        self.check_denied("customers.yaml", 0, "reading the contract failed")

    def test_a_lake_that_may_not_be_written(self) -> None:
        (self.folder / "lake").mkdir()
        self.check_denied("lake", 0o555, "")

    def test_a_folder_of_outputs_that_may_not_be_written(self) -> None:
        (self.folder / "out").mkdir()
        self.check_denied("out", 0o555, "", "--no-materialize", "--output-good", "out/good.parquet")


class FullDisk(InFolder):
    """The rows do not fit: nothing of them is there afterwards, and with room the run succeeds."""

    def setUp(self) -> None:
        super().setUp()
        self.quickstart()
        rows = "".join(f"C{i},{os.urandom(20).hex()}@example.org\n" for i in range(60_000))
        self.write("landing/customers/many.csv", "cus_id,email\n" + rows)

    def words(self, *more: str) -> list[str]:
        return ["run", "customers.yaml", "--source", "landing/customers/many.csv", *more]

    def check_full(self, code: int, err: str) -> None:
        self.assertEqual(code, 4, err)
        self.assertRegex(err, r"(?m)^error: the disk is full$")
        self.assertRegex(err, r"(?m)^ hint: free some space")

    def on_a_small_disk(self, *words: str) -> list[str]:
        """Exit code, messages and files of a first run; exit code and files of one with room."""
        (self.folder / "small").mkdir()
        call = " ".join([str(SLUICE), *words])
        script = f"""mount -t tmpfs -o size=1m none small || exit 99
            {call} 2>err; echo $?; cat err; echo ---; find small -type f; echo ---
            mount -o remount,size=64m small; {call} 2>err; echo $?; echo ---; find small -type f"""
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script], cwd=self.folder,
                              check=False, capture_output=True, text=True)
        if done.returncode == 99 or "unshare" in done.stderr:
            self.skipTest("this user may not mount a small disk")
        code, _, rest = done.stdout.partition("\n")
        err, left, later_code, later = rest.split("---\n")
        self.check_full(int(code), err)
        self.assertEqual(later_code.strip(), "0", done.stdout)
        return [left, later]

    def test_a_table_on_a_small_disk(self) -> None:
        left, later = self.on_a_small_disk(*self.words("--target", "small/lake"))
        self.assertNotIn(".parquet", left)
        self.assertNotIn(".tmp", left)
        self.assertIn(".parquet", later)

    def test_an_output_file_on_a_small_disk(self) -> None:
        left, later = self.on_a_small_disk(
            *self.words("--no-materialize", "--output-good", "small/good.parquet"))
        self.assertEqual(left, "")
        self.assertEqual(later, "small/good.parquet\n")

    def test_a_limit_on_the_size_of_files(self) -> None:
        limit = 256 << 10
        before = contents(self.folder)
        done = subprocess.run(
            [str(SLUICE), *self.words("--no-materialize", "--output-good", "good.parquet")],
            cwd=self.folder, check=False, capture_output=True, text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertRegex(done.stderr, r"(?m)^error: a file grew beyond its limit$")
        self.assertRegex(done.stderr, r"(?m)^ hint: .*ulimit -f")
        self.assertEqual(contents(self.folder), before)
        self.assertEqual(half_written(self.folder), [])


if __name__ == "__main__":
    unittest.main()
