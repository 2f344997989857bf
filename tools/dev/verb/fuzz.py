"""./dev fuzz: builds one libFuzzer target and runs it on its committed corpus.

A target is src/sluice/.../<name>_fuzz.cc (sluice_fuzz_target in cmake/SluiceFuzz.cmake), its corpus
test/fuzz/corpus/<name>. New inputs go to build/fuzz/corpus/<name>, a crash to build/fuzz/crash.
"""

from pathlib import Path

from dev import paths, process
from dev.console import DevError
from dev.verb import build

DEFAULT_ARGUMENTS = ("-max_total_time=60",)
SUFFIX = "_fuzz.cc"


def targets() -> list[str]:
    found = (paths.ROOT / "src").rglob(f"*{SUFFIX}")
    return sorted(file.name.removesuffix(SUFFIX) for file in found)


def fuzz_command(name: str, arguments: list[str]) -> list[str]:
    folder = paths.preset_folder("fuzz")
    fresh, crash = folder / "corpus" / name, folder / "crash"
    for place in (fresh, crash):
        place.mkdir(parents=True, exist_ok=True)
    seeds = paths.ROOT / "test" / "fuzz" / "corpus" / name
    dictionary = seeds.with_suffix(".dict")
    extra = [f"-dict={dictionary}"] if dictionary.exists() else []
    return [str(folder / "fuzz" / f"{name}_fuzz"), *(arguments or DEFAULT_ARGUMENTS), *extra,
            f"-artifact_prefix={crash}/", str(fresh), *([str(seeds)] if seeds.is_dir() else [])]


def run(name: str, arguments: list[str]) -> int:
    build.build("fuzz", [f"{name}_fuzz"])
    return process.run(fuzz_command(name, arguments), cwd=Path(paths.ROOT))


def main(arguments: list[str]) -> int:
    known = targets()
    if not arguments or arguments[0] not in known:
        wanted = f"no such fuzz target: '{arguments[0]}'" if arguments else "which fuzz target?"
        raise DevError(wanted, f"there are: {', '.join(known) or 'none yet'}", 2)
    return run(arguments[0], arguments[1:])
