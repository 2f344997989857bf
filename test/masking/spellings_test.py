"""Every way that a SELECT has to bring a masked column into another name: a run publishes none of
its values, whatever the name; what cannot be followed is refused before a row is read."""

import concurrent.futures
import pathlib
import tempfile
import unittest

import generated

# A spelling either runs with its masked values masked, or is refused because it is not followed;
# some the engine or the reader of contracts refuses anyhow.
MASKED, REFUSED, NO_SQL = "masked", "refused", "no SQL of the engine"

SPELLINGS = [
    # Plain expressions and their names.
    (MASKED, "SELECT * FROM source"),
    (MASKED, "SELECT id, mail FROM source"),
    (MASKED, "SELECT id, MAIL FROM source"),
    (MASKED, "SELECT id, source.mail FROM source"),
    (MASKED, "SELECT id, mail AS z2 FROM source"),
    (MASKED, "SELECT id, mail z2 FROM source"),
    (MASKED, 'SELECT id, mail AS "z 2" FROM source'),
    (REFUSED, "SELECT id, mail AS 'z' FROM source"),
    (REFUSED, "SELECT id, mail AS z FROM source"),
    (REFUSED, "SELECT id, mail z FROM source"),
    (REFUSED, "SELECT id, upper(mail) FROM source"),
    (REFUSED, "SELECT id, upper(mail) z FROM source"),
    (REFUSED, "SELECT id, mail || '' FROM source"),
    (REFUSED, "SELECT id, mail::VARCHAR FROM source"),
    (REFUSED, "SELECT id, mail\u00a0z FROM source"),
    (REFUSED, "SELECT id, upper(mail\u3000) AS z FROM source"),
    (REFUSED, "SELECT id, E'\\'', mail AS z, '' FROM source"),
    (REFUSED, "SELECT id, $t1$ ' $t1$, mail AS z, '' FROM source"),
    (REFUSED, "SELECT id, mail.upper() AS z FROM source"),
    (REFUSED, "SELECT id, regexp_replace(mail, 'q', 'r') AS z FROM source"),
    (REFUSED, "SELECT id, [mail][1:1] AS z FROM source"),
    (REFUSED, "SELECT id, CASE WHEN true THEN mail END AS z FROM source"),
    # A name in front of its expression.
    (REFUSED, "SELECT id, z: mail FROM source"),
    (REFUSED, 'SELECT id, "z": mail FROM source'),
    (NO_SQL, "SELECT id, 'z': mail FROM source"),
    (REFUSED, "SELECT DISTINCT z: mail FROM source"),
    (REFUSED, "SELECT id, z : upper(mail) FROM source"),
    (MASKED, "SELECT id, z2: mail FROM source"),
    (MASKED, "SELECT id, z2: upper(mail) FROM source"),
    (REFUSED, "SELECT id, NOT (mail = '') AS z FROM source"),
    (REFUSED, "SELECT id, NOT mail FROM source"),
    # Words of SQL that are columns all the same.
    (REFUSED, "SELECT id, filter AS z FROM source"),
    (REFUSED, "SELECT id, upper(filter) AS z FROM source"),
    (REFUSED, "SELECT id, source.filter AS z FROM source"),
    (REFUSED, "SELECT id, '' || over AS z FROM source"),
    (REFUSED, "SELECT id, over z FROM source"),
    (REFUSED, "SELECT id, '' || over z2 FROM source"),
    (MASKED, "SELECT id, over FROM source"),
    (REFUSED, "SELECT id, over NOT IN (mail) AS z FROM source"),
    (REFUSED, "SELECT id, over BETWEEN 'a' AND 'b' AS z FROM source"),
    (REFUSED, "SELECT id, between BETWEEN 'a' AND escape AS z FROM source"),
    (REFUSED, "SELECT id, first_value(over IGNORE NULLS) OVER w AS z FROM source WINDOW w AS ()"),
    (REFUSED, "SELECT id, source.select AS z FROM source"),
    (MASKED, "SELECT id, id BETWEEN 1 AND 2 AS z2, z LIKE 'a' ESCAPE '!' AS z3 FROM source"),
    # Names and texts, where only the engine's own reader ends them.
    (REFUSED, "SELECT id, a$b$ AS k, mail AS z, 1 AS c$b$ FROM source"),
    (MASKED, "SELECT id, a$b$ AS k, mail AS z2, 1 AS c$b$ FROM source"),
    (REFUSED, "SELECT id, /* /* */ ' */ mail AS z /* ' */ FROM source"),
    (REFUSED, "SELECT id, E'a'\n'\\'', mail AS z, '''' FROM source"),
    (REFUSED, "SELECT id, concat(1, \u00a0*) AS z FROM source"),
    (NO_SQL, "SELECT id, #2 AS z FROM source"),
    (NO_SQL, "SELECT id, max(# 2) AS z FROM source"),
    (NO_SQL, "SELECT id, mail AS y AS z FROM source"),
    # Names that follow from names of the same list.
    (REFUSED, "SELECT id, mail AS y, y AS z FROM source"),
    (REFUSED, "SELECT id, y: mail, z: y FROM source"),
    # Stars and what may stand behind them.
    (MASKED, "SELECT source.* FROM source"),
    (MASKED, "SELECT s.* FROM source s"),
    (MASKED, 'SELECT "s".* FROM source AS s'),
    (MASKED, "SELECT * EXCLUDE (mail) FROM source"),
    (MASKED, "SELECT * EXCLUDE mail FROM source"),
    (MASKED, "SELECT * EXCLUDE (mail), mail FROM source"),
    (MASKED, "SELECT s.* EXCLUDE (js) FROM source s"),
    (REFUSED, "SELECT * REPLACE (upper(Mail) AS z) FROM source"),
    (REFUSED, "SELECT * REPLACE upper(Mail) AS z FROM source"),
    (REFUSED, "SELECT * EXCLUDE (js) REPLACE (mail AS z) FROM source"),
    (NO_SQL, "SELECT * REPLACE (z: mail) FROM source"),
    (REFUSED, "SELECT DISTINCT * REPLACE (mail AS z) FROM source"),
    (REFUSED, "SELECT s.* REPLACE (s.mail AS z) FROM source s"),
    (MASKED, "SELECT * REPLACE (upper(mail) AS mail) FROM source"),
    (MASKED, "SELECT * RENAME (mail AS z2) FROM source"),
    (REFUSED, "SELECT * RENAME mail AS z2 FROM source"),
    (MASKED, "SELECT * EXCLUDE (js) RENAME (mail AS z2) FROM source"),
    (REFUSED, "SELECT * EXCLUDE (z) RENAME (mail AS z) FROM source"),
    (MASKED, "SELECT a.* RENAME (mail AS z2) FROM source a JOIN source b ON a.id = b.id"),
    (MASKED, "SELECT a.* FROM source a JOIN source b ON a.id = b.id"),
    (MASKED, "SELECT * FROM source a JOIN source b ON a.id = b.id"),
    (MASKED, "SELECT DISTINCT * FROM source a JOIN source b ON a.id = b.id"),
    (MASKED, "SELECT ALL * FROM source a JOIN source b ON a.id = b.id"),
    (MASKED, "SELECT DISTINCT ON (a.id) * FROM source a JOIN source b ON a.id = b.id"),
    (REFUSED, "SELECT * LIKE 'm%' FROM source"),
    (REFUSED, "SELECT * ILIKE 'M%' FROM source"),
    (REFUSED, "SELECT * SIMILAR TO 'm.*' FROM source"),
    (REFUSED, "SELECT * AS z FROM source"),
    (REFUSED, "SELECT person.* FROM source"),
    (NO_SQL, "SELECT source.person.* FROM source"),
    (REFUSED, "SELECT unnest(person) FROM source"),
    (REFUSED, "SELECT unnest(person) AS z2 FROM source"),
    (REFUSED, 'SELECT "unnest"(person) AS z2 FROM source'),
    (REFUSED, "SELECT unnest([person], recursive := true) AS z2 FROM source"),
    (REFUSED, "SELECT COLUMNS(*) FROM source"),
    (REFUSED, "SELECT id, COLUMNS('mail') AS z FROM source"),
    (REFUSED, "SELECT COLUMNS('(m)ail') AS \"\\1z\" FROM source"),
    (REFUSED, "SELECT COLUMNS(c -> c = 'mail') AS z FROM source"),
    (REFUSED, "SELECT id, coalesce(*COLUMNS(['mail'])) AS z FROM source"),
    (REFUSED, "SELECT id, concat(1, *COLUMNS(*)) AS z FROM source"),
    # The row as one value.
    (MASKED, "SELECT id, source AS z2 FROM source"),
    (MASKED, "SELECT id, t FROM source t"),
    (REFUSED, "SELECT id, t AS z FROM source t"),
    (REFUSED, "SELECT id, z: source FROM source"),
    (REFUSED, "SELECT id, to_json(source) AS z FROM source"),
    (REFUSED, "SELECT id, struct_pack(*) AS z FROM source"),
    (REFUSED, "SELECT id, struct_pack(a := mail) AS z FROM source"),
    (REFUSED, "SELECT id, row(s.*) AS z FROM source s"),
    (REFUSED, "SELECT id, row(id, mail) AS z FROM source"),
    (REFUSED, "SELECT id, [mail] AS z FROM source"),
    (REFUSED, "SELECT id, {'a': mail} AS z FROM source"),
    (REFUSED, "SELECT id, map([1], [mail]) AS z FROM source"),
    (REFUSED, "SELECT id, list_transform([t], x -> x.mail) AS z FROM source t"),
    (REFUSED, "SELECT any_value(id) AS id, list(mail) AS z FROM source"),
    (REFUSED, "SELECT any_value(id) AS id, list(t) AS z FROM source t"),
    (REFUSED, "SELECT any_value(id) AS id, string_agg(mail, ',') AS z FROM source"),
    (REFUSED, "SELECT any_value(id) AS id, first(mail) OVER (ORDER BY id) AS z FROM source"),
    # DISTINCT.
    (MASKED, "SELECT DISTINCT mail, id FROM source"),
    (MASKED, "SELECT DISTINCT ON (id) id, mail FROM source"),
    (REFUSED, "SELECT DISTINCT ON (id) mail AS z FROM source"),
    (REFUSED, "SELECT DISTINCT mail AS z FROM source"),
    # More than a plain SELECT.
    (REFUSED, "FROM source"),
    (REFUSED, "FROM source SELECT id, mail AS z"),
    (REFUSED, "FROM (SELECT id, mail AS z FROM source)"),
    (NO_SQL, "TABLE source"),
    (REFUSED, "WITH s AS (SELECT id, mail AS z FROM source) SELECT * FROM s"),
    (REFUSED, "SELECT * FROM (SELECT id, mail AS z FROM source)"),
    (REFUSED, "SELECT id, (SELECT max(s.mail) FROM source s) AS z FROM source"),
    (REFUSED, "SELECT id, (FROM source SELECT max(mail)) AS z FROM source"),
    (REFUSED, "SELECT id, z FROM source UNION ALL SELECT id, mail FROM source"),
    (REFUSED, "SELECT id, z FROM source UNION ALL (SELECT id, mail FROM source)"),
    (REFUSED, "SELECT id, z FROM source UNION ALL FROM source"),
    (REFUSED, "SELECT id, z FROM source WHERE id > 0 UNION (FROM source SELECT id, mail)"),
    (REFUSED, "SELECT id, z FROM source UNION ALL BY NAME SELECT mail AS z FROM source"),
    (REFUSED, "(SELECT id, z FROM source) UNION (SELECT id, mail FROM source)"),
    (REFUSED, "SELECT id, mail AS z FROM source EXCEPT (SELECT id, z FROM source)"),
    (REFUSED, "SELECT * FROM source s(id, z)"),
    (REFUSED, "SELECT * FROM source AS s(id, z, mail)"),
    (REFUSED, "SELECT s.* FROM s: source"),
    (REFUSED, "SELECT * FROM source, source b"),
    (REFUSED, "SELECT l.* FROM source, LATERAL (SELECT mail AS z) l"),
    (REFUSED, "SELECT * FROM source JOIN (SELECT id, mail AS z FROM source) USING (id)"),
    (REFUSED, "SELECT * FROM source WHERE id > 0 WINDOW w AS () UNION (TABLE source)"),
    (MASKED, "SELECT a.id, b.mail FROM source a POSITIONAL JOIN source b"),
    (REFUSED, "SELECT a.id, b.mail AS z FROM source a POSITIONAL JOIN source b"),
    (REFUSED, "PIVOT source ON mail USING max(id)"),
    (REFUSED, "SELECT * FROM (PIVOT source ON mail USING max(id))"),
    (REFUSED, "SELECT * FROM source PIVOT (max(mail) FOR id IN (1))"),
    (REFUSED, "UNPIVOT source ON mail INTO NAME n VALUE z"),
    (REFUSED, "SELECT * FROM source UNPIVOT (z FOR n IN (mail))"),
    (REFUSED, "VALUES (1, 'a')"),
    (REFUSED, "SELECT id, mail AS z -- a note\n FROM source"),
    (REFUSED, "SELECT id, mail /* a note */ AS z FROM source"),
    (NO_SQL, "SELECT #2 AS z FROM source"),
]

CONTRACT = """\
version: 1.0.0
info: {{title: T, table_name: t}}
source: {{type: landing, path: in.jsonl}}
transformations:
  - phase: {phase}
    sql: |-
      {sql}
model:
  fields:
    - {{name: id, type: integer}}
    - {{name: Mail, type: string, pii: true, masking: redact}}
    - {{name: Js, type: string, pii: true, masking: redact}}
    - {{name: person, type: "struct<name:string,z:string>", pii: true, masking: nullify}}
    - {{name: filter, type: string, pii: true, masking: redact}}
    - {{name: over, type: string, pii: true, masking: redact}}
    - {{name: between, type: string, pii: true, masking: redact}}
    - {{name: escape, type: string, pii: true, masking: redact}}
    - {{name: select, type: string, pii: true, masking: redact}}
    - {{name: z, type: string}}
"""
ROWS = "".join(
    f'{{"id": {row}, "mail": "cnry0m{row}", "js": "cnry0j{row}", "filter": "cnry0f{row}", '
    f'"over": "cnry0o{row}", "between": "cnry0b{row}", "escape": "cnry0e{row}", '
    f'"select": "cnry0s{row}", "a$b$": "clear", '
    f'"person": {{"name": "cnry0n{row}", "z": "cnry0z{row}"}}, "z": "clear"}}\n'
    for row in (1, 2))


def run_spelling(sql, phase):
    """(exit code, where a canary was found, what was said)."""
    with tempfile.TemporaryDirectory(prefix="sluice-spelling-") as name:
        folder = pathlib.Path(name)
        (folder / "in.jsonl").write_text(ROWS, encoding="utf-8")
        contract = CONTRACT.format(phase=phase, sql=sql.replace("\n", "\n      "))
        (folder / "c.yaml").write_text(contract, encoding="utf-8")
        done = generated.sluice("run", "c.yaml", "--show", 3, "--output-good", "good.jsonl",
                                "--output-bad", "bad.jsonl", folder=folder)
        outputs = [folder / "good.jsonl", folder / "bad.jsonl"]
        texts = [("stdout", done.stdout), ("stderr", done.stderr),
                 *((path.name, path.read_bytes()) for path in outputs if path.exists())]
        found = [place for place, text in texts if generated.CANARY.search(text)]
        return done.returncode, found, (done.stdout + done.stderr).decode()


class Spellings(unittest.TestCase):
    def check(self, phase, spellings):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            runs = pool.map(lambda spelling: run_spelling(spelling[1], phase), spellings)
            for (expected, sql), (code, found, said) in zip(spellings, runs, strict=True):
                with self.subTest(sql=sql, phase=phase):
                    self.assertEqual(found, [], said)
                    self.assertEqual(code, 0 if expected == MASKED else 3, said)
                    if expected == REFUSED:
                        self.assertRegex(said, "plain SELECT|makes a clear column")

    # What runs is run in both phases; what is refused is refused before a phase begins.
    def test_no_spelling_of_a_step_before_the_rules_publishes_a_masked_value(self):
        others = [spelling for spelling in SPELLINGS if spelling[0] != MASKED]
        self.check("pre", [s for s in SPELLINGS if s[0] == MASKED] + others[::2])

    def test_no_spelling_of_a_step_after_the_rules_publishes_a_masked_value(self):
        others = [spelling for spelling in SPELLINGS if spelling[0] != MASKED]
        self.check("post", [s for s in SPELLINGS if s[0] == MASKED] + others[1::2])


if __name__ == "__main__":
    unittest.main()
