"""A table with versions as the source of contract runs: what a run takes for new in it, and how a
batch that was left unfinished is repeated at the version that it was of. Who has such tables says
how they are named, and how one is made anew."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
from program import BUILD, InFolder

__all__ = ["BUILD", "INCREMENTAL", "MODEL", "ReadsWhatIsNew", "VersionedSource"]

MODEL = """\
primary_key: [id]
model:
  fields:
    - {name: id, type: long, required: true}
    - {name: name, type: string}
    - {name: seen, type: timestamp}
"""
INCREMENTAL = "load_mode: incremental, watermark_field: seen"


class VersionedSource(InFolder):
    target: str  # of the contract that makes versions: "format: delta, target_path: src"
    source: str  # the same table as a source: "type: delta, path: src"

    def places(self) -> dict[str, str]:
        """Of the environment: where catalogs are."""
        return {}

    def make_anew(self) -> None:
        """Another table in the place of the source, with the row `2 b`."""
        raise NotImplementedError

    def setUp(self) -> None:
        super().setUp()
        self.env = self.places()
        self.loads = 0
        self.down(INCREMENTAL)

    def upstream(self, strategy: str, model: str = MODEL) -> str:
        return (f"version: 1.0.0\ninfo: {{title: Up, table_name: up}}\n{model}"
                f"materialization: {{strategy: {strategy}, {self.target}}}\n")

    def downstream(self, source: str, model: str = MODEL,
                   into: str = "format: parquet, target_path: down") -> str:
        return (f"version: 1.0.0\ninfo: {{title: Down, table_name: down}}\n{model}"
                f"source: {{{self.source}, {source}}}\n"
                f"materialization: {{strategy: append, {into}}}\n")

    def down(self, source: str) -> None:
        self.write("down.yaml", self.downstream(source))

    def grow(self, *rows: tuple[int, str, str | None], strategy: str = "append") -> None:
        """A version more of the source."""
        self.loads += 1
        self.write("up.yaml", self.upstream(strategy))
        lines = [json.dumps({"id": row[0], "name": row[1], "seen": row[2] and f"2026-01-{row[2]}"})
                 for row in rows]
        self.write(f"load{self.loads}.jsonl", "\n".join(lines) + "\n")
        self.done("run", "up.yaml", "--source", f"load{self.loads}.jsonl")

    def done(self, *words: str) -> str:
        done = self.sluice(*words, **self.env)
        self.assertEqual(done.code, 0, done.err)
        return done.out

    def read(self, *words: str) -> dict[str, Any]:
        return json.loads(self.done("run", "down.yaml", "--json", *words))

    def taken(self, *words: str) -> tuple[str, int]:
        answer = self.read(*words)
        return answer["status"], answer["rows"]["source"]

    def refused(self, *words: str) -> str:
        done = self.sluice("run", "down.yaml", *words, **self.env)
        self.assertNotEqual(done.code, 0)
        return done.err

    def rows(self) -> list[str]:
        answer = json.loads(self.done("table", "rows", "down.yaml", "--json"))
        return sorted(f"{row['id']} {row['name']}" for row in answer["rows"])

    def leave_unfinished(self) -> None:
        """The next batch is recorded, and its commit never came."""
        shutil.copytree(self.folder / "down", self.folder / "before")
        self.read("--state", "state")
        shutil.rmtree(self.folder / "down")
        (self.folder / "before").rename(self.folder / "down")


class ReadsWhatIsNew:
    """What holds of any VersionedSource; beside it in the bases of a test."""

    def test_an_incremental_read_takes_the_rows_above_its_watermark(self) -> None:
        self.grow((1, "a", "01"), (2, "b", "02"), (3, "c", None))
        first = self.read()
        self.assertEqual(first["rows"]["source"], 3)
        self.assertEqual(first.get("warnings", []), [])
        self.assertEqual(self.taken(), ("skipped", 0))
        self.grow((4, "d", "02"), (5, "e", "03"))
        second = self.read()
        self.assertEqual(second["rows"]["source"], 1)
        self.assertIn("1 rows of the source have no 'seen'", " ".join(second["warnings"]))
        self.grow((5, "late", "02"), strategy="merge")
        skipped = self.read()
        self.assertEqual((skipped["status"], skipped["reason"]),
                         ("skipped", "the table has no new row"))
        self.assertEqual(self.rows(), ["1 a", "2 b", "3 c", "5 e"])
        self.assertEqual(self.taken("--full")[1], 5)
        self.grow((6, "f", "04"))
        self.assertEqual(self.taken(), ("succeeded", 1))

    def test_it_goes_on_where_all_was_read(self) -> None:
        self.down("load_mode: full")
        self.grow((1, "a", "01"), (2, "b", "02"))
        self.assertEqual(self.taken(), ("succeeded", 2))
        self.down(INCREMENTAL)
        self.assertEqual(self.taken(), ("skipped", 0))
        self.grow((3, "c", "03"))
        self.assertEqual(self.taken(), ("succeeded", 1))
        self.assertEqual(self.rows(), ["1 a", "2 b", "3 c"])

    def test_a_table_that_was_made_anew_is_read_again(self) -> None:
        self.down("load_mode: full")
        self.grow((1, "a", "01"))
        self.assertEqual(self.taken(), ("succeeded", 1))
        self.assertEqual(self.taken(), ("skipped", 0))
        self.make_anew()
        self.assertEqual(self.taken(), ("succeeded", 1))
        self.assertEqual(self.rows(), ["1 a", "2 b"])

    def test_an_unfinished_batch_is_repeated_at_its_version(self) -> None:
        for source in ("load_mode: full", INCREMENTAL):
            with self.subTest(source=source):
                for name in ("down", "state"):
                    shutil.rmtree(self.folder / name, ignore_errors=True)
                self.down(source)
                self.grow((1, "a", "01"), strategy="overwrite")
                self.read("--state", "state")
                self.grow((2, "b", "02"))
                self.leave_unfinished()
                self.grow((3, "c", "03"))
                self.grow((2, "changed", "04"), strategy="merge")
                is_full = source != INCREMENTAL
                whole = ["1 a"] if is_full else []
                self.assertEqual(self.taken("--state", "state"),
                                 ("succeeded", 2 if is_full else 1))
                self.assertEqual(self.rows(), sorted(["1 a", "2 b", *whole]))
                self.assertEqual(self.taken("--state", "state"),
                                 ("succeeded", 3 if is_full else 2))
                later = ["2 changed", "3 c", *whole]
                self.assertEqual(self.rows(), sorted(["1 a", "2 b", *whole, *later]))
                self.assertEqual(self.taken("--state", "state")[0], "skipped")

    def test_without_a_watermark_nothing_is_read_anew_in_silence(self) -> None:
        self.grow((1, "a", "01"))
        self.down("load_mode: incremental")
        self.assertIn("needs the column that tells new rows", self.refused())
        self.down("load_mode: incremental, watermark_field: nowhere")
        self.assertIn("no column of its watermark: 'nowhere'", self.refused())
        self.assertEqual(self.taken("--full"), ("succeeded", 1))
