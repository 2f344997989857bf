"""Several contracts of one table at one moment, each with columns that it lacks."""

import json
import os
import unittest
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from uuid import uuid4

from of_format import BUILD, DeltaFormat, Done, LakeFormat, OfFormat

ROUNDS = 3
WRITERS = (1, 2, 3)


class Rivals:
    """Whoever is second works its columns out anew, on the table as the first one left it."""

    def places(self) -> dict[str, str]:
        return {}

    def rivals(self, number: int, columns: dict[int, str], strategy: str = "merge",
               is_run: bool = True) -> list[Done]:
        """A run, or an apply, of each writer, which has its column; None of them may see another's
        records."""
        calls = []
        for writer, column in columns.items():
            field = f", {{name: {column}, type: string}}" if column else ""
            self.write(f"c{writer}.yaml", f"""\
version: 1.0.0
info: {{title: Trips, table_name: trips{writer}}}
model: {{fields: [{{name: id, type: long}}{field}]}}
primary_key: [id]
materialization: {{strategy: {strategy}, format: {self.format}, target_path: {self.target}{number}}}
""")
            row = {"id": writer} | ({column: f"of {writer}"} if column else {})
            self.write(f"{writer}.jsonl", json.dumps(row) + "\n")
            calls.append(("run", f"c{writer}.yaml", "--source", f"{writer}.jsonl", "--quiet",
                          "--state", f"state{number}/{writer}") if is_run
                         else ("ddl", f"c{writer}.yaml", "--apply"))
        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(lambda words: self.sluice(*words, **self.lake), calls))

    def rows_of(self, number: int) -> list[dict]:
        done = self.sluice("table", "rows", f"{self.table}{number}", "--json", **self.lake)
        self.assertEqual(done.code, 0, done.err)
        rows = json.loads(done.out)["rows"]
        return sorted(({name: value for name, value in row.items() if value is not None}
                       for row in rows), key=lambda row: int(row["id"]))

    def check_all_in(self, number: int, columns: dict[int, str], strategy: str = "merge") -> None:
        for done in self.rivals(number, columns, strategy):
            self.assertEqual(done.code, 0, done.err)

    def test_all_bring_the_same_column(self) -> None:
        for number in range(ROUNDS):
            with self.subTest(number=number):
                self.lake = self.places()
                self.check_all_in(number, {0: ""})
                self.check_all_in(number, dict.fromkeys(WRITERS, "x"))
                rows = [(int(row["id"]), row.get("x")) for row in self.rows_of(number)]
                self.assertEqual(rows, [(0, None), (1, "of 1"), (2, "of 2"), (3, "of 3")])

    def test_each_brings_a_column_of_its_own_to_a_table_that_none_has_made(self) -> None:
        for number in range(ROUNDS):
            for strategy in ("merge", "append"):
                with self.subTest(number=number, strategy=strategy):
                    self.lake = self.places()
                    at = f"{number}{strategy}"
                    self.check_all_in(at, {writer: f"x{writer}" for writer in WRITERS}, strategy)
                    rows = [(int(row["id"]), row.get(f"x{row['id']}"), len(row))
                            for row in self.rows_of(at)]
                    self.assertEqual(rows, [(1, "of 1", 2), (2, "of 2", 2), (3, "of 3", 2)])

    def test_ddl_of_all_is_applied(self) -> None:
        for number in range(ROUNDS):
            self.lake = self.places()
            for columns in ({writer: f"x{writer}" for writer in WRITERS},
                            dict.fromkeys(WRITERS, "y")):
                with self.subTest(number=number, columns=columns):
                    for done in self.rivals(f"ddl{number}", columns, is_run=False):
                        self.assertEqual(done.code, 0, done.err)
                    for writer in columns:
                        done = self.sluice("ddl", f"c{writer}.yaml", "--check", **self.lake)
                        self.assertEqual(done.code, 0, done.err)


class ParquetRivals(Rivals, OfFormat):
    pass


class DeltaRivals(Rivals, DeltaFormat):
    pass


class SqliteRivals(Rivals, LakeFormat):
    def places(self) -> dict[str, str]:
        """Each round makes a catalog."""
        name = uuid4().hex
        return {"DUCKLAKE_METADATA": f"sqlite:{name}.sqlite", "DUCKLAKE_DATA_PATH": f"data{name}"}


@unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
@unittest.skipUnless(os.environ.get("SLUICE_TEST_POSTGRES"),
                     os.environ.get("SLUICE_NO_POSTGRES", "SLUICE_TEST_POSTGRES names no server"))
class PostgresRivals(Rivals, LakeFormat):
    def places(self) -> dict[str, str]:
        """A catalog of its own: the server keeps those of other tests."""
        import duckdb
        server = os.environ["SLUICE_TEST_POSTGRES"]
        name = f"lake_{uuid4().hex}"
        extension = BUILD / "lib/sluice/postgres_scanner.duckdb_extension"
        with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as admin:
            admin.execute(f"LOAD '{extension}'")
            admin.execute(f"ATTACH '{server}' AS pg (TYPE postgres)")
            admin.execute(f"CALL postgres_execute('pg', 'CREATE DATABASE {name}', "
                          "use_transaction => false)")
        place = " ".join(word for word in server.split() if not word.startswith("dbname="))
        return {"DUCKLAKE_METADATA": f"postgres:{place} dbname={name}",
                "DUCKLAKE_DATA_PATH": "data"}


if __name__ == "__main__":
    unittest.main()
