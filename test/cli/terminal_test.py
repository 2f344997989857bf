"""A terminal sees colours, a bar and a table that fits; a pipe, NO_COLOR and a dumb terminal see
plain lines."""

import os
import re
import subprocess
import unittest

from program import SLUICE, InFolder, Screen

ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
SLOW = """\
info: {title: Slow, table_name: slow, target_layer: silver}
source: {path: rows.csv}
model: {fields: [{name: id, type: string, required: true}, {name: text, type: string}]}
quality:
  row_rules:
    - {name: slow, sql: "levenshtein(repeat(text, 8), repeat(id, 8)) >= 0"}
"""


def plain(text: str) -> str:
    return ESCAPE.sub("", text).replace("\r", "")


def left(text: str) -> str:
    """What stays on the screen: a slow machine sees a bar that is wiped again."""
    lines = text.split("\n")
    return plain("\n".join(line.rpartition("\r\x1b[K")[2] for line in lines))


class Terminal(InFolder):
    def setUp(self) -> None:
        super().setUp()
        self.quickstart()

    def show(self, *words: str, columns: int = 80, **changes: str) -> str:
        screen = Screen(self.folder, list(words), columns, **changes)
        self.addCleanup(screen.process.kill)
        self.assertEqual(screen.close(), 0, screen.text)
        return screen.text

    def test_colours_say_what_is_good_and_what_is_not(self) -> None:
        text = self.show("run", "customers.yaml")
        self.assertIn("\x1b[1mCustomers\x1b[0m", text)  # bold
        self.assertRegex(text, r"good.*\x1b\[32m +2\x1b\[0m +lake/silver/customers\n")  # green
        self.assertRegex(text, r"quarantined.*\x1b\[31m +2\x1b\[0m +lake/silver/quarantine")  # red

    def test_the_table_is_the_same_without_them(self) -> None:
        table = left(self.show("run", "customers.yaml"))
        self.assertRegex(table, r"^Customers  succeeded  in \d+\.\d\d s\n  source +4 +2 files\n")
        self.assertRegex(table, r"\nRun complete \[layer=silver\] \| Total: 4 .*\n$")

    def test_a_pipe_sees_plain_lines(self) -> None:
        done = self.sluice("run", "customers.yaml", TERM="xterm-256color")
        self.assertNotIn("\x1b", done.err)
        self.assertNotIn("\r", done.err)
        self.assertIn("lake/silver/customers", done.err)

    def test_output_that_does_not_fit_is_a_failure(self) -> None:
        for words in (["version"], ["schema"], ["run", "customers.yaml", "--json"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([SLUICE, *words], cwd=self.folder, stdout=full,
                                      stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("stdout did not take all of the output", done.stderr)

    def test_a_reader_that_went_away_wanted_no_more(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([SLUICE, "schema"], stdout=writer, stderr=subprocess.PIPE, text=True,
                              check=False)
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_no_color_and_a_dumb_terminal_are_honoured(self) -> None:
        self.assertNotRegex(self.show("run", "customers.yaml", NO_COLOR="1"), COLOUR)
        self.assertNotIn("\x1b", self.show("run", "customers.yaml", "--again", TERM="dumb"))
        self.assertNotRegex(self.show("--help", NO_COLOR="1"), COLOUR)

    def test_an_empty_no_color_is_none(self) -> None:
        self.assertRegex(self.show("run", "customers.yaml", NO_COLOR=""), COLOUR)

    def test_help_has_headings_on_a_terminal_only(self) -> None:
        self.assertIn("\x1b[1m", self.show("run", "--help"))
        self.assertNotIn("\x1b", self.sluice("run", "--help").out)

    def test_a_narrow_terminal_gets_lines_that_fit(self) -> None:
        text = left(self.show("run", "customers.yaml", "--show", "3", columns=40))
        lines = [line for line in text.splitlines() if "Run complete" not in line
                 and "Rule failed" not in line]  # sentences wrap; the table does not
        self.assertEqual([line for line in lines if len(line) > 40], [])

    def test_a_terminal_that_does_not_know_its_width_is_no_trouble(self) -> None:
        text = left(self.show("run", "customers.yaml", columns=0))
        self.assertRegex(text, r"good +2 +lake/silver/customers\n")

    def test_json_on_a_terminal_is_json(self) -> None:
        text = self.show("version", "--json")
        self.assertRegex(text, r'^\{"version": "[^"]+", "build": "[^"]+"\}\n$')


class Bar(InFolder):
    """Long work shows how far it is, and takes that off the screen when it is done."""

    def setUp(self) -> None:
        super().setUp()
        self.write("slow.yaml", SLOW)
        lines = "".join(f"id-{i},some-text-{i}\n" for i in range(60_000))
        self.write("rows.csv", "id,text\n" + lines)

    def run_on(self, columns: int, **changes: str) -> str:
        screen = Screen(self.folder, ["run", "slow.yaml", "--no-materialize"], columns, **changes)
        self.addCleanup(screen.process.kill)
        self.assertEqual(screen.close(), 0, screen.text)
        return screen.text

    def test_it_names_the_step_its_share_and_the_rate(self) -> None:
        text = self.run_on(100)
        drawn = [plain(part) for part in text.split("\r\x1b[K")]
        bars = [part for part in drawn if part.startswith("judge")]
        self.assertGreater(len(bars), 1, text)
        whole = re.compile(r"judge +\[[=> ]+\] +\d+ %  [\d.]+( k| M)? rows  [\d.]+( k| M)?/s")
        self.assertTrue(any(whole.fullmatch(bar) for bar in bars), bars)
        self.assertTrue(drawn[-1].startswith("Slow  succeeded"), drawn[-1])

    def test_it_never_wraps(self) -> None:
        text = self.run_on(40)
        for part in text.split("\r\x1b[K"):
            if plain(part).startswith("judge"):
                self.assertLess(len(plain(part)), 40)

    def test_a_dumb_terminal_and_a_pipe_have_none(self) -> None:
        self.assertNotIn("judge", self.run_on(80, TERM="dumb"))
        self.assertNotIn("judge", self.sluice("run", "slow.yaml", "--no-materialize").err)


if __name__ == "__main__":
    unittest.main()
