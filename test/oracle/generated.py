"""Small contracts with the answer beside them: the contract goes to Sluice, the answer is SQL that
the generator writes for SQLite. Both are made of one seed; neither knows how the other is carried
out. Steps and rules are those whose meaning both engines spell alike."""

import json
import pathlib
import random
import sqlite3
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]

WORDS = ["ash", "Birch", " cedar ", "DOGWOOD", "elm", "fig tree", "", "Hazel"]
CODES = ["x", "y", "z", "X"]
NO_INTEGERS = ["x7", "12.7", "1e", "--3"]
NO_NUMBERS = ["n/a", "1,5"]
# Kinds of columns: what may stand in an expression over them.
SOURCE = {"id": "int", "a": "int", "b": "text", "c": "text", "d": "real"}


@dataclass
class Stage:
    """Rows on their way: a SELECT over the one before, and the columns that it has."""
    sql: str
    columns: dict[str, str]


@dataclass
class Answer:
    good: list[Row]
    bad: list[tuple[Row, list[str]]]
    source: int


@dataclass
class Case:
    seed: int
    is_local: bool = False  # each row is judged and changed by itself
    steps: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    references: dict[str, tuple[list[str], list[list[Any]]]] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.format = self.random.choice(["csv", "jsonl", "parquet"])
        self.has_tags = self.format == "jsonl" and self.chance(0.6)
        self.source = dict(SOURCE) | ({"tags": "list"} if self.has_tags else {})
        self.rows = [self.make_row(number) for number in range(self.random.randint(1, 40))]
        if self.format != "parquet":  # a column of which no value is seen has no type
            self.rows.insert(0, self.whole_row())
        self.columns = dict(self.source)
        self.pre()
        self.types()
        self.judge()
        self.post()

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    # -- rows

    def whole_row(self) -> Row:
        row: Row = {"id": 0, "a": 5, "b": "ash", "c": "x", "d": 2.5}
        if self.has_tags:
            row["tags"] = ["t"]
        return self.as_written(row)

    def as_written(self, row: Row) -> Row:
        if self.format != "csv":
            return row
        return {name: None if value is None else str(value) for name, value in row.items()}

    def make_row(self, number: int) -> Row:
        def maybe(value: Any, share: float) -> Any:
            return None if self.chance(share) else value
        row: Row = {
            "id": maybe(self.random.randint(1, 30), 0.08),
            "a": maybe(self.random.randint(-20, 40), 0.15),
            "b": maybe(self.random.choice(WORDS), 0.15),
            "c": maybe(self.random.choice(CODES), 0.1),
            "d": maybe(self.random.randint(-40, 120) / 4, 0.15),
        }
        if self.has_tags:
            row["tags"] = maybe([self.random.choice("pqr")
                                 for _ in range(self.random.randint(0, 3))], 0.2)
        row = self.as_written(row)
        if self.format == "csv":
            if self.chance(0.06):
                row["a"] = self.random.choice(NO_INTEGERS)
            if self.chance(0.06):
                row["d"] = self.random.choice(NO_NUMBERS)
        return row

    # -- expressions that both engines read alike

    def some(self, *kinds: str) -> str | None:
        there = [name for name, kind in self.columns.items() if kind in kinds]
        return self.random.choice(there) if there else None

    def condition(self, depth: int = 0) -> str:
        if depth < 2 and self.chance(0.35):
            left, right = self.condition(depth + 1), self.condition(depth + 1)
            return f"({left}) {self.random.choice(['AND', 'OR'])} ({right})"
        if depth < 2 and self.chance(0.1):
            return f"NOT ({self.condition(depth + 1)})"
        column = self.some("int", "text", "real")
        if column is None:
            return "1 = 1"
        number = self.random.randint(-10, 20)
        word = self.random.choice(["ash", "elm", "x", "birch"])
        forms = {
            "int": [f"{column} >= {number}", f"{column} <> {number}",
                    f"{column} BETWEEN {number} AND {number + 15}", f"{column} IS NOT NULL",
                    f"{column} IN ({number}, 1, 2, 3)", f"{column} % 3 <> 0",
                    f"{column} IS NULL OR {column} > {number}"],
            "text": [f"{column} LIKE '{word[0]}%'", f"length({column}) > 2",
                     f"{column} IN ('{word}', 'y')", f"{column} = lower({column})",
                     f"{column} <> '{word}'", f"coalesce({column}, '') <> ''",
                     f"substr({column}, 1, 1) = '{word[0]}'"],
            "real": [f"{column} > {number}.25", f"{column} <= 20", f"abs({column}) < 25",
                     f"{column} IS NOT NULL"],
        }
        return self.random.choice(forms[self.columns[column]])

    def value(self) -> tuple[str, str]:
        column = self.some("int", "text", "real")
        if column is None:
            return "1 + 1", "int"
        forms = {
            "int": [(f"{column} * 2", "int"), (f"coalesce({column}, 0) + 3", "int"),
                    (f"CASE WHEN {column} > 3 THEN 'hi' ELSE 'lo' END", "text")],
            "text": [(f"upper({column})", "text"), (f"length({column})", "int"),
                     (f"coalesce({column}, 'none') || '!'", "text"),
                     (f"replace({column}, 'e', 'E')", "text")],
            "real": [(f"{column} * 2", "real"), (f"abs({column})", "real")],
        }
        return self.random.choice(forms[self.columns[column]])

    # -- stages

    def stage(self, sql: str, columns: dict[str, str] | None = None) -> None:
        self.columns = dict(self.columns if columns is None else columns)
        self.stages.append(Stage(sql, dict(self.columns)))

    def replaced(self, **values: str) -> str:
        """All columns, some of them with another value or added."""
        items = [f"{values.pop(name)} AS {name}" if name in values else name
                 for name in self.columns]
        return ", ".join(items + [f"{value} AS {name}" for name, value in values.items()])

    def step(self, text: str, phase: str, sql: str, columns: dict[str, str] | None = None) -> None:
        self.steps.append(f"{{{text}, phase: {phase}}}")
        self.stage(sql, columns)

    def select(self, **values: str) -> str:
        return f"SELECT _n, _reasons, {self.replaced(**values)} FROM prev"

    def new_column(self) -> str:
        self.made += 1
        return f"m{self.made}"

    def pre(self) -> None:
        self.stage("SELECT _n, '' AS _reasons, " + ", ".join(self.source) + " FROM raw")
        for _ in range(self.random.randint(0, 3)):
            column = self.random.choice(["b", "c"])
            kind = self.random.choice(["trim", "lower", "upper", "map", "coalesce", "derive"])
            if kind in ("trim", "lower", "upper"):
                self.step(f"{kind}: {{fields: [{column}]}}", "pre",
                          self.select(**{column: f"{kind}({column})"}))
            elif kind == "map":
                self.step(f"map_values: {{field: {column}, mapping: {{x: elm, ash: y}}, "
                          "default: other}", "pre", self.select(**{column: (
                              f"CASE {column} WHEN 'x' THEN 'elm' WHEN 'ash' THEN 'y' "
                              "ELSE 'other' END")}))
            elif kind == "coalesce":
                self.step("coalesce: {field: b, sources: [b, c], default: none}", "pre",
                          self.select(b="coalesce(b, c, 'none')"))
            else:
                self.step(f"sql: \"coalesce({column}, '-') || '+' AS {column}\"", "pre",
                          self.select(**{column: f"coalesce({column}, '-') || '+'"}))

    def types(self) -> None:
        """The model's types; a value that does not fit is NULL, and a reason."""
        if self.format != "csv":
            return
        def listed(texts: list[str]) -> str:
            return ", ".join(f"'{text}'" for text in texts)
        reasons = " || ".join(
            f"CASE WHEN {name} IN ({listed(texts)}) THEN 'Type Mismatch: {name} cannot be cast to "
            f"{kind}: ''' || {name} || '''' || char(10) ELSE '' END"
            for name, kind, texts in (("a", "int", NO_INTEGERS), ("d", "double", NO_NUMBERS)))
        typed = self.replaced(
            id="CAST(id AS INTEGER)",
            a=f"CASE WHEN a IN ({listed(NO_INTEGERS)}) THEN NULL ELSE CAST(a AS INTEGER) END",
            d=f"CASE WHEN d IN ({listed(NO_NUMBERS)}) THEN NULL ELSE CAST(d AS REAL) END")
        self.stage(f"SELECT _n, {reasons} AS _reasons, {typed} FROM prev")

    def judged(self, rules: list[tuple[str, str]]) -> None:
        faults = "".join(
            f" || CASE WHEN ({sql}) THEN '' ELSE '{text.replace(chr(39), chr(39) * 2)}' || char(10)"
            " END" for text, sql in rules)
        self.stage(f"SELECT _n, _reasons{faults} AS _reasons, {', '.join(self.columns)} FROM prev")

    def judge(self) -> None:
        rules = [("Rule failed: id is required", "id IS NOT NULL")]
        for number in range(self.random.randint(0, 4)):
            sql = self.condition()
            is_warning = self.chance(0.15)
            self.rules.append(f"{{name: r{number}, sql: \"{sql}\""
                              f"{', severity: warning' if is_warning else ''}}}")
            if not is_warning:
                rules.append((f"Rule failed: r{number} ({sql})", sql))
        if any(sql == "id IS NOT NULL" for _, sql in rules[1:]):
            del rules[0]  # a rule of the contract that asks the same takes the place of required
        self.judged(rules)
        self.split = len(self.stages)
        self.stage(f"SELECT _n, _reasons, {', '.join(self.columns)} FROM prev WHERE _reasons = ''")

    def post(self) -> None:
        self.late_split: int | None = None
        kinds = ["derive", "derive", "filter", "rename", "drop", "lookup", "join"]
        late = [] if self.is_local else ["deduplicate", "rollup", "unpivot", ""]
        if self.is_local:
            kinds.remove("join")
        if self.has_tags:
            kinds.append("explode")
        for _ in range(self.random.randint(0, 3)):
            if not late or self.chance(0.8):
                getattr(self, "post_" + self.random.choice(kinds))()
        if self.chance(0.5) and any(name.startswith("m") for name in self.columns):
            self.post_rule()
        kind = self.random.choice(late) if late else ""
        if kind and self.late_split is None:
            getattr(self, "post_" + kind)()

    def post_derive(self) -> None:
        name, (sql, kind) = self.new_column(), self.value()
        self.step(f"derive: {{field: {name}, sql: \"{sql}\"}}", "post", self.select(**{name: sql}),
                  self.columns | {name: kind})

    def post_filter(self) -> None:
        sql = self.condition()
        self.step(f"filter: {{sql: \"{sql}\"}}", "post", self.select() + f" WHERE ({sql})")

    def post_rename(self) -> None:
        old, new = self.random.choice(["b", "d"]), self.new_column()
        if old not in self.columns:
            return
        columns = {new if name == old else name: kind for name, kind in self.columns.items()}
        items = ", ".join(f"{name} AS {new}" if name == old else name for name in self.columns)
        self.step(f"rename: {{from: {old}, to: {new}}}", "post",
                  f"SELECT _n, _reasons, {items} FROM prev", columns)

    def post_drop(self) -> None:
        gone = self.random.choice(["b", "d"])
        if gone not in self.columns:
            return
        columns = {name: kind for name, kind in self.columns.items() if name != gone}
        self.step(f"drop: {{columns: [{gone}]}}", "post",
                  f"SELECT _n, _reasons, {', '.join(columns)} FROM prev", columns)

    def reference(self, is_unique: bool) -> str:
        name = f"ref{len(self.references)}"
        codes = CODES if is_unique else CODES + ["x", "nowhere"]
        rows = [[code, self.random.randint(1, 9)] for code in codes if self.chance(0.7)]
        rows = rows or [["x", 1]]
        self.references[name] = (["code", "w"], rows)
        self.links.append(f"{{name: {name}, path: {name}.csv, type: csv}}")
        return name

    def post_lookup(self) -> None:
        name, made = self.reference(True), self.new_column()
        found = f"(SELECT w FROM {name} WHERE code = prev.c)"
        self.step(f"lookup: {{field: {made}, reference: {name}, \"on\": c, key: code, value: w, "
                  "default_value: 0}", "post", self.select(**{made: f"coalesce({found}, 0)"}),
                  self.columns | {made: "int"})

    def post_join(self) -> None:
        name, prefix = self.reference(False), self.new_column()
        kind = self.random.choice(["left", "inner"])
        items = ", ".join(f"prev.{column}" for column in self.columns)
        self.step(f"join: {{reference: {name}, \"on\": c, key: code, fields: [w], type: {kind}, "
                  f"prefix: {prefix}_}}", "post",
                  f"SELECT _n, _reasons, {items}, r.w AS {prefix}_w FROM prev {kind.upper()} JOIN "
                  f"{name} r ON r.code = prev.c", self.columns | {f"{prefix}_w": "int"})

    def post_explode(self) -> None:
        if "tags" not in self.columns:
            return
        made = self.new_column()
        items = ", ".join(f"prev.{column}" for column in self.columns)
        self.step(f"explode: {{field: tags, output: {made}}}", "post",
                  f"SELECT _n, _reasons, {items}, j.value AS {made} FROM prev "
                  "JOIN json_each(tags) j",
                  self.columns | {made: "text"})

    def post_rule(self) -> None:
        made = self.random.choice([name for name in self.columns if name.startswith("m")])
        number = self.random.randint(0, 9)
        sql = {"text": f"length({made}) > 2", "int": f"{made} <> {number}",
               "real": f"{made} < {number}.5"}[self.columns[made]]
        self.rules.append(f"{{name: late, sql: \"{sql}\"}}")
        self.judged([(f"Rule failed: late ({sql})", sql)])
        self.late_split = len(self.stages)
        self.stage(f"SELECT _n, _reasons, {', '.join(self.columns)} FROM prev WHERE _reasons = ''")

    def post_deduplicate(self) -> None:
        if any("join" in step or "explode" in step for step in self.steps):
            return  # of equal rows none is the first of the source
        key = self.random.choice(["id", "c"])
        order = self.random.choice(["asc", "desc"])
        items = ", ".join(self.columns)
        self.step(f"deduplicate: {{\"on\": [{key}], sort_by: [a], order: {order}, "
                  "blank_keys: keep}", "post",
                  f"SELECT _n, _reasons, {items} FROM (SELECT *, row_number() OVER (PARTITION BY "
                  f"{key} ORDER BY a {order} NULLS LAST, _n) AS _place FROM prev) WHERE {key} IS "
                  "NULL OR _place = 1")

    def post_rollup(self) -> None:
        key = self.some("text") or "c"
        self.step(f"rollup: {{group_by: [{key}], aggregations: {{n: \"COUNT(*)\", s: \"SUM(a)\", "
                  "top: \"MAX(id)\"}}", "post",
                  f"SELECT min(_n) AS _n, '' AS _reasons, {key}, COUNT(*) AS n, SUM(a) AS s, "
                  f"MAX(id) AS top FROM prev GROUP BY {key}",
                  {key: "text", "n": "int", "s": "int", "top": "int"})

    def post_unpivot(self) -> None:
        one = ("SELECT _n, _reasons, c, '{0}' AS metric, {0} AS value FROM prev "
               "WHERE {0} IS NOT NULL")
        self.step("unpivot: {id_vars: [c], value_vars: [id, a], key_field: metric}", "post",
                  f"{one.format('id')} UNION ALL {one.format('a')}",
                  {"c": "text", "metric": "text", "value": "int"})

    # -- what is written

    def contract(self, target: str = "") -> str:
        lines = ["version: 1.0.0", f"info: {{title: case {self.seed}, table_name: t}}",
                 f"source: {{type: landing, path: in/*.{self.format}, format: {self.format}}}",
                 "model:", "  fields:", "    - {name: id, type: bigint, required: true}",
                 "    - {name: a, type: int}", "    - {name: b, type: string}",
                 "    - {name: c, type: string}", "    - {name: d, type: double}"]
        for key, items in (("links", self.links), ("transformations", self.steps)):
            if items:
                lines += [f"{key}:", *[f"  - {item}" for item in items]]
        if self.rules:
            lines += ["quality:", "  row_rules:", *[f"    - {rule}" for rule in self.rules]]
        if target:
            lines.append(f"materialization: {{strategy: append, format: parquet, target_path: "
                         f"{target}}}")
        return "\n".join(lines) + "\n"

    def write(self, folder: pathlib.Path, parts: list[list[Row]], target: str = "") -> None:
        (folder / "in").mkdir(parents=True)
        (folder / "contract.yaml").write_text(self.contract(target), encoding="utf-8")
        for name, (columns, rows) in self.references.items():
            lines = [",".join(columns), *[",".join(map(str, row)) for row in rows]]
            (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for number, rows in enumerate(parts):
            self.write_rows(folder / "in" / f"{number}.{self.format}", rows)

    def write_rows(self, path: pathlib.Path, rows: list[Row]) -> None:
        if self.format == "csv":
            def cell(value: str | None) -> str:
                if value is None:
                    return ""
                quoted = value == "" or "," in value or value != value.strip()
                return f'"{value}"' if quoted else value
            lines = [",".join(self.source)]
            lines += [",".join(cell(row[name]) for name in self.source) for row in rows]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        elif self.format == "jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        else:
            import pyarrow as arrow
            import pyarrow.parquet as parquet
            types = {"int": arrow.int64(), "text": arrow.string(), "real": arrow.float64()}
            schema = arrow.schema([(name, types[kind]) for name, kind in self.source.items()])
            parquet.write_table(arrow.Table.from_pylist(rows, schema), path)

    # -- the answer

    def answer(self) -> Answer:
        base = sqlite3.connect(":memory:")
        base.execute("PRAGMA case_sensitive_like = ON")
        names = list(self.source)
        base.execute(f"CREATE TABLE raw (_n INTEGER PRIMARY KEY, {', '.join(names)})")
        for number, row in enumerate(self.rows):
            values = [json.dumps(row[name]) if isinstance(row[name], list) else row[name]
                      for name in names]
            base.execute(f"INSERT INTO raw VALUES ({', '.join('?' * (len(names) + 1))})",
                         [number, *values])
        for name, (columns, rows) in self.references.items():
            base.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
            base.executemany(f"INSERT INTO {name} VALUES (?, ?)", rows)
        bad: list[tuple[Row, list[str]]] = []
        for number, stage in enumerate(self.stages):
            base.execute(f"CREATE TABLE s{number} AS "
                         + stage.sql.replace("FROM prev", f"FROM s{number - 1} AS prev"))
            if number + 1 in (self.split, self.late_split):
                refused = base.execute(f"SELECT _n, _reasons FROM s{number} WHERE _reasons <> '' "
                                       "ORDER BY _n").fetchall()
                bad += [(self.rows[n], text.split("\n")[:-1]) for n, text in refused]
        last = self.stages[-1].columns
        good = base.execute(f"SELECT {', '.join(last)} FROM s{len(self.stages) - 1}").fetchall()
        return Answer(
            [{name: json.loads(value) if kind == "list" and value is not None else value
              for (name, kind), value in zip(last.items(), row, strict=True)} for row in good],
            bad, len(self.rows))
