"""Contracts that mask, generated: sources, steps, rules and accidents around fields whose clear
values are canaries. No canary may be found in anything that a run leaves or says."""

import json
import os
import pathlib
import random
import re
import subprocess
import tempfile

SLUICE = os.environ["SLUICE"]
# Long enough that no encrypted text holds it by chance: four letters were found in one.
CANARY = re.compile(rb"cnry\d+[a-z]\d", re.IGNORECASE)
KEY = "a key of the test, long enough"
MASKINGS = ["encrypt", "encrypt", "encrypt", "hash", "redact", "partial", "nullify"]


def sluice(*words, folder, key=KEY):
    environment = {name: value for name, value in os.environ.items() if "_PII_" not in name}
    (folder / "tmp").mkdir(exist_ok=True)
    environment["TMPDIR"] = str(folder / "tmp")
    if key:
        environment["SLUICE_PII_KEY"] = key
    return subprocess.run([SLUICE, *map(str, words)], capture_output=True, cwd=folder,
                          env=environment, check=False, timeout=120)


class Case:
    """One contract with its source, made of a seed."""

    def __init__(self, seed, folder):
        self.random = random.Random(seed)
        self.seed = seed
        self.folder = folder
        self.inputs = set()
        self.steps = []
        self.rules = []
        self.dataset_rules = []
        self.links = []
        self.fields = ["{name: id, type: string, required: true}", "{name: age, type: integer}",
                       "{name: tier, type: string}"]

    def chance(self, share):
        return self.random.random() < share

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.inputs.add(path)
        return path

    def canary(self, what, row):
        return f"Cnry{self.seed}{what}{row}@leak.example"

    def masking(self, name):
        kind = self.random.choice(MASKINGS)
        self.fields.append(f"{{name: {name}, type: string, pii: true, masking: {kind}}}")

    def make(self):
        # The masked field comes under its own name or is made of another column.
        self.mail = self.random.choice(["email", "mail"])
        self.masking("email")
        if self.mail == "mail":
            self.steps.append(self.random.choice(
                ['{rename: {mail: email}, phase: pre}',
                 '{sql: "LOWER(TRIM(mail)) AS email", phase: pre}',
                 '{sql: "coalesce(mail, tier) AS email", phase: post}']))
        self.masking("ssn")
        self.add_steps()
        self.add_rules()
        self.add_dataset_rules()
        source = self.write_source()
        contract = [
            "version: 1.0.0", f"info: {{title: case {self.seed}, table_name: t}}",
            f"source: {{type: landing, path: {source.name}}}", "model:", "  fields:",
            *[f"    - {field}" for field in self.fields]]
        for key, items in (("links", self.links), ("transformations", self.steps)):
            if items:
                contract += [f"{key}:", *[f"  - {item}" for item in items]]
        if self.rules or self.dataset_rules:
            contract.append("quality:")
            for key, items in (("row_rules", self.rules), ("dataset_rules", self.dataset_rules)):
                if items:
                    contract += [f"  {key}:", *[f"    - {item}" for item in items]]
        if self.chance(0.3):
            contract.append(f"schema_policy: {{unknown_fields: "
                            f"{self.random.choice(['quarantine', 'drop', 'allow'])}}}")
        if self.chance(0.3):
            contract.append("lineage: {enabled: true, preserve_upstream: [email]}")
        contract.append("materialization: {strategy: append, format: parquet, target_path: lake/t}")
        return self.write("contract.yaml", "\n".join(contract) + "\n")

    def add_steps(self):
        if self.chance(0.3):
            self.steps.append('{sql: "upper(email) AS loud", phase: post}')
            self.masking("loud")
        if self.chance(0.3):
            self.steps.append('{cast: {columns: {ssn: integer}}, phase: pre}')
        if self.chance(0.2):
            self.steps.append(
                "{sql: \"SELECT *, email || '!' AS shout FROM source\", phase: post}")
            if self.chance(0.8):  # else the contract leaks, and is refused
                self.masking("shout")
        if self.chance(0.2):
            self.steps.append('{derive: {field: size, sql: "length(email)"}, phase: post}')
            self.fields.append("{name: size, type: integer, declassify: a length tells no address}")
        if self.chance(0.2):
            self.steps.append('{derive: {field: whole, sql: "to_json(struct_pack(a := email))"}, '
                              'phase: post}')
            self.masking("whole")
        if self.chance(0.2):
            self.steps.append('{sql: "SELECT id, age, tier, lower(email) AS email, ssn '
                              'FROM source WHERE id IS NOT NULL", phase: post}')
        if self.chance(0.2):
            self.steps.append('{deduplicate: {on: [email], sort_by: [id]}, phase: post}')
        if self.chance(0.2):
            self.steps.append("{filter: {sql: \"email NOT LIKE '%zzz%'\"}, phase: post}")
        if self.chance(0.3):
            self.write("people.csv", "address,rank\n" + "".join(
                f"{self.canary('m', row)},{row}\n" for row in range(3)) +
                (f"{self.canary('m', 1)},9\n" if self.chance(0.3) else ""))
            self.links.append("{name: people, path: people.csv}")
            kind = self.random.choice(["join", "lookup"])
            self.steps.append(
                '{join: {reference: people, on: email, key: address, fields: [rank], prefix: p_}, '
                'phase: post}'
                if kind == "join" else
                '{lookup: {field: tier, reference: people, on: email, key: address, value: rank}, '
                'phase: post}')

    def add_rules(self):
        options = ["{name: shape, sql: \"email LIKE '%@leak.example%'\"}",
                   "{name: refuses, sql: \"email LIKE '%7@%'\"}",
                   '{name: adult, sql: "age >= 18"}',
                   '{name: errs, sql: "CAST(email AS INTEGER) > 0"}',
                   "{name: literal, sql: \"ssn <> 'x'\", severity: warning}"]
        self.rules = [option for option in options if self.chance(0.35)]

    def add_dataset_rules(self):
        options = ["{name: keys, unique: email}",
                   '{name: longest, sql: "SELECT max(length(email)) FROM source", '
                   'must_be_less_than: 3}',
                   '{name: greatest, sql: "SELECT max(email) FROM source", must_be_less_than: 1}',
                   '{name: casts, must_be_less_than: 1, '
                   'sql: "SELECT max(CAST(email AS INTEGER)) FROM source"}',
                   "{name: enough, row_count_between: {min: 100}}"]
        self.dataset_rules = [option for option in options if self.chance(0.2)]
        if self.chance(0.04):
            self.dataset_rules.append('{name: errs, must_be_less_than: 0, '
                                      'sql: "SELECT max(CAST(email AS INTEGER)) FROM source"}')

    def write_source(self):
        rows = []
        for row in range(self.random.randint(1, 12)):
            rows.append({
                "id": None if self.chance(0.1) else f"C{row}",
                "age": self.random.choice(["17", "30", "old", None]),
                "tier": "gold",
                self.mail: None if self.chance(0.1) else f" {self.canary('m', row)}",
                "ssn": self.canary("s", row),
            })
        if self.chance(0.5):
            for row in rows:
                if self.chance(0.1):
                    row["ssn"] = {"deep": [self.canary("d", 1)], "n": 1}
            text = "".join(json.dumps(row) + "\n" for row in rows)
            if self.chance(0.1):
                text += '{"id": "broken", "ssn": "' + self.canary("b", 1) + "\n"
            return self.write("source.jsonl", text)
        lines = [",".join(rows[0])]
        for row in rows:
            cells = ["" if value is None else value for value in row.values()]
            if self.chance(0.05):
                cells.append(self.canary("r", 1))  # one cell too many
            elif self.chance(0.05):
                cells = cells[:2] + [self.canary("r", 2)]  # too few
            elif self.chance(0.03):
                cells[-1] = '"' + self.canary("q", 1)  # a quote that is never closed
            lines.append(",".join(cells))
        return self.write("source.csv", "\n".join(lines) + "\n")


def dumped(table, folder):
    """The rows of a Parquet folder as text, through a contract that masks nothing."""
    if not any(table.glob("*.parquet")):
        return b""
    plain = folder / "dump.yaml"
    plain.write_text("version: 1.0.0\ninfo: {title: dump, table_name: dump}\n"
                     "source: {type: landing, path: nowhere}\nmodel: {fields: []}\n",
                     encoding="utf-8")
    out = folder / "dump.jsonl"
    done = sluice("run", plain, "--source", f"{table}/*.parquet", "--output-good", out,
                  "--no-materialize", folder=folder)
    if done.returncode != 0:
        raise AssertionError(f"the table cannot be read back: {done.stderr!r}")
    text = out.read_bytes()
    out.unlink()
    return text


def leaks(case, *texts):
    """Where a canary is found: names of files, 'stdout', 'stderr'."""
    found = [name for name, text in texts if CANARY.search(text)]
    for path in sorted(case.folder.rglob("*")):
        if path.is_file() and path not in case.inputs and CANARY.search(path.read_bytes()):
            found.append(str(path.relative_to(case.folder)))
    return found


def run_case(seed):
    """(exit code, leaks, the texts that were seen) of one generated contract."""
    with tempfile.TemporaryDirectory(prefix="sluice-canary-") as name:
        folder = pathlib.Path(name)
        case = Case(seed, folder)
        contract = case.make()
        ending = case.random.choice(["csv", "jsonl"])
        done = sluice("run", contract, "--json", "--show", 5, "--verbose",
                      "--output-good", f"out/good.{ending}",
                      "--output-bad", f"out/bad.{ending}", folder=folder)
        found = leaks(case, ("stdout", done.stdout), ("stderr", done.stderr))
        for table in (folder / "lake/t", folder / "lake/quarantine/t"):
            if CANARY.search(dumped(table, folder)):
                found.append(str(table.relative_to(folder)))
        return done.returncode, found, done.stdout.decode() + done.stderr.decode()
