"""What a dry run says would happen is what the run then does."""

import io
import json
import sys
import unittest
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

from program import InFolder, contents  # noqa: E402

CONTRACT = """\
version: 1.0.0
info: {title: T, table_name: t}
metadata: {run_log_table: lake/runs, run_log_backend: parquet}
source: {type: landing, path: in, format: csv, load_mode: MODE}
model: {fields: [{name: id, type: int}]}
materialization: {strategy: append, format: FORMAT, target_path: TARGET}
"""
TARGETS = {"parquet": "lake/t", "duckdb": "lake/t.duckdb"}


def workbook(*rows: list[str]) -> bytes:
    cells = "".join("<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>'
                                      for cell in row) + "</row>" for row in rows)
    kind = "http://schemas.openxmlformats.org"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        parts.writestr("xl/workbook.xml", (
            f'<workbook xmlns="{kind}/spreadsheetml/2006/main" '
            f'xmlns:r="{kind}/officeDocument/2006/relationships">'
            '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'))
        parts.writestr("xl/_rels/workbook.xml.rels", (
            f'<Relationships xmlns="{kind}/package/2006/relationships"><Relationship Id="rId1" '
            f'Type="{kind}/officeDocument/2006/relationships/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>'))
        parts.writestr("xl/worksheets/sheet1.xml", (
            f'<worksheet xmlns="{kind}/spreadsheetml/2006/main">'
            f'<sheetData>{cells}</sheetData></worksheet>'))
    return made.getvalue()


class DryRun(InFolder):
    def planned(self) -> dict:
        before = contents(self.folder)
        done = self.sluice("run", "c.yaml", "--dry-run", "--json")
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(contents(self.folder), before)
        return json.loads(done.out)

    def test_new_files_and_none(self) -> None:
        for form, target in TARGETS.items():
            for mode, reason in (("incremental", "there is no new file"),
                                 ("full", "these files were committed before, as batch 1")):
                with self.subTest(form=form, mode=mode):
                    self.write("c.yaml", CONTRACT.replace("MODE", mode).replace(
                        "FORMAT", form).replace("TARGET", f"{mode}/{target}"))
                    self.write("in/1.csv", "id\n1\n")
                    (self.folder / "in/2.csv").unlink(missing_ok=True)
                    first = self.planned()
                    self.assertEqual(first["status"], "planned")
                    self.assertTrue(any(change.startswith("table of runs ")
                                        and change.endswith("lake/runs")
                                        for change in first["changes"]), first["changes"])
                    self.assertEqual(self.sluice("run", "c.yaml", "--quiet").code, 0)
                    again = self.planned()
                    self.assertEqual((again["status"], again["reason"]), ("skipped", reason))
                    self.assertEqual([change.split()[0] for change in again["changes"]],
                                     ["run", "table"])
                    self.write("in/2.csv", "id\n2\n")
                    expected = ["2.csv"] if mode == "incremental" else ["1.csv", "2.csv"]
                    self.assertEqual([Path(file).name for file in self.planned()["files"]],
                                     expected)

    def test_every_file_of_each_link(self) -> None:
        for name, text in (("a.csv", "k,v\n1,x\n"), ("p/1.csv", "k,v\n1,x\n"),
                           ("p/2.csv", "k,v\n2,y\n"), ("x.xml", "<r><x><k>1</k></x></r>"),
                           ("j.jsonl", '{"k": 1}\n'), ("in/1.csv", "id\n1\n")):
            self.write(name, text)
        self.write("e.xlsx", workbook(["k", "v"], ["1", "x"]))
        self.write("t.yaml", "version: 1.0.0\ninfo: {title: K, table_name: k}\n"
                   "source: {type: landing, path: a.csv}\n"
                   "model: {fields: [{name: k, type: int}]}\n"
                   "materialization: {strategy: append, target_path: d, format: FORMAT}\n")
        kept = (self.folder / "t.yaml").read_text("utf-8")
        for form, folder in (("parquet", "kept"), ("duckdb", "f.duckdb"), ("delta", "dl")):
            self.write("t.yaml", kept.replace("FORMAT", form).replace("target_path: d",
                                                                      f"target_path: {folder}"))
            made = self.sluice("run", "t.yaml", "--quiet")
            self.assertEqual(made.code, 0, made.err)
        links = {"csv": ("a.csv", "csv"), "many": ("p", "csv"), "xml": ("x.xml", "xml"),
                 "json": ("j.jsonl", "jsonl"), "sheet": ("e.xlsx", "xlsx"),
                 "packed": ("z.zip", "csv"), "table": ("dl", "delta"),
                 "base": ("f.duckdb/k", "table"), "kept": ("kept", "table")}
        with zipfile.ZipFile(self.folder / "z.zip", "w") as archive:
            archive.writestr("m.csv", "k\n1\n")
        self.write("c.yaml", CONTRACT.replace("MODE", "full").replace("FORMAT", "parquet").replace(
            "TARGET", "lake/t") + "links:\n" + "".join(
                f"  - {{name: {name}, {'table' if kind == 'table' else 'path'}: {place}"
                f"{'' if kind == 'table' else f', type: {kind}'}}}\n"
                for name, (place, kind) in links.items()))
        planned = self.planned()
        self.assertEqual([Path(file).name for file in planned["files"]], ["1.csv"])
        reads = {link["name"]: link["reads"] for link in planned["links"]}
        self.assertEqual(list(reads), list(links))
        home = str(self.folder)
        self.assertEqual(reads["many"], [f"{home}/p/1.csv", f"{home}/p/2.csv"])
        for name in ("csv", "xml", "json", "sheet", "packed", "table"):
            self.assertEqual(reads[name], [f"{home}/{links[name][0]}"])
        self.assertTrue(reads["base"][0].startswith(f"{home}/f.duckdb/"), reads["base"])
        self.assertTrue(reads["kept"] and all(
            file.startswith(f"{home}/kept/") and file.endswith(".parquet")
            for file in reads["kept"]), reads["kept"])
        told = self.sluice("run", "c.yaml", "--dry-run")
        self.assertIn(f"  xml: {home}/x.xml\n", told.out)

    def test_what_comes_after_a_script(self) -> None:
        self.write("in/1.csv", "id\n1\n")
        self.write("ref.csv", "id,v\n1,x\n")
        self.write("logic.py", "open('ran', 'w')\n\ndef run(frame): return frame\n")
        contract = CONTRACT.replace("MODE", "full").replace("FORMAT", "parquet").replace(
            "TARGET", "lake/t").replace("type: int}", "type: int}, {name: made, type: int}") + (
            "external_logic: {type: python, path: logic.py}\n"
            "links: [{name: r, path: ref.csv, type: csv}]\n"
            "quality: {row_rules: [{name: low, sql: 'COLUMN < 100'}]}\n")
        for column, is_rendered in (("made", True), ("id", True), ("of_the_script", False)):
            with self.subTest(column=column):
                self.write("c.yaml", contract.replace("COLUMN", column))
                planned = self.planned()
                statements = planned["statements"]
                script = next(i for i, one in enumerate(statements)
                              if one.startswith("external logic: "))
                before, after = statements[:script], statements[script + 1:]
                self.assertTrue(any("EXCHANGE/rows.parquet" in one for one in before), before)
                self.assertTrue(any("EXCHANGE/link-0.parquet" in one for one in before), before)
                self.assertIn("EXCHANGE/result.parquet", after[0])
                told = [one for one in after if one.startswith("the columns are known when")]
                self.assertEqual(len(told), 1, after)
                self.assertTrue(any("now()" in one for one in after), after)
                judged = [one for one in after if f"{column} < 100" in one
                          and one.startswith("CREATE")]
                self.assertEqual(bool(judged), is_rendered, after)
                if not is_rendered:
                    self.assertIn("no such column: 'of_the_script'", told[0])
                self.assertEqual([link["name"] for link in planned["links"]], ["r"])

    def test_for_people(self) -> None:
        self.write("c.yaml", CONTRACT.replace("MODE", "incremental").replace(
            "FORMAT", "parquet").replace("TARGET", "lake/t"))
        self.write("in/1.csv", "id\n1\n")
        self.assertEqual(self.sluice("run", "c.yaml", "--quiet").code, 0)
        done = self.sluice("run", "c.yaml", "--dry-run")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("nothing would be read: there is no new file", done.out)


if __name__ == "__main__":
    unittest.main()
