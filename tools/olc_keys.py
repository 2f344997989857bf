#!/usr/bin/env python3
"""Lists every key of the Open Lakehouse Contract's JSON Schema as a path, one in a line.

    tools/olc_keys.py open-lakehouse-contract.schema.json > test/contracts/olc_keys.txt

The contract checker's tests walk the product's own tables and compare: a key that a new version
of the standard brings is a failing test. Lists add [], maps of objects add .*, a recursive object
is entered once.
"""
import json
import sys


def walk(schema, node, path, open_defs, found):
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[-1]
        if name not in open_defs:
            walk(schema, schema["$defs"][name], path, open_defs | {name}, found)
        return
    for key in ("anyOf", "oneOf", "allOf"):
        for part in node.get(key, []):
            walk(schema, part, path, open_defs, found)
    for name, value in node.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        found.add(here)
        walk(schema, value, here, open_defs, found)
    if isinstance(node.get("items"), dict):
        walk(schema, node["items"], path + "[]", open_defs, found)
    if isinstance(node.get("additionalProperties"), dict):
        walk(schema, node["additionalProperties"], path + ".*", open_defs, found)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    found = set()
    walk(schema, schema, "", frozenset(), found)
    print("# Keys of the Open Lakehouse Contract 0.28, written by tools/olc_keys.py.")
    print("\n".join(sorted(found)))


if __name__ == "__main__":
    main()
