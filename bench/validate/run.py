"""How long `sluice validate` takes: one contract without SQL, one with, and a thousand below ten
domains and twenty systems, without SQL and with five expressions each. Medians of whole processes.
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

DOMAINS, SYSTEMS, TABLES = 10, 2, 50
DOMAIN = """\
domain: domain{d}
ownership: {{owner: team{d}, cost_centre: CC-{d}}}
slo:
  freshness:
    silver: {{max_delay_minutes: 90}}
lineage: {{enabled: true}}
compliance: {{frameworks: [gdpr]}}
"""
SYSTEM = """\
domain: domain{d}
system: system{s}
environments:
  dev: {{root: lake}}
storage:
  silver_root: lake/silver
materialization:
  silver: {{strategy: merge}}
"""
TABLE = """\
version: 1.0.0
info: {{title: Table {i}, target_layer: silver, description: A table}}
primary_key: [id]
source: {{type: landing, path: "landing/t{i}/*.csv", format: csv}}
model:
  fields:
    - {{name: id, type: string, required: true}}
    - {{name: amount, type: double, required: true, min: 0}}
    - {{name: status, type: string, required: true, accepted_values: [A, B, C]}}
    - {{name: email, type: string, required: true, pii: true, masking: hash}}
    - {{name: created, type: timestamp, required: true}}
    - {{name: note, type: string}}
transformations:
  - {{trim: {{fields: [status]}}, phase: pre}}
  - {{deduplicate: {{on: [id], sort_by: [created]}}, phase: pre}}
quality:
  row_rules:
    - {{range: {{field: amount, min: 0, max: 100000}}}}
    - {{not_null: [id, amount]}}
{sql}  dataset_rules:
    - {{unique: id}}
    - {{null_ratio: {{field: note, max: 0.5}}}}
materialization: {{target_path: "{{silver_root}}/t{i}"}}
"""
HEADS = ("one", "wanted", "1,000", "wanted")
EXPRESSIONS = ("amount >= 0", "length(id) > 2", "status IN ('A', 'B', 'C')",
               "created > DATE '2000-01-01'", "coalesce(note, '') <> '-'")
SQL = "".join(f'    - {{{{name: rule_{n}, sql: "{expression}"}}}}\n'
              for n, expression in enumerate(EXPRESSIONS))


def make_mesh(folder: Path, sql: str) -> None:
    for d in range(DOMAINS):
        for s in range(SYSTEMS):
            home = folder / f"domain{d}" / f"system{s}"
            (home / "silver").mkdir(parents=True)
            (home / "_system.yaml").write_text(SYSTEM.format(d=d, s=s), "utf-8")
            for i in range(TABLES):
                text = TABLE.replace("{sql}", sql).format(i=i)
                (home / "silver" / f"t{i}.yaml").write_text(text, "utf-8")
        (folder / f"domain{d}" / "_domain.yaml").write_text(DOMAIN.format(d=d), "utf-8")


def median(sluice: str, path: Path, runs: int) -> float:
    seconds = []
    for _ in range(runs):
        begun = time.monotonic()
        done = subprocess.run([sluice, "validate", str(path), "--json"], check=False,
                              capture_output=True)
        seconds.append(time.monotonic() - begun)
        if done.returncode != 0:
            raise SystemExit(f"validate failed: {done.stdout.decode()[:2000]}")
    return statistics.median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sluice", required=True)
    sluice = parser.parse_args().sluice
    print(f"{'seconds by the clock':<36}" + "".join(f"{word:>8}" for word in HEADS))
    for name, sql, wanted in (("without SQL", "", 0.010), ("five expressions each", SQL, 0.060)):
        with tempfile.TemporaryDirectory(prefix="sluice-validate-") as folder:
            mesh = Path(folder)
            make_mesh(mesh, sql)
            one = median(sluice, mesh / "domain0/system0/silver/t0.yaml", 20)
            every = median(sluice, mesh, 5)
            print(f"{name:<36}{one:>8.3f}{wanted:>8.3f}{every:>8.2f}{1:>8}")


if __name__ == "__main__":
    main()
