"""External logic of contracts: scripts, notebooks and commands in a process of their own."""

import json
import os
import unittest
from pathlib import Path
from typing import Any

from program import InFolder

CONTRACT = """
version: 1.0.0
info: {title: Readings, table_name: readings}
source: {type: landing, path: rows.jsonl}
model:
  fields:
    - {name: id, type: integer, required: true}
    - {name: doubled, type: integer}
quality: {row_rules: [{sql: "doubled < 100"}]}
external_logic: {type: python, engine: polars, path: logic.py%s}
"""
DOUBLE = """
import polars as pl

def run(frame, **offered):
    print("doubling", frame.height)
    return frame.with_columns((pl.col("id") * 2).alias("doubled"))
"""


class ExternalLogic(InFolder):
    def contract(self, script: str, keys: str = "", text: str = CONTRACT) -> None:
        self.write("rows.jsonl", '{"id": 1}\n{"id": 2}\n{"id": 70}\n')
        self.write("logic.py", script)
        self.write("contract.yaml", text % keys)

    def run_it(self, *words: str, **changes: str):
        for output in ("good.jsonl", "bad.jsonl"):
            (self.folder / output).unlink(missing_ok=True)
        return self.sluice("run", "contract.yaml", "--output-good", "good.jsonl", "--output-bad",
                           "bad.jsonl", *words, **changes)

    def good(self) -> list[dict]:
        return [json.loads(line)
                for line in (self.folder / "good.jsonl").read_text("utf-8").splitlines()]

    def test_its_rows_are_judged_like_any_source(self) -> None:
        self.contract(DOUBLE)
        done = self.run_it("--json", "--verbose")
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(self.good(), [{"id": 1, "doubled": 2}, {"id": 2, "doubled": 4}])
        self.assertIn("external logic: doubling 3", done.err)
        report = json.loads(done.out)
        self.assertEqual(report["ledger"][0]["step"], "external_logic")
        self.assertEqual((report["rows"]["source"], report["rows"]["quarantined"]), (3, 1))

    def test_a_script_that_changes_nothing_leaves_digits_and_texts(self) -> None:
        self.contract("def run(frame): return frame", text="""
version: 1.0.0
info: {title: T, table_name: t}
source: {type: landing, path: rows.jsonl}
model: {fields: [{name: id, type: bigint}, {name: v, type: string}]}
external_logic: {type: python, path: logic.py}%s
""")
        self.write("rows.jsonl", '{"id": 9007199254740993, "v": "a"}\n{"id": 2, "v": {"k": 1}}\n'
                                 '{"id": 1.5, "v": "b"}\n')
        done = self.run_it()
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual([(row["id"], row["v"]) for row in self.good()],
                         [(9007199254740993, "a"), (2, '{"k":1}')])

    def test_a_file_of_csv_that_it_gives_is_texts_until_it_is_judged(self) -> None:
        text = """
version: 1.0.0
info: {title: T, table_name: t}
source: {type: landing, path: rows.jsonl}
model: {fields: [{name: id, type: integer}, {name: zip, type: string}]}
external_logic: {type: python, path: logic.py}%s
"""
        script = "def run(frame):\n open('o.csv', 'w').write({!r})\n return 'o.csv'"
        numbers = "".join(f"{n},{n}\n" for n in range(200))
        self.contract(script.format(f"id,zip\n1,00710\n2,1.10\n{numbers}3,AB\n"), text=text)
        self.assertEqual(self.run_it().code, 0)
        zips = [row["zip"] for row in self.good()]
        self.assertEqual((zips[:2], zips[-1], len(zips)), (["00710", "1.10"], "AB", 203))
        self.contract(script.format("id,zip\n1,2\n3\n"), text=text)
        done = self.run_it()
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("line 3 of 'o.csv' has 1 values and not 2", done.err)
        self.contract(script.format(""), text=text)
        self.assertEqual((self.run_it().code, self.good()), (0, []))

    def test_a_line_of_another_length_does_not_reach_a_script(self) -> None:
        self.contract("def run(frame): return frame", text="""
version: 1.0.0
info: {title: T, table_name: t}
source:
  type: landing
  path: rows.dat
  format: fixed_width
  options: {record_length: 3, columns: [{name: id, start: 1, width: 3}]}
model: {fields: [{name: id, type: integer}]}
external_logic: {type: python, path: logic.py}%s
""")
        self.write("rows.dat", "001\n002x\n")
        done = self.run_it("--on-row-error", "quarantine")
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("a line has 4 characters and not 3", done.err)
        self.write("rows.dat", "001\n002\n")
        self.assertEqual(self.run_it().code, 0)
        self.assertEqual(self.good(), [{"id": 1}, {"id": 2}])

    def test_a_line_that_is_no_record_ends_the_run_and_the_hint_can_be_followed(self) -> None:
        self.contract(DOUBLE)
        self.write("rows.jsonl", '{"id": 1}\n{"id": \n')
        done = self.run_it("--on-row-error", "quarantine")
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("external logic reads whole records", done.err)
        self.assertNotIn("keeps such lines apart", done.err)

    def test_two_columns_of_one_name_are_refused(self) -> None:
        self.contract("def run(frame): return frame.with_columns(ID=9)")
        done = self.run_it()
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("two columns of one name", done.err)

    def test_a_frame_without_columns_is_no_rows(self) -> None:
        for made in ("pl.DataFrame()", "[]"):
            self.contract(f"import polars as pl\ndef run(frame): return {made}")
            done = self.run_it()
            self.assertEqual(done.code, 0, done.err)
            self.assertEqual(self.good(), [])

    def test_a_script_that_ends_by_itself_is_told_so(self) -> None:
        self.contract("import sys\ndef run(frame): sys.exit(0)")
        done = self.run_it()
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("leave out sys.exit()", done.err)

    def test_without_an_engine_it_is_given_that_of_the_run(self) -> None:
        self.contract(DOUBLE, text=CONTRACT.replace("engine: polars, ", ""))
        done = self.run_it()
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(self.good(), [{"id": 1, "doubled": 2}, {"id": 2, "doubled": 4}])

    def test_rows_that_it_drops_and_adds_are_counted(self) -> None:
        for body, good, dropped, added in (
                ("return frame.head(1).with_columns(doubled=frame['id'].head(1))", 1, 2, 0),
                ("return pl.concat([frame, frame]).with_columns(doubled=pl.lit(1))", 6, 0, 3)):
            with self.subTest(body):
                self.contract(f"import polars as pl\n\ndef run(frame):\n    {body}\n")
                done = self.run_it("--json")
                self.assertEqual(done.code, 0, done.err)
                rows = json.loads(done.out)["rows"]
                self.assertEqual((rows["source"], rows["good"], rows["dropped"], rows["added"]),
                                 (3, good, dropped, added))

    def test_only_declared_keywords_arguments_and_links_are_passed(self) -> None:
        self.contract("def run(frame, links, engine, contract, factor):\n"
                      "    assert engine == 'polars' and contract['table_name'] == 'readings'\n"
                      "    assert links['names']['name'].to_list() == ['x']\n"
                      "    return frame.with_columns(doubled=frame['id'] * factor['by'])\n",
                      ", args: {factor: {by: 3}}",
                      CONTRACT + "links: [{name: names, path: names.csv, type: csv}]\n")
        self.write("names.csv", "name\nx\n")
        done = self.run_it()
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual([row["doubled"] for row in self.good()], [3, 6])

    def test_nothing_returned_leaves_the_rows_or_gives_the_output_file(self) -> None:
        self.contract("def run(frame):\n    pass\n")
        self.assertEqual(self.run_it().code, 0)
        self.contract("def run(frame):\n"
                      "    open('made.csv', 'w').write('id,doubled\\n5,10\\n')\n",
                      ", output_path: made.csv")
        done = self.run_it()
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(self.good(), [{"id": 5, "doubled": 10}])

    def test_a_failing_script_fails_the_run_and_shows_its_traceback(self) -> None:
        self.contract("def run(frame):\n    raise ValueError('no such sensor')\n")
        done = self.run_it()
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("the external logic failed (exit 1)", done.err)
        self.assertIn("ValueError: no such sensor", done.err)
        self.assertFalse((self.folder / "good.jsonl").exists())

    def test_a_masking_contract_keeps_what_the_script_says_to_itself(self) -> None:
        masked = CONTRACT.replace("type: integer, required: true",
                                  "type: integer, required: true, masking: nullify, pii: true")
        self.contract("def run(frame):\n    print(frame)\n    raise ValueError('canary')\n", "",
                      masked)
        done = self.run_it("--verbose")
        self.assertEqual(done.code, 1, done.err)
        self.assertNotIn("canary", done.err)
        self.contract("def run(frame):\n    print('canary')\n    return frame\n", "", masked)
        done = self.run_it("--verbose")
        self.assertEqual(done.code, 0, done.err)
        self.assertNotIn("canary", done.err)

    def test_a_masking_contract_declares_what_its_script_adds(self) -> None:
        self.contract("def run(frame):\n    return frame.with_columns(copy=frame['id'])\n", "",
                      CONTRACT.replace("name: id,", "name: id, masking: nullify, pii: true,"))
        done = self.run_it()
        self.assertEqual(done.code, 3, done.err)
        self.assertIn("adds a column that is not declared: 'copy'", done.err)

    def test_it_is_ended_when_its_time_is_over(self) -> None:
        self.contract("def run(frame):\n    while True:\n        pass\n", ", timeout_seconds: 1")
        done = self.run_it()
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("took longer than 1 seconds", done.err)
        self.assertIn("timeout_seconds", done.err)

    def test_it_sees_no_key_and_only_variables_that_are_named(self) -> None:
        self.contract("import os\n\ndef run(frame):\n    print('env', *sorted(os.environ))\n"
                      "    return frame\n")
        secret = {"SLUICE_PII_KEY": "k", "AWS_SECRET_ACCESS_KEY": "s", "WANTED": "w"}
        done = self.run_it("--verbose", "--pass-env", "WANTED", **secret)
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("WANTED", done.err)
        self.assertNotIn("SLUICE_PII_KEY", done.err)
        self.assertNotIn("AWS_SECRET", done.err)

    def test_a_command_gets_a_file_and_gives_one(self) -> None:
        self.contract("", "", CONTRACT.replace("python, engine: polars, path: logic.py",
                                               "command, engine: any, path: logic.sh"))
        script = self.write("logic.sh", '#!/bin/sh\necho "args $SLUICE_ARGS"\ncp "$1" "$2"\n')
        os.chmod(script, 0o755)
        done = self.run_it("--verbose")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("external logic: args {}", done.err)
        self.write("logic.sh", "#!/bin/sh\n")
        done = self.run_it()
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("left no rows", done.err)

    def test_a_dry_run_and_validate_do_not_run_it(self) -> None:
        self.contract("open('ran', 'w')\n\ndef run(frame):\n    return frame\n")
        done = self.run_it("--dry-run")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("logic.py calls run", done.out)
        self.assertEqual(self.sluice("validate", "contract.yaml").code, 0)
        self.assertFalse((self.folder / "ran").exists())

    def test_what_is_not_executed_is_refused_with_what_to_do(self) -> None:
        for text, key, instead in (
                (CONTRACT.replace("python,", "notebook, kernel_name: ir,"),
                 "external_logic.kernel_name", "another kernel than python"),
                (CONTRACT.replace("logic.py", "logic.py, handles_output: true"),
                 "external_logic.handles_output", "external_logic.output_path names"),
                (CONTRACT.replace("python,", "command,").replace(
                    "logic.py", "logic.py, handles_output: true, output_path: made.csv"),
                 "external_logic.handles_output", "second argument")):
            self.contract(DOUBLE, "", text)
            done = self.run_it()
            self.assertEqual(done.code, 3, done.err)
            self.assertIn(key, done.err)
            told = self.sluice("validate", "contract.yaml")
            self.assertIn(instead, told.out + told.err)

    def test_what_it_writes_itself_is_judged_before_it_is_published(self) -> None:
        keys = ", handles_output: true, output_path: made.csv"
        writes = ("def run(frame):\n"
                  "    open('made.csv', 'w').write('id,doubled\\n1,2\\n9,500\\n')\n")
        self.contract(writes, keys)
        done = self.run_it("--target", "table")
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(self.good(), [{"id": 1, "doubled": 2}])
        self.assertIn('"id":"9"', (self.folder / "bad.jsonl").read_text("utf-8"))
        # What lies there from the run before are not the rows of this one.
        self.contract("def run(frame):\n    pass\n", keys)
        done = self.run_it()
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("left what lay at its output_path", done.err)
        self.assertFalse((self.folder / "good.jsonl").exists())
        (self.folder / "made.csv").unlink()
        self.assertNotEqual(self.run_it().code, 0)

    def test_it_does_not_write_into_the_table(self) -> None:
        for path in ("table/more.parquet", "table"):
            self.contract("open('ran', 'w')\n\ndef run(frame):\n    pass\n",
                          f", handles_output: true, output_path: {path}")
            done = self.run_it("--target", "table")
            self.assertEqual(done.code, 3, done.err)
            self.assertIn("past the rules", done.err)
            self.assertIn("name another file as external_logic.output_path", done.last_line())
            self.assertFalse((self.folder / "ran").exists())

    def test_a_script_that_is_not_there_is_said(self) -> None:
        self.contract(DOUBLE)
        (self.folder / "logic.py").unlink()
        done = self.run_it()
        self.assertNotEqual(done.code, 0)
        self.assertIn("relative to the contract's folder", done.err)

    def test_lineage_names_the_source_and_nothing_is_left_behind(self) -> None:
        self.contract(DOUBLE, "", CONTRACT + "lineage: {enabled: true}\n")
        before = set(Path("/tmp").glob("sluice-script*"))
        done = self.run_it()
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual({row["_lakelogic_source"] for row in self.good()},
                         {str(self.folder / "rows.jsonl")})
        self.assertEqual(set(Path("/tmp").glob("sluice-script*")) - before, set())

    def test_no_rows_still_have_their_columns(self) -> None:
        self.contract(DOUBLE)
        self.write("rows.jsonl", "")
        done = self.run_it("--json")
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(json.loads(done.out)["rows"]["source"], 0)

    def test_doctor_says_what_it_needs(self) -> None:
        found = {one["name"]: one
                 for one in json.loads(self.sluice("doctor", "--json").out)["findings"]}
        self.assertTrue(found["python3"]["found"], found["python3"])
        self.assertIn("polars", found["python3"]["detail"])
        nothing = self.sluice("doctor", "--json", PATH=str(self.folder))
        found = {one["name"]: one for one in json.loads(nothing.out)["findings"]}
        self.assertIn("pip install polars", found["python3"]["hint"])


NOTEBOOK = """
version: 1.0.0
info: {title: Readings, table_name: readings}
source: {type: landing, path: rows.jsonl}
model:
  fields:
    - {name: id, type: integer, required: true}
    - {name: times, type: integer}
links: [{name: names, path: names.csv, type: csv}]
external_logic: {type: notebook, engine: polars, path: enrich.ipynb, args: {factor: 3}}
"""


def cell(source: str, *tags: str, kind: str = "code") -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    return {"cell_type": kind, "metadata": {"tags": list(tags)} if tags else {}, "source": lines,
            **({"execution_count": 7, "outputs": [{"stale": True}]} if kind == "code" else {})}


class Notebooks(InFolder):
    def notebook(self, *cells: dict[str, Any], contract: str = NOTEBOOK, **about: Any) -> None:
        self.write("rows.jsonl", '{"id": 1}\n{"id": 2}\n')
        self.write("names.csv", "name\nx\n")
        self.write("contract.yaml", contract)
        book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **about}
        self.write("enrich.ipynb", json.dumps(book))

    def run_it(self, *words: str):
        (self.folder / "good.jsonl").unlink(missing_ok=True)
        return self.sluice("run", "contract.yaml", "--target", "table", "--output-good",
                           "good.jsonl", "--verbose", *words)

    def good(self) -> list[dict[str, Any]]:
        return [json.loads(line)
                for line in (self.folder / "good.jsonl").read_text("utf-8").splitlines()]

    def executed(self) -> dict[str, Any]:
        (copy,) = self.folder.glob("table/_sluice/notebooks/*.ipynb")
        return json.loads(copy.read_text("utf-8"))

    def test_cells_run_in_order_with_parameters_of_the_contract(self) -> None:
        self.notebook(
            cell("# Readings", kind="markdown"),
            cell("factor = 2\nother = 5", "parameters"),
            cell("import polars as pl\nassert other == 5 and engine == 'polars'\n"
                 "assert links['names']['name'].to_list() == ['x']\n"
                 "assert contract['table_name'] == 'readings'\n"
                 "assert pl.read_parquet(lakelogic_source_path).equals(frame)\n"
                 "assert pl.read_parquet(lakelogic_link_paths['names']).height == 1\n"),
            cell("result = frame.with_columns(times=frame['id'] * factor)\n"
                 "print('rows', result.height)\ndisplay('seen')\nresult.height"))
        done = self.run_it()
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(self.good(), [{"id": 1, "times": 3}, {"id": 2, "times": 6}])
        self.assertIn("external logic: rows 2", done.err)
        cells = self.executed()["cells"]
        self.assertEqual(cells[2]["metadata"]["tags"], ["injected-parameters"])
        self.assertIn("factor = 3", cells[2]["source"])
        self.assertEqual(
            [(one["output_type"], one.get("text") or one["data"]["text/plain"])
             for one in cells[4]["outputs"]],
            [("stream", "rows 2\n"), ("display_data", "'seen'"), ("execute_result", "2")])
        self.assertEqual([one.get("execution_count") for one in cells], [None, 1, 2, 3, 4])
        self.assertIn("stale", (self.folder / "enrich.ipynb").read_text("utf-8"))

    def test_without_a_result_the_frame_counts_as_it_is_by_then(self) -> None:
        self.notebook(cell("import asyncio\nawait asyncio.sleep(0)\n"
                           "frame = frame.head(1).with_columns(times=frame['id'].head(1))"))
        done = self.run_it()
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(self.good(), [{"id": 1, "times": 1}])

    def test_its_output_file_counts_where_it_leaves_no_result(self) -> None:
        self.notebook(cell("open('made.csv', 'w').write('id,times\\n5,10\\n')"),
                      contract=NOTEBOOK.replace("args:", "output_path: made.csv, args:"))
        done = self.run_it()
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(self.good(), [{"id": 5, "times": 10}])

    def test_a_cell_that_fails_fails_the_run_and_is_seen_in_the_copy(self) -> None:
        self.notebook(cell("print('first')"), cell("x = 1\nraise ValueError('no such sensor')"),
                      cell("print('never')"))
        done = self.run_it()
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("cell 3 failed", done.err)
        self.assertIn("ValueError: no such sensor", done.err)
        self.assertNotIn("never", done.err)
        cells = self.executed()["cells"]
        self.assertEqual(cells[2]["outputs"][0]["ename"], "ValueError")
        self.assertEqual((cells[3]["outputs"], cells[3]["execution_count"]), ([], None))

    def test_the_copy_of_a_masking_contract_is_not_kept(self) -> None:
        self.notebook(cell("print('canary', frame)"),
                      contract=NOTEBOOK.replace("required: true", "pii: true, masking: nullify"))
        done = self.run_it()
        self.assertEqual(done.code, 0, done.err)
        self.assertNotIn("canary", done.err)
        self.assertIn("the executed notebook is not kept", done.err)
        self.assertEqual(list(self.folder.rglob("*.ipynb")), [self.folder / "enrich.ipynb"])

    def test_without_a_target_the_copy_lies_beside_the_good_rows(self) -> None:
        self.notebook(cell("print('seen')"))
        done = self.sluice("run", "contract.yaml", "--output-good", "good.jsonl", "--verbose")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("good.jsonl.executed.ipynb", done.err)
        self.assertIn("seen", (self.folder / "good.jsonl.executed.ipynb").read_text("utf-8"))
        done = self.sluice("run", "contract.yaml", "--output-bad", "bad.jsonl")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("the executed notebook is not kept", done.err)
        self.assertIn("--output-good", done.err)

    def test_what_is_no_python_notebook_is_refused(self) -> None:
        for source, about, told in (
                ("%pip install x", {}, "a command of IPython is not run here"),
                ("x <- 1", {"metadata": {"kernelspec": {"language": "R"}}}, "python, not R"),
                ("x = 1", {"nbformat": 3}, "nbformat 4")):
            with self.subTest(told):
                self.notebook(cell(source), **about)
                done = self.run_it()
                self.assertEqual(done.code, 1, done.err)
                self.assertIn(told, done.err)

    def test_a_dry_run_does_not_run_it(self) -> None:
        self.notebook(cell("open('ran', 'w')"))
        done = self.run_it("--dry-run")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("runs the cells of", done.out)
        self.assertFalse((self.folder / "ran").exists())


if __name__ == "__main__":
    unittest.main()
