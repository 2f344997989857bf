"""What the typed door costs the compiler of a user: the public include, and a file with five
models of ten members and all verbs.

Processor time of the compiler, the better of three, as others on the machine disturb it less.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDES = [f"-I{ROOT / 'src'}"]
GOALS = {"the public include": 1.5, "five models, all verbs": 6.0}
MEMBERS = ("std::int64_t id", "std::string name", "std::optional<std::string> note",
           "double amount", "bool good", "std::int32_t count", "sluice::sys_micros at",
           "sluice::Uuid key", "std::vector<std::string> tags",
           "std::map<std::string, std::string> labels")
MODEL = """struct M{n} {{ {members}; }};
template <> inline constexpr auto sluice::model<M{n}> = sluice::table("m{n}").key<&M{n}::id>()
    .check<&M{n}::name>(sluice::required(), sluice::max_length(9))
    .check<&M{n}::amount>(sluice::between(0, 1));
"""
VERBS = """
sluice::Status use{n}(sluice::Session& db, const std::vector<M{n}>& rows, std::string_view text) {{
  if (!sluice::validate(rows).passed()) return {{}};
  SLUICE_TRY(M{n} row, sluice::from_json<M{n}>(text));
  SLUICE_CHECK(db.migrate<M{n}>());
  SLUICE_CHECK(db.assert_schema<M{n}>());
  SLUICE_TRY(sluice::Receipt receipt, db.insert(rows, {{.idempotency_key = "k"}}));
  SLUICE_TRY(auto all, db.query<M{n}>(sluice::sql("SELECT * FROM m{n} WHERE id = ?", 1)));
  SLUICE_TRY(auto first, db.query_first<M{n}>(
      sluice::from<M{n}>().where(sluice::col<&M{n}::amount> > 0.5)));
  SLUICE_TRY(M{n} one, db.query_one<M{n}>(sluice::from<M{n}>()));
  for (const auto& page : db.stream<M{n}>()) SLUICE_CHECK(page);
  SLUICE_TRY(sluice::ColumnStream batches, db.batches(sluice::sql("SELECT * FROM m{n}")));
  SLUICE_CHECK(db.insert_batches<M{n}>(std::move(batches)));
  SLUICE_CHECK(db.update(rows, {{.update_columns = sluice::columns<&M{n}::name>()}}));
  SLUICE_CHECK(sluice::collect_as<M{n}>(sluice::relation(db, sluice::from<M{n}>())));
  SLUICE_CHECK(db.maintain<M{n}>());
  SLUICE_CHECK(db.remove(sluice::col<&M{n}::id> == 1));
  return db.for_each<M{n}>(sluice::from<M{n}>(), [](const M{n}&) {{}});
}}
"""


def models() -> str:
    members = "; ".join(MEMBERS)
    text = "#include <map>\n#include <sluice/orm/orm.h>\n"
    text += "".join(MODEL.format(n=n, members=members) for n in range(5))
    return text + "".join(VERBS.format(n=n) for n in range(5))


def seconds(text: str, folder: str) -> float:
    source = Path(folder) / "unit.cc"
    source.write_text(text, "utf-8")
    command = ["g++", "-std=c++23", "-O0", *INCLUDES, "-c", str(source), "-o", f"{folder}/unit.o"]
    best = float("inf")
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def main() -> int:
    units = {"the public include": "#include <sluice/orm/orm.h>\n",
             "five models, all verbs": models()}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in units.items():
            print(f"{name:<24}{seconds(text, folder):>6.2f} s{GOALS[name]:>8.1f} s wanted",
                  flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
