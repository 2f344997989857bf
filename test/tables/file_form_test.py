"""How the data files of a table are made: sorted as the contract clusters them and packed with the
codec that the table says, over each format, as a plain DuckDB reads their footers."""

import unittest
from importlib.util import find_spec

from of_format import DeltaFormat, LakeFormat, OfFormat

ROWS = [{"id": (i * 7919) % 1000, "name": f"n{i % 7}", "fare": i / 4} for i in range(1000)]
MORE = [{"id": 1000 + (i * 7919) % 1000, "name": f"n{i % 7}", "fare": i / 4} for i in range(1000)]
CODECS = {"zstd": "ZSTD", "Snappy": "SNAPPY", "gzip": "GZIP", "none": "UNCOMPRESSED"}


@unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
class FileForm:
    files = "t/**/*.parquet"

    def ask_files(self, sql: str) -> list[tuple]:
        import duckdb
        with duckdb.connect() as judge:
            return judge.execute(sql.format(files=self.folder / self.files)).fetchall()

    def codecs(self) -> set[str]:
        return {one for (one,) in self.ask_files(
            "SELECT DISTINCT compression FROM parquet_metadata('{files}')")}

    def unsorted(self, column: str) -> int:
        return self.ask_files(
            f"SELECT count(*) FROM (SELECT {column} AS a, lag({column}) OVER (PARTITION BY "
            "filename ORDER BY file_row_number) AS b FROM read_parquet('{files}', filename = true, "
            "file_row_number = true, hive_partitioning = false)) WHERE b > a")[0][0]

    def make(self, more: str, strategy: str = "append") -> None:
        self.contract(strategy=strategy, more=more)

    def test_files_have_the_codec_that_the_contract_says(self) -> None:
        for codec, told in CODECS.items():
            with self.subTest(codec=codec):
                self.tearDown()
                self.setUp()
                self.make(f", table_properties: {{parquet.compression: {codec}}}")
                self.write_rows("one.jsonl", ROWS)
                self.write_rows("two.jsonl", MORE)
                self.assertEqual(self.codecs(), {told})

    def test_another_codec_is_of_the_files_from_then_on(self) -> None:
        self.make(", table_properties: {parquet.compression: gzip}")
        self.write_rows("one.jsonl", ROWS)
        self.make(", table_properties: {parquet.compression: none}")
        self.assertIn("parquet.compression is gzip", self.sluice("ddl", "c.yaml", "--check").out)
        self.assertEqual(self.sluice("ddl", "c.yaml", "--apply").code, 0)
        self.write_rows("two.jsonl", MORE)
        self.assertEqual(self.codecs(), {"GZIP", "UNCOMPRESSED"})

    def test_an_unknown_codec_is_refused_and_nothing_is_written(self) -> None:
        self.make(", table_properties: {parquet.compression: lzo}")
        done = self.run_rows("one.jsonl", ROWS)
        self.assertNotEqual(done.code, 0)
        self.assertIn("'parquet.compression = lzo'", done.err)
        self.assertIn("zstd, snappy, gzip or none", done.err)
        self.assertEqual(list(self.folder.glob(self.files)), [])

    def test_rows_of_a_file_are_sorted_as_the_contract_clusters_them(self) -> None:
        for strategy in ("append", "merge"):
            with self.subTest(strategy=strategy):
                self.tearDown()
                self.setUp()
                self.make(", cluster_by: [id]", strategy)
                self.write_rows("one.jsonl", ROWS)
                self.write_rows("two.jsonl", MORE)
                self.assertEqual(self.unsorted("id"), 0)
                done = self.sluice("table", "compact", self.table)
                self.assertEqual(done.code, 0, done.err)
                self.assertEqual(self.unsorted("id"), 0)

    def test_rows_of_a_partition_are_sorted(self) -> None:
        self.make(", partition_by: [name], cluster_by: [id]")
        self.write_rows("one.jsonl", ROWS)
        self.assertEqual(self.unsorted("id"), 0)
        self.assertEqual(len(list(self.folder.glob(self.files))), 7)

    def test_another_order_is_of_the_files_from_then_on(self) -> None:
        self.make("")
        self.write_rows("one.jsonl", ROWS)
        self.assertGreater(self.unsorted("id"), 0)
        self.make(", cluster_by: [id]")
        self.assertNotEqual(self.sluice("ddl", "c.yaml", "--check").code, 0)
        self.assertEqual(self.sluice("ddl", "c.yaml", "--apply").code, 0)
        self.assertEqual(self.sluice("ddl", "c.yaml", "--check").code, 0)
        before = self.unsorted("id")
        self.write_rows("two.jsonl", MORE)
        self.assertEqual(self.unsorted("id"), before)


class ParquetFileForm(FileForm, OfFormat):
    pass


class DeltaFileForm(FileForm, DeltaFormat):
    pass


class LakeFileForm(FileForm, LakeFormat):
    files = "**/*.parquet"


if __name__ == "__main__":
    unittest.main()
