"""The public names that texts about lake-orm mention: what names.txt holds.

    names_of.py TEXT... > names.txt

A name is what a user of that library could write: declared types and functions, fields and methods
as Owner.Member, what is called on its packages and its client, keys and words of struct tags,
packages, file names, and every CamelCase word of the prose. What looks like one and is none is
listed below.
"""

import re
import sys
from pathlib import Path

# Of Go, of other libraries, of SQL and HTTP, of Spark.
FOREIGN = frozenset("""
    ALTER AND API ASYNC AS CLI COLUMN CQRS CREATE DB DDL DML DROP EXISTS FAQ FROM HTTP ID IDs IF
    INSERT INTO KSUID KSUIDs MATCHED MERGE MIT MiB NOT NULL OCC OLAP ON OOMs ORM ORMs PR README
    RENAME SELECT SET SQL TABLE THEN TTL UK UPDATE URI URIs URL USING UUIDv7 WHEN WHERE ZSTD
    Background Context DisallowUnknownFields Duration Error GroupBy Logger Registry Request
    ResponseWriter Seq2 StatusBadRequest StatusCreated StatusInternalServerError Struct Time Tx
    WriteHeader DESTRUCTIVE JSON
""".split())
# Kinds of plans that the prose shortens, and places of a page.
SHORTENED = frozenset(["DirectIngest", "ParquetIngest", "ParquetMerge", "UserID"])
# Names with the next word, where the text lost the blank between them.
GLUED = frozenset(["Client.Insertgenerates", "DataFrameand", "Insertgenerates", "JSONheader",
                   "MigrateGeneratereplays", "ParseSchemareadslake", "UUIDv7ingest_id",
                   "Validateat", "ValidationErrorsfor"])

PACKAGES = ("(?:lakeorm|backends?|structs|drivers|dialects|types|errors|lkerrors|drv|spark|sparksql"
            "|duckdb)")
CAMEL = re.compile(r"\b(?:[A-Z][a-z0-9]+[A-Z]\w*|[A-Z]{2,}[a-z0-9]*\w*)\b")
OWNER = re.compile(r"type ([A-Z]\w*) (?:struct|interface) \{$")
MEMBER = re.compile(r"([A-Z]\w*(?:\s*,\s*[A-Z]\w*)*)\s*(?:\(|[\[\]*\w.]+)")


def members(lines: list[str]) -> set[str]:
    """Fields and methods up to the closing brace; none where they are columns of an example."""
    found: set[str] = set()
    for line in lines:
        if line.strip().startswith("}"):
            return found
        if "`lake:" in line or "`json:" in line:
            return set()
        match = MEMBER.match(line.split("//")[0].strip())
        if match:
            found |= set(re.split(r"\s*,\s*", match[1]))
    return found


def declared(text: str) -> set[str]:
    lines = text.splitlines()
    found = set(re.findall(r"^\s*(?:type|func) ([A-Z]\w*)", text, re.MULTILINE))
    for at, line in enumerate(lines):
        if owner := OWNER.match(line.strip()):
            found |= {f"{owner[1]}.{member}" for member in members(lines[at + 1:])}
    return found


def called(text: str) -> set[str]:
    """What stands behind a package, a client or a driver."""
    found = set(re.findall(rf"\b{PACKAGES}\.([A-Z]\w*)", text))
    found |= {f"Client.{name}" for name in re.findall(r"\b(?:db|Client)\.([A-Z]\w*)", text)}
    return found | {f"Driver.{name}" for name in re.findall(r"\bDriver\.([A-Z]\w*)", text)
                    if name not in found}


def words(text: str) -> set[str]:
    """Keys of tags and their words, packages, files, commands."""
    keys = re.findall(r'(?:\b|or|and|reads|standard)(lake|lakeorm|spark|json|validate):"', text)
    found = {f'{key}:"..."' for key in keys}
    for tag in re.findall(r'\blake:"\w+,([\w,]+)"', text):
        found |= set(tag.split(","))
    found |= {f"package {name}" for name in re.findall(r"\bPackage (\w+) ", text)}
    found |= {f"command {name}" for name in re.findall(r"^Command (\w+) is", text, re.MULTILINE)}
    found |= set(re.findall(r"\b\w+\.sum\b|\bState-JSON\b|\blake-goose\b|\b_ingest_id\b", text))
    return found


def names_of(texts: list[str]) -> list[str]:
    text = "\n".join(texts)
    said = declared(text) | called(text)
    shown = {name.split(".")[1] for name in said if "." in name} | FOREIGN | SHORTENED
    prose = {name for name in CAMEL.findall(text) if name not in shown}
    return sorted(((said | prose) - FOREIGN - GLUED) | words(text))


if __name__ == "__main__":
    print("# What names_of.py finds in texts about lake-orm; docs/parity.md has a row for each.")
    print("\n".join(names_of([Path(path).read_text("utf-8") for path in sys.argv[1:]])))
