#include "sluice/run/script/python_driver.h"

namespace sluice::run {

const std::string_view kPythonDriver = R"PY(
import importlib.util
import inspect
import json
import os
import sys


class Polars:
    name = "polars"

    def __init__(self):
        import polars
        self.library = polars

    def read(self, path, form="parquet"):
        if form == "csv":
            return self.library.read_csv(path)
        if form in ("json", "jsonl", "ndjson"):
            one = form == "json"
            return self.library.read_json(path) if one else self.library.read_ndjson(path)
        return self.library.read_parquet(path)

    def write(self, frame, path):
        if isinstance(frame, self.library.LazyFrame):
            frame = frame.collect()
        if not isinstance(frame, self.library.DataFrame):
            frame = self.library.DataFrame(frame)
        frame.write_parquet(path)


class Pandas:
    name = "pandas"

    def __init__(self):
        import pandas
        import pyarrow  # noqa: F401
        self.library = pandas

    def read(self, path, form="parquet"):
        if form == "csv":
            return self.library.read_csv(path)
        if form in ("json", "jsonl", "ndjson"):
            return self.library.read_json(path, lines=form != "json")
        return self.library.read_parquet(path, dtype_backend="numpy_nullable")

    def write(self, frame, path):
        if not isinstance(frame, self.library.DataFrame):
            frame = self.library.DataFrame(frame)
        frame.to_parquet(path, index=False)


def open_library():
    for library in (Polars, Pandas):
        try:
            return library()
        except ImportError:
            pass
    sys.exit("a python script needs polars, or pandas with pyarrow; install one of them for "
             + sys.executable)


def load_entrypoint(path, name):
    sys.path.insert(0, os.path.dirname(path))
    spec = importlib.util.spec_from_file_location("external_logic", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["external_logic"] = module
    spec.loader.exec_module(module)
    found = getattr(module, name, None)
    if not callable(found):
        sys.exit(f"the script has no function {name!r}")
    return found


def takes(function, offered):
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return offered
    return {p.name: offered[p.name] for p in parameters if p.name in offered}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    library = open_library()
    function = load_entrypoint(request["file"], request["entrypoint"])
    frame = library.read(request["rows"])
    offered = {"links": {name: library.read(path) for name, path in request["links"]},
               "engine": library.name, "contract": request["contract"]}
    result = function(frame, **takes(function, offered) | request["args"])
    if isinstance(result, tuple):
        result = result[0] if result else None
    if result is None and request["output_path"]:
        result = request["output_path"]
    if isinstance(result, (str, os.PathLike)):
        path = os.fspath(result)
        form = request["output_format"] or os.path.splitext(path)[1].lstrip(".").lower()
        if form not in ("csv", "json", "jsonl", "ndjson", "parquet"):
            sys.exit(f"a result file is csv, json, jsonl or parquet, not {form!r}")
        result = library.read(path, form)
    library.write(frame if result is None else result, request["result"])


main()
)PY";

}  // namespace sluice::run
