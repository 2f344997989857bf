"""Delta tables that other programs made or wrote in, in forms that Sluice would not write: how it
reads them, and what it refuses before anything is written."""

import json
import os
import time
import unittest
from pathlib import Path

from delta_folder import DeltaFolder, needs_delta


@needs_delta
class ForeignLog(DeltaFolder):
    """Entries with blanks and members as no one here writes them."""

    def log(self, version: int) -> Path:
        return self.folder / f"t/_delta_log/{version:020}.json"

    def actions(self, version: int) -> list[dict]:
        return [json.loads(line) for line in self.log(version).read_text("utf-8").splitlines()]

    def put(self, version: int, actions: list[dict], begin: str = " \t") -> None:
        lines = [begin + json.dumps(one, separators=(" , ", " : ")).replace("{", "{ ", 1)
                 for one in actions]
        self.log(version).write_text("\r\n".join(lines) + "\r\n", "utf-8")

    def add_column(self) -> None:
        (metadata,) = [one["metaData"] for one in self.actions(0) if "metaData" in one]
        schema = json.loads(metadata["schemaString"])
        schema["fields"].append({"name": "note", "type": "string", "nullable": True,
                                 "metadata": {}})
        metadata["schemaString"] = json.dumps(schema)
        metadata["configuration"]["owner"] = "finance"
        info = {"timestamp": int(time.time() * 1000), "operation": "ADD COLUMNS",
                "operationParameters": {}}
        self.put(2, [{"add": None, "commitInfo": info}, {"metaData": metadata}])

    def test_a_description_with_blanks_is_not_put_back(self) -> None:
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "a", 1.5)])
        self.add_column()
        text = (self.folder / "c.yaml").read_text("utf-8")
        self.write("c.yaml", text.replace("type: string", "type: string, description: a day"))
        done = self.sluice("ddl", "c.yaml", "--apply", "--target", "t")
        self.assertEqual(done.code, 0, done.err)
        table = self.table()
        self.assertEqual([field.name for field in table.schema().fields][-1], "note")
        self.assertEqual(table.metadata().configuration["owner"], "finance")
        self.assertEqual([one["operation"] for one in self.ask("history")["versions"]],
                         ["describe", "ADD COLUMNS", "append", "create"])

    def test_a_removal_with_blanks_is_seen_by_a_vacuum(self) -> None:
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "a", 1.5)])
        (added,) = [one["add"] for one in self.actions(1) if "add" in one]
        data = self.folder / "t" / added["path"]
        os.utime(data, (time.time() - 30 * 86400,) * 2)
        now = int(time.time() * 1000)
        self.put(2, [{"commitInfo": {"timestamp": now, "operation": "DELETE",
                                     "operationParameters": {}}},
                     {"remove": {"path": added["path"], "deletionTimestamp": now,
                                 "dataChange": True}}])
        self.assertEqual(self.ask("vacuum")["deleted"], 0)
        self.assertTrue(data.exists())
        self.assertEqual(len(self.ask("rows", "--version", "1")["rows"]), 1)


if __name__ == "__main__":
    unittest.main()
