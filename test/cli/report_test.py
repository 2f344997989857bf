"""The page of a run as a browser shows it: what it holds, that it asks for nothing, both themes."""

import html.parser
import json
import os
import shutil
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from program import InFolder, environment

BROWSER = next((found for name in ("chromium-headless-shell", "chromium", "chromium-browser",
                                   "google-chrome")
                if (found := shutil.which(name))), None)
WITHOUT = "no Chromium here; ./dev setup test installs the package chromium-headless-shell"
#: Where screenshots are kept for a person who wants to look at them.
KEEP = os.environ.get("SLUICE_REPORT_SHOTS")
CONTRACT = """\
info: {title: "Orders <b>&", table_name: orders}
source: {path: landing/*.csv, load_mode: incremental}
model:
  fields:
    - {name: id, type: integer, required: true}
    - {name: amount, type: integer}
    - {name: mail, type: string, pii: true, masking: redact}
transformations:
  - {filter: {sql: "id <> 2"}, phase: pre}
quality:
  row_rules:
    - {name: amount_limit, sql: "amount <= 10"}
    - {name: never_broken, sql: "id > 0"}
    - {name: "<img src=http://198.51.100.7/x>", sql: "id <> 5"}
  dataset_rules:
    - {name: enough, sql: "SELECT count(*) FROM source", must_be_greater_than: 0}
materialization: {strategy: append, format: parquet, target_path: lake/orders}
"""


class Page(html.parser.HTMLParser):
    """The rows of the page's tables and its texts, as the browser wrote the DOM out."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.text = ""
        self._cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs
                           if name in ("src", "href", "action", "data", "srcset")]
        if tag == "tr":
            self.rows.append([])
        self._cell = tag in ("td", "th") or (self._cell and tag not in ("tr", "table"))
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._cell:
            self.rows[-1][-1] += data.strip()

    def cells_of(self, name: str) -> list[str]:
        return next(row for row in self.rows if row and row[0] == name)


class Report(InFolder):
    def browse(self, page: Path, *words: str) -> str:
        """Opens a file; whatever the page would ask of a network ends at a closed port."""
        with tempfile.TemporaryDirectory(prefix="sluice-browser-") as profile, \
                socket.socket() as watched:
            watched.bind(("127.0.0.1", 0))
            watched.listen()
            watched.setblocking(False)
            proxy = f"http://127.0.0.1:{watched.getsockname()[1]}"
            done = subprocess.run(
                [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu",
                 "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync", "--no-default-browser-check",
                 f"--user-data-dir={profile}", f"--proxy-server={proxy}",
                 "--virtual-time-budget=5000", *words, page.as_uri()],
                cwd=self.folder, capture_output=True, env=environment(HOME=profile), timeout=300,
                check=False)
            self.assertEqual(done.returncode, 0, done.stderr.decode("utf-8", "replace")[-2000:])
            with self.assertRaises(BlockingIOError, msg="the page asked for something"):
                watched.accept()
        return done.stdout.decode("utf-8")

    def run_orders(self) -> Path:
        self.write("orders.yaml", CONTRACT)
        self.write("landing/a.csv", "id,amount,mail\n1,5,a@b\n2,5,a@b\n3,50,canary@example.org\n"
                                    "4,7x,canary@example.org\n5,3,a@b\n")
        first = self.sluice("run", "orders.yaml")
        self.assertEqual(first.code, 0, first.err)
        self.write("landing/b.csv", "id,amount,mail\n6,60,canary@example.org\n7,1,a@b\n"
                                    "8,<script>document.title='x'</script>,a@b\n")
        done = self.sluice("run", "orders.yaml", "--report", "out.html")
        self.assertEqual(done.code, 0, done.err)
        return self.folder / "out.html"

    def test_the_page_of_a_run_and_the_one_made_later_are_the_same(self) -> None:
        page = self.run_orders().read_text("utf-8")
        later = self.sluice("report", "orders.yaml", "--output", "later.html", "--json")
        self.assertEqual(later.code, 0, later.err)
        told = json.loads(later.out)
        self.assertEqual((self.folder / "later.html").read_text("utf-8"), page)
        by_id = self.sluice("report", told["run_id"], "--target", "lake/orders")
        self.assertEqual(by_id.out, page, by_id.err)
        record = self.folder / f"lake/orders/_sluice/runs/{told['run_id']}.json"
        by_file = self.sluice("report", str(record))
        self.assertEqual(by_file.out, page, by_file.err)

    def test_a_masked_value_is_on_no_page_and_in_no_record(self) -> None:
        page = self.run_orders().read_text("utf-8")
        self.assertIn("60", page)
        self.assertNotIn("canary", page)
        for record in (self.folder / "lake/orders/_sluice/runs").iterdir():
            self.assertNotIn("canary", record.read_text("utf-8"))

    def test_what_cannot_be_reported_is_said(self) -> None:
        self.write("orders.yaml", CONTRACT)
        none = self.sluice("report", "orders.yaml")
        self.assertEqual(none.code, 1)
        self.assertIn("there is no run yet", none.err)
        self.assertEqual(self.sluice("report", "0198").code, 2)
        self.run_orders()
        self.assertIn("no such run", self.sluice("report", "orders.yaml", "--run", "nix").err)
        folder = self.sluice("report", "orders.yaml", "--output", ".")
        self.assertEqual(folder.code, 2)
        self.assertIn("name a file", folder.err)

    @unittest.skipUnless(BROWSER, WITHOUT)
    def test_a_browser_shows_each_rule_with_its_count_and_asks_for_nothing(self) -> None:
        page = self.run_orders()
        shown = Page(self.browse(page, "--dump-dom"))
        self.assertEqual(shown.cells_of("amount_limit")[3], "2")
        self.assertEqual(shown.cells_of("never_broken")[3], "0")
        self.assertEqual(shown.cells_of("<img src=http://198.51.100.7/x>")[3], "0")
        self.assertEqual(shown.cells_of("enough")[2], "passed")
        self.assertIn("Orders <b>&", shown.text)
        self.assertIn("<script>document.title='x'</script>", shown.text)
        self.assertEqual(shown.tags & {"script", "img", "link", "iframe", "form", "object"}, set())
        self.assertEqual(shown.addresses, [])
        self.assertEqual([row[1] for row in shown.rows if len(row) == 8][1:],
                         ["succeeded", "succeeded"])

    @unittest.skipUnless(BROWSER, WITHOUT)
    def test_both_themes_are_drawn(self) -> None:
        page = self.run_orders()
        sizes = set()
        for theme, words in (("light", ["--blink-settings=preferredColorScheme=1"]),
                             ("dark", ["--blink-settings=preferredColorScheme=0"])):
            shot = self.folder / f"{theme}.png"
            self.browse(page, f"--screenshot={shot}", "--window-size=1100,1900", *words)
            data = shot.read_bytes()
            self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
            sizes.add(data)
            if KEEP:
                shutil.copy(shot, KEEP)
        self.assertEqual(len(sizes), 2, "dark and light look the same")

    @unittest.skipUnless(BROWSER, WITHOUT)
    def test_three_thousand_rules_open_and_stay_below_500_kilobytes(self) -> None:
        record = self.write("state/runs/0198.json", json.dumps({
            "run_id": "0198", "status": "succeeded", "contract": {"title": "Wide"},
            "rows": {"source": 1000, "good": 0, "quarantined": 1000},
            "row_rules": [{"name": f"rule_number_{i}", "category": "correctness",
                           "severity": "error", "failed_rows": 10 if i < 100 else 0}
                          for i in range(3000)]}))
        done = self.sluice("report", str(record), "--output", "out.html")
        self.assertEqual(done.code, 0, done.err)
        page = self.folder / "out.html"
        self.assertLess(page.stat().st_size, 500_000)
        shown = Page(self.browse(page, "--dump-dom"))
        named = {row[0]: row[3] for row in shown.rows if row and row[0].startswith("rule_number_")}
        self.assertEqual(len(named), 3000)
        self.assertEqual(named["rule_number_99"], "10")
        self.assertEqual(named["rule_number_100"], "0")
        if KEEP:
            shot = Path(KEEP) / "wide.png"
            self.browse(page, f"--screenshot={shot}", "--window-size=1100,1600")


if __name__ == "__main__":
    unittest.main()
