#include "sluice/run/script/python_driver.h"

namespace sluice::run {

const std::string_view kPythonDriver = R"PY(
import ast
import asyncio
import csv
import importlib.util
import inspect
import json
import linecache
import os
import sys
import traceback


def check_lines(path):
    """Values of CSV are texts until they are judged, and a line that lacks some is none."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        width = len(next(rows, []))
        for row in rows:
            if row and len(row) != width:
                sys.exit(f"line {rows.line_num} of {path!r} has {len(row)} values and not {width}")


class Polars:
    name = "polars"

    def __init__(self):
        import polars
        self.library = polars

    def read(self, path, form="parquet"):
        if os.path.getsize(path) == 0:
            return self.library.DataFrame()
        if form == "csv":
            check_lines(path)
            return self.library.read_csv(path, infer_schema=False)
        if form in ("json", "jsonl", "ndjson"):
            one = form == "json"
            return self.library.read_json(path) if one else self.library.read_ndjson(path)
        return self.library.read_parquet(path)

    def write(self, frame, path, fields):
        if isinstance(frame, self.library.LazyFrame):
            frame = frame.collect()
        if not isinstance(frame, self.library.DataFrame):
            frame = self.library.DataFrame(frame)
        if frame.width == 0:
            frame = self.library.DataFrame(schema=dict.fromkeys(fields, self.library.String))
        frame.write_parquet(path)


class Pandas:
    name = "pandas"

    def __init__(self):
        import pandas
        import pyarrow  # noqa: F401
        self.library = pandas

    def read(self, path, form="parquet"):
        if os.path.getsize(path) == 0:
            return self.library.DataFrame()
        if form == "csv":
            check_lines(path)
            return self.library.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
        if form in ("json", "jsonl", "ndjson"):
            return self.library.read_json(path, lines=form != "json")
        return self.library.read_parquet(path, dtype_backend="numpy_nullable")

    def write(self, frame, path, fields):
        if not isinstance(frame, self.library.DataFrame):
            frame = self.library.DataFrame(frame)
        if len(frame.columns) == 0:
            frame = self.library.DataFrame(columns=fields, dtype="string")
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


class Tee:
    """An output that a cell also keeps."""

    def __init__(self, stream, name, outputs):
        self.stream, self.name, self.outputs = stream, name, outputs

    def write(self, text):
        last = self.outputs[-1] if self.outputs else {}
        if last.get("name") != self.name:
            last = {"output_type": "stream", "name": self.name, "text": ""}
            self.outputs.append(last)
        last["text"] += text
        return self.stream.write(text)

    def __getattr__(self, name):
        return getattr(self.stream, name)


class Notebook:
    """The code cells of a notebook, run from the first to the last in one namespace."""

    def __init__(self, path, copy):
        with open(path, encoding="utf-8") as file:
            try:
                self.book = json.load(file)
            except ValueError as error:
                sys.exit(f"the notebook is no JSON document: {error}")
        self.copy = copy
        if self.book.get("nbformat", 0) < 4:
            sys.exit("a notebook is of nbformat 4; open it once and save it again")
        about = self.book.get("metadata", {})
        language = (about.get("kernelspec", {}).get("language")
                    or about.get("language_info", {}).get("name") or "python")
        if language != "python":
            sys.exit(f"a notebook is python, not {language}")

    def inject(self, parameters):
        """Puts a cell behind the one that is tagged `parameters`, else before all."""
        def tags(cell):
            return cell.get("metadata", {}).get("tags", [])
        cells = [c for c in self.book["cells"] if "injected-parameters" not in tags(c)]
        source = "".join(f"{name} = {value!r}\n" for name, value in parameters.items())
        at = next((i + 1 for i, cell in enumerate(cells) if "parameters" in tags(cell)), 0)
        cells.insert(at, {"cell_type": "code", "execution_count": None, "outputs": [],
                          "metadata": {"tags": ["injected-parameters"]}, "source": source})
        self.book["cells"] = cells

    def save(self):
        with open(self.copy, "w", encoding="utf-8") as file:
            json.dump(self.book, file, indent=1, ensure_ascii=False)

    def run(self, space):
        cells = [cell for cell in self.book["cells"] if cell["cell_type"] == "code"]
        for cell in cells:
            cell["outputs"], cell["execution_count"] = [], None
        streams = sys.stdout, sys.stderr
        for number, cell in enumerate(cells, 1):
            self.save()
            outputs = cell["outputs"]
            sys.stdout, sys.stderr = (Tee(stream, name, outputs)
                                      for stream, name in zip(streams, ("stdout", "stderr")))
            space["display"] = lambda *values: [self.show(v, outputs) for v in values] and None
            cell["execution_count"] = number
            try:
                value = self.execute(cell, f"cell {number}", space)
                if value is not None:
                    self.show(value, outputs, execution_count=number)
            except BaseException as error:
                sys.stdout, sys.stderr = streams
                text = traceback.format_exception(error)
                del text[1:3]  # the two lines that are not the notebook's
                outputs.append({"output_type": "error", "ename": type(error).__name__,
                                "evalue": str(error), "traceback": text})
                self.save()
                sys.exit("".join([f"cell {number} failed\n", *text]))
            finally:
                sys.stdout, sys.stderr = streams
        self.save()

    @staticmethod
    def show(value, outputs, **more):
        text = repr(value)
        kind = "execute_result" if more else "display_data"
        sys.stdout.stream.write(text + "\n")
        outputs.append({"output_type": kind, "data": {"text/plain": text}, "metadata": {}, **more})

    @staticmethod
    def execute(cell, name, space):
        source = cell["source"]
        source = source if isinstance(source, str) else "".join(source)
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        try:
            tree = ast.parse(source, name)
        except SyntaxError as error:
            line = (error.text or "").strip()
            if line[:1] in ("%", "!", "?"):
                sys.exit(f"a command of IPython is not run here, write it in python: {line!r}")
            raise
        ends = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        parts = [(tree, "exec")] + ([(ast.Expression(ends.value), "eval")] if ends else [])
        value = None
        for part, mode in parts:
            code = compile(part, name, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            value = eval(code, space)
            if code.co_flags & inspect.CO_COROUTINE:
                value = asyncio.run(value)
        return value


def run_notebook(request, frame, offered):
    book = Notebook(request["file"], request["copy"])
    paths = {"lakelogic_contract_dir": os.getcwd(), "lakelogic_engine": offered["engine"],
             "lakelogic_run_id": request["run_id"], "lakelogic_source_path": request["rows"],
             "lakelogic_link_paths": dict(request["links"])}
    book.inject(paths | request["args"])
    sys.path.insert(0, os.path.dirname(request["file"]))
    space = {"__name__": "__main__", "frame": frame, **offered}
    book.run(space)
    if "result" in space:
        return space["result"]
    return None if request["output_path"] else space["frame"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    library = open_library()
    frame = library.read(request["rows"])
    offered = {"links": {name: library.read(path) for name, path in request["links"]},
               "engine": library.name, "contract": request["contract"]}
    if request["copy"]:
        result = run_notebook(request, frame, offered)
    else:
        function = load_entrypoint(request["file"], request["entrypoint"])
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
    fields = [field["name"] for field in request["contract"]["fields"]]
    library.write(frame if result is None else result, request["result"], fields)


main()
)PY";

}  // namespace sluice::run
