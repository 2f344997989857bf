"""`sluice doctor`: what is there, what is missing, and how to get it."""

import json
import shutil
import subprocess
import unittest

from program import SLUICE, InFolder, environment


class Doctor(InFolder):
    def findings(self, text: str) -> dict[str, dict]:
        report = json.loads(text)
        self.assertEqual(report["schema_version"], 1)
        return {finding["name"]: finding for finding in report["findings"]}

    def test_the_embedded_engine_and_its_version_are_found(self) -> None:
        done = self.sluice("doctor", "--json")
        self.assertEqual((done.code, done.err), (0, ""))
        found = self.findings(done.out)
        self.assertTrue(found["duckdb"]["found"])
        self.assertRegex(found["duckdb"]["detail"], r"\d+\.\d+\.\d+")
        self.assertIn("parquet", found["extensions"]["detail"])
        self.assertIn("json", found["extensions"]["detail"])

    def test_what_is_missing_says_how_to_get_it(self) -> None:
        for finding in self.findings(self.sluice("doctor", "--json").out).values():
            if not finding["found"]:
                self.assertTrue(finding["hint"], finding)

    def test_people_read_the_same(self) -> None:
        done = self.sluice("doctor")
        self.assertEqual(done.code, 0)
        self.assertRegex(done.out, r"(?m)^engines\n  ok duckdb +\S")
        self.assertRegex(done.out, r"(?m)^  ok temporary files +/")

    def test_delta_tables_are_there_or_say_how_to_get_them(self) -> None:
        found = self.findings(self.sluice("doctor", "--json").out)["delta"]
        module = SLUICE.parent.parent / "lib/sluice/libsluice_delta.so"
        self.assertEqual((found["group"], found["found"]), ("tables", module.exists()))
        if found["found"]:
            self.assertIn("delta_kernel", found["detail"])
        else:
            self.assertIn("Rust 1.94", found["hint"])

    def test_templates_are_read_or_say_how_to_get_it(self) -> None:
        found = self.findings(self.sluice("doctor", "--json").out)["minijinja"]
        module = SLUICE.parent.parent / "lib/sluice/libsluice_minijinja.so"
        self.assertEqual((found["group"], found["found"]), ("templates", module.exists()))
        if found["found"]:
            self.assertIn("minijinja 2.", found["detail"])
        else:
            self.assertIn("Rust 1.94", found["hint"])

    def test_ducklake_tables_are_there_or_say_how_to_get_them(self) -> None:
        found = self.findings(self.sluice("doctor", "--json").out)["ducklake"]
        extension = SLUICE.parent.parent / "lib/sluice/ducklake.duckdb_extension"
        self.assertEqual((found["group"], found["found"]), ("tables", extension.exists()))
        if found["found"]:
            self.assertIn("PostgreSQL", found["detail"])
        else:
            self.assertIn("./dev setup ducklake", found["hint"])

    def test_a_folder_of_temporary_files_that_is_not_there_is_told(self) -> None:
        done = self.sluice("doctor", "--json", TMPDIR=str(self.folder / "nowhere"))
        self.assertEqual(done.code, 4)
        self.assertFalse(self.findings(done.out)["temporary files"]["found"])

    def test_a_program_without_its_engines_says_where_it_looked(self) -> None:
        (self.folder / "bin").mkdir()
        alone = self.folder / "bin/sluice"
        shutil.copy(SLUICE, alone)
        libraries = self.folder / "lib"
        libraries.mkdir()
        for library in (SLUICE.parent.parent / "lib").glob("libsluice.so*"):
            shutil.copy(library, libraries, follow_symlinks=False)
        done = subprocess.run([alone, "doctor", "--json"], cwd=self.folder, check=False,
                              capture_output=True, text=True, env=environment())
        self.assertEqual(done.returncode, 4, done.stderr)
        found = self.findings(done.stdout)
        self.assertEqual((found["duckdb"]["found"], found["duckdb"]["needed"]), (False, True))
        self.assertIn("install Sluice again", found["duckdb"]["hint"])
        self.assertIn(str(libraries), found["looked for in"]["detail"])
        templates = found["minijinja"]
        self.assertEqual((templates["found"], templates["needed"]), (False, False))
        self.assertIn("Rust 1.94", templates["hint"])


if __name__ == "__main__":
    unittest.main()
