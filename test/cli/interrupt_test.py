"""A run that is told to stop: it ends soon, says what became of its batch, and leaves nothing half
done; the next run does the work."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from program import InFolder, Screen, contents, half_written

# Slow by its rule, not by its size: what takes its time can be stopped.
CONTRACT = """\
info: {title: Slow, table_name: slow, target_layer: silver}
source: {path: landing/*.csv, load_mode: incremental}
model: {fields: [{name: id, type: string, required: true}, {name: text, type: string}]}
quality:
  row_rules:
    - {name: slow, sql: "levenshtein(repeat(text, TIMES), repeat(id, TIMES)) >= 0"}
materialization: {strategy: append, format: parquet, target_path: lake/slow}
"""


class Interrupted(InFolder):
    def slow(self, rows: int, times: int) -> None:
        self.write("slow.yaml", CONTRACT.replace("TIMES", str(times)))
        lines = "".join(f"id-{i},some-text-{i}\n" for i in range(rows))
        self.write("landing/rows.csv", "id,text\n" + lines)

    def start(self) -> Screen:
        screen = Screen(self.folder, ["run", "slow.yaml"])
        self.addCleanup(screen.process.kill)
        # The bar shows that rows are being judged.
        self.assertTrue(screen.read_until(lambda text: "judge" in text), screen.text)
        return screen

    def check_stopped(self, screen: Screen) -> None:
        code = screen.close()
        self.assertEqual(code, 130, screen.text)
        last = screen.text.rstrip().splitlines()[-1]
        self.assertIn("interrupted:", last)
        self.assertIn("the batch was not committed", last)
        self.assertNotIn("error:", screen.text)
        self.assertEqual(half_written(self.folder), [])
        self.assertEqual([name for name in contents(self.folder) if name.endswith(".parquet")], [])

    def test_ctrl_c_says_that_nothing_was_committed_and_the_next_run_finishes(self) -> None:
        self.slow(rows=150_000, times=12)
        screen = self.start()
        screen.stop(signal.SIGINT)
        self.check_stopped(screen)
        done = self.sluice("run", "slow.yaml", "--json", "--quiet")
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(json.loads(done.out)["rows"]["written"], 150_000)
        again = self.sluice("run", "slow.yaml", "--json", "--quiet")
        self.assertEqual(json.loads(again.out)["status"], "skipped")

    def test_sigterm_is_the_same(self) -> None:
        self.slow(rows=300_000, times=20)
        screen = self.start()
        screen.stop(signal.SIGTERM)
        self.check_stopped(screen)

    def test_a_signal_to_a_process_and_its_group_is_one(self) -> None:
        self.slow(rows=300_000, times=20)
        screen = self.start()
        screen.stop(signal.SIGINT)
        screen.stop(signal.SIGTERM)
        self.check_stopped(screen)

    def test_what_a_killed_run_held_in_temporary_folders_goes_with_the_next_one(self) -> None:
        self.slow(rows=300_000, times=20)
        self.write("other.yaml", "info: {title: T, table_name: t}\nsource: {path: one.csv}\n"
                                 "model: {fields: [{name: id, type: string}]}\n")
        self.write("one.csv", "id\n1\n")
        screen = self.start()
        folders = []
        for handle in Path(f"/proc/{screen.process.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                folders += [handle.readlink()] if "-held-" in os.readlink(handle) else []
        self.assertTrue(folders, "the run holds no temporary folder")
        (folders[0] / "inside").write_text("clear", "utf-8")
        unmarked = Path(tempfile.mkdtemp(prefix="sluice-spill-"))
        self.addCleanup(unmarked.rmdir)
        self.assertEqual(self.sluice("run", "other.yaml").code, 0)
        self.assertTrue((folders[0] / "inside").exists(), "the run that holds it is alive")
        screen.stop(signal.SIGKILL)
        screen.close()
        self.assertTrue((folders[0] / "inside").exists())
        self.assertEqual(self.sluice("run", "other.yaml").code, 0)
        self.assertEqual([path for path in folders if path.exists()], [])
        self.assertTrue(unmarked.exists(), "nobody says that this one is left")

    def end_by_two_signals(self) -> str:
        screen = self.start()
        while screen.process.poll() is None:
            screen.stop(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                screen.process.wait(0.1)
        self.assertEqual(screen.close(), 130)
        return screen.text

    def test_a_second_one_ends_at_once(self) -> None:
        # One block of rows takes many seconds, and an engine stops between blocks only. Before the
        # first block it stops by the first signal: then once more.
        self.slow(rows=20_000, times=300)
        texts = []
        while len(texts) < 8 and not any("ended at once" in text for text in texts):
            texts.append(self.end_by_two_signals())
        self.assertIn("interrupted: ended at once; the next run finds out whether the batch was "
                      "committed", texts[-1])


if __name__ == "__main__":
    unittest.main()
