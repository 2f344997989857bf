"""What a run that masks writes to temporary files while it works holds no value in clear."""

import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

from program import BUILD, PATIENCE_S, SLUICE, InFolder, environment, is_fast_build  # noqa: E402

CANARY = b"CANARY-"
CONTRACT = """\
version: 1.0.0
info: {title: T, table_name: t}
source: {type: landing, path: in.csv, format: csv, load_mode: full}
model:
  fields:
    - {name: id, type: bigint}
    - {name: note, type: string, MASKING}
transformations:
  - {sql: "SELECT * FROM source ORDER BY reverse(note), id", phase: pre}
materialization: {strategy: append, format: parquet, target_path: lake/t}
"""
MASKED = "pii: true, masking: redact"
MEMORY = "160MiB"
HAS_CIPHERS = (BUILD / "lib/sluice/httpfs.duckdb_extension").exists()


def spilled(process: subprocess.Popen) -> dict[str, bytes]:
    """The temporary files that the process, which stands still, has open or beside those."""
    folders = set()
    for fd in Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            parts = Path(os.readlink(fd)).parts
        except OSError:
            continue
        folders |= {Path(*parts[:i + 1]) for i, part in enumerate(parts)
                    if part.startswith("sluice-spill")}
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*")
            if path.is_file()}


def stops(process: subprocess.Popen) -> bool:
    """Whether it stands still now; False: it has ended."""
    process.send_signal(signal.SIGSTOP)
    state = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    return state is not None and state.si_code == os.CLD_STOPPED


class MaskedSpill(InFolder):
    def setUp(self) -> None:
        super().setUp()
        rows = 1_500_000 if is_fast_build() else 600_000
        with (self.folder / "in.csv").open("wb") as file:
            file.write(b"id,note\n")
            for i in range(rows):
                file.write(b"%d,%s%019d-%019d\n" % (i, CANARY, i * 7919 * 104729 % 10**19,
                                                    i * 1299709 * 15485863 % 10**19))

    def killed_while_it_spills(self, masking: str) -> bytes:
        """All that lay in temporary files when the run was killed."""
        self.write("c.yaml", CONTRACT.replace(", MASKING", f", {masking}" if masking else ""))
        process = subprocess.Popen([str(SLUICE), "run", "c.yaml", "--quiet", "--memory", MEMORY],
                                   cwd=self.folder, env=environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        seen = b""
        try:
            end = time.monotonic() + PATIENCE_S
            while process.poll() is None and time.monotonic() < end and stops(process):
                seen = b"".join(spilled(process).values())
                if len(seen) > 4 << 20:
                    break
                process.send_signal(signal.SIGCONT)
                time.sleep(0.02)
        finally:
            process.kill()
        said = process.communicate()[1].decode("utf-8", "replace")
        self.assertGreater(len(seen), 4 << 20, f"the run did not spill: {said}")
        return seen

    def test_a_run_that_does_not_mask_shows_that_this_test_sees_what_is_spilled(self) -> None:
        self.assertIn(CANARY, self.killed_while_it_spills(""))

    @unittest.skipUnless(HAS_CIPHERS, "the ciphers are not installed: ./dev setup spill")
    def test_what_a_run_that_masks_spills_is_encrypted(self) -> None:
        self.assertNotIn(CANARY, self.killed_while_it_spills(MASKED))
        done = self.sluice("run", "c.yaml", "--quiet", "--memory", MEMORY)
        self.assertEqual(done.code, 0, done.err)

    @unittest.skipIf(HAS_CIPHERS, "the ciphers are installed: such a run spills")
    def test_without_ciphers_it_does_not_spill_and_says_what_to_do(self) -> None:
        self.write("c.yaml", CONTRACT.replace("MASKING", MASKED))
        done = self.sluice("run", "c.yaml", "--quiet", "--memory", MEMORY)
        self.assertEqual(done.code, 4, done.err)
        self.assertIn("run ./dev setup spill", done.err)


if __name__ == "__main__":
    unittest.main()
