"""No clear value of a masked field in anything that a run leaves or says."""

import concurrent.futures
import json
import os
import pathlib
import tempfile
import unittest

import generated

CASES = int(os.environ.get("SLUICE_CANARY_CASES", "40"))
# As LakeLogic's page prints it: without a version, a title and some types.
CONTRACT = """
source: {path: in.jsonl}
model:
  fields:
    - {name: cus_id, type: string, required: true}
    - {name: email, required: true, pii: true, masking: encrypt}
transformations: [{sql: "LOWER(TRIM(email)) AS email"}]
quality: {row_rules: [{sql: "email LIKE '%@%.%'"}]}
"""
ROWS = """{"cus_id": "C100", "email": "Logged.cnry0a0@Corp.com "}
{"cus_id": "C101", "email": "user101cnry0a1@corp.com"}
{"cus_id": "C102", "email": "not_an_email_cnry0a2"}
{"cus_id": "C103", "email": null}
"""


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Canaries(unittest.TestCase):
    def test_no_canary_leaves_a_generated_contract(self):
        codes = []
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            cases = pool.map(generated.run_case, range(CASES))
            for seed, (code, found, texts) in enumerate(cases):
                self.assertEqual(found, [], f"case {seed}, exit {code}: {texts}")
                codes.append(code)
        counted = ", ".join(f"{codes.count(code)} ended with {code}" for code in sorted(set(codes)))
        print(f"{CASES} generated contracts, no canary: {counted}")
        # The generator is worth something only when many of its contracts run to their end; those
        # with lines that cannot be read, and those that leak, do not.
        self.assertGreater(codes.count(0), CASES // 3, codes)
        self.assertTrue(set(codes) <= {0, 1, 2, 3, 4}, codes)

    def test_the_search_would_find_a_canary(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            case = generated.Case(1, folder)
            case.write("in.jsonl", ROWS)
            contract = case.write("c.yaml", CONTRACT.replace(", pii: true, masking: encrypt", ""))
            done = generated.sluice("run", contract, "--output-good", "good.jsonl",
                                    "--output-bad", "bad.csv", "--target", "lake", folder=folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            found = generated.leaks(case)
            self.assertIn("good.jsonl", found)
            self.assertIn("bad.csv", found)
            self.assertRegex(generated.dumped(folder / "lake", folder), generated.CANARY)


class Masking(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        (self.folder / "in.jsonl").write_text(ROWS, encoding="utf-8")
        (self.folder / "c.yaml").write_text(CONTRACT, encoding="utf-8")

    def run_contract(self, *words, key=generated.KEY):
        return generated.sluice("run", "c.yaml", "--output-good", "good.jsonl",
                                "--output-bad", "bad.jsonl", *words, folder=self.folder, key=key)

    def test_the_contract_of_the_origin_text_masks_its_good_and_its_refused_rows(self):
        done = self.run_contract("--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        good = lines_of(self.folder / "good.jsonl")
        self.assertEqual([row["cus_id"] for row in good], ["C100", "C101"])
        self.assertTrue(all(row["email"].startswith("enc:") for row in good), good)
        bad = lines_of(self.folder / "bad.jsonl")
        self.assertEqual([row["cus_id"] for row in bad], ["C102", "C103"])
        self.assertTrue(bad[0]["email"].startswith("enc:"))
        self.assertIsNone(bad[1]["email"])
        self.assertEqual(bad[0]["_lakelogic_errors"], ["Rule failed: email LIKE '%@%.%'"])
        clear = generated.sluice("decrypt", *[row["email"] for row in good], bad[0]["email"],
                                 folder=self.folder)
        self.assertEqual(clear.stdout.decode().splitlines(),
                         ["logged.cnry0a0@corp.com", "user101cnry0a1@corp.com",
                          "not_an_email_cnry0a2"])

    def test_a_missing_key_stops_the_run_before_a_row_is_read(self):
        (self.folder / "in.jsonl").write_text("this is no JSON", encoding="utf-8")
        done = self.run_contract("--target", "lake", key=None)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"SLUICE_PII_KEY", done.stderr)
        names = {path.name for path in self.folder.iterdir()}
        self.assertEqual(names, {"in.jsonl", "c.yaml", "tmp"})

    def test_decrypt_tells_a_wrong_key_from_a_changed_value(self):
        self.run_contract()
        token = lines_of(self.folder / "good.jsonl")[0]["email"]
        wrong = generated.sluice("decrypt", token, folder=self.folder, key="another")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn(b"another key", wrong.stderr)
        changed = generated.sluice("decrypt", token[:-4] + "AAAA", folder=self.folder)
        self.assertEqual(changed.returncode, 1)
        self.assertIn(b"changed", changed.stderr)
        self.assertEqual(changed.stdout, b"")

    def test_a_run_over_masked_rows_masks_nothing_twice(self):
        self.run_contract()
        first = lines_of(self.folder / "good.jsonl")
        plain = CONTRACT.replace('transformations: [{sql: "LOWER(TRIM(email)) AS email"}]\n', "")
        plain = plain.replace("quality: {row_rules: [{sql: \"email LIKE '%@%.%'\"}]}\n", "")
        plain = plain.replace("in.jsonl", "good.jsonl")
        (self.folder / "again.yaml").write_text(plain, encoding="utf-8")
        done = generated.sluice("run", "again.yaml", "--output-good", "again.jsonl",
                                folder=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(lines_of(self.folder / "again.jsonl"), first)

    def test_originals_of_refused_rows_are_sealed_and_can_be_replayed(self):
        done = self.run_contract("--target", "lake")
        self.assertEqual(done.returncode, 0, done.stderr)
        for place in ("lake", "quarantine/lake"):
            kept = generated.dumped(self.folder / place, self.folder)
            self.assertIn(b"enc:", kept)
            self.assertNotRegex(kept, generated.CANARY)
        mended = CONTRACT.replace("email LIKE '%@%.%'", "email LIKE '%'")
        (self.folder / "c.yaml").write_text(mended, encoding="utf-8")
        words = ("quarantine", "replay", "c.yaml", "--target", "lake", "--json")
        wrong = generated.sluice(*words, folder=self.folder, key="another")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn(b"another key", wrong.stderr)
        self.assertIn(b"SLUICE_PII_OLD_KEYS", wrong.stderr)
        moved = generated.sluice(*words, folder=self.folder)
        self.assertEqual(moved.returncode, 0, moved.stderr)
        told = json.loads(moved.stdout)
        self.assertEqual((told["tried"], told["moved"], told["refused"]), (2, 1, 1))
        for place in ("lake", "quarantine/lake"):
            kept = generated.dumped(self.folder / place, self.folder)
            self.assertIn(b"enc:", kept)
            self.assertNotRegex(kept, generated.CANARY)
        self.assertNotRegex(moved.stdout + moved.stderr + wrong.stderr, generated.CANARY)

    def test_the_program_names_no_library_of_ciphers(self):
        import subprocess
        program = pathlib.Path(generated.SLUICE)
        for file in (program, *program.parent.parent.glob("lib/libsluice.so*")):
            named = subprocess.run(["ldd", file], capture_output=True, text=True, check=True).stdout
            self.assertNotRegex(named, "libssl|libcrypto")


if __name__ == "__main__":
    unittest.main()
