"""The table of verbs and the way from the command line to one of them."""

import importlib
import signal
import sys
from dataclasses import dataclass

from dev import console


@dataclass(frozen=True)
class Verb:
    name: str
    usage: str
    summary: str
    module: str  # has main(arguments) -> exit code; imported only when the verb is called


VERBS = (
    Verb("setup", "[GROUP...]", "install and fetch what is missing", "dev.deps.setup"),
    Verb("build", "[PRESET] [TARGET...]", "set up and build a preset (default: fast)",
         "dev.verb.build"),
    Verb("run", "CONTRACT [ARGUMENTS...]", "set up, build and run a contract", "dev.verb.run"),
    Verb("test", "[FILTER] [--long]", "set up, build and pass the tests, or those FILTER names",
         "dev.verb.testing"),
    Verb("conformance", "[--only NAME]", "run the contract conformance cases",
         "dev.verb.conformance"),
    Verb("bench", "[NAME]", "run the benchmarks, or one", "dev.verb.bench"),
    Verb("lint", "[--all]", "house rules, formatting, clang-tidy of changed files",
         "dev.verb.lint"),
    Verb("fmt", "[--check]", "format the C++ sources", "dev.verb.fmt"),
    Verb("fuzz", "TARGET [ARGUMENTS...]", "fuzz one target for a minute, or as ARGUMENTS say",
         "dev.verb.fuzz"),
    Verb("tsan", "[FILTER]", "run the tests of threads under ThreadSanitizer", "dev.verb.tsan"),
    Verb("coverage", "[FILTER]", "count the lines that module tests run, by folder",
         "dev.verb.coverage"),
    Verb("services", "up|down|status [NAME...]", "start, stop, list the servers that tests use",
         "dev.service.services"),
    Verb("package", "", "make a relocatable archive of the installed tree", "dev.verb.package"),
    Verb("clean", "[--cache]", "remove this clone's build folder (and the shared cache)",
         "dev.verb.clean"),
)


def help_text() -> str:
    rows = [(f"{verb.name} {verb.usage}".strip(), verb.summary) for verb in VERBS]
    rows.append(("help", "this text"))
    width = max(len(left) for left, _ in rows)
    lines = [f"  ./dev {left:<{width}}  {right}" for left, right in rows]
    return "usage: ./dev VERB ...\n\n" + "\n".join(lines) + "\n"


def find_verb(name: str) -> Verb | None:
    return next((verb for verb in VERBS if verb.name == name), None)


def _on_terminate(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("help", "-h", "--help"):
        print(help_text(), end="")
        return 0 if arguments else 2
    verb = find_verb(arguments[0])
    if verb is None:
        console.report(console.DevError(f"no such verb: '{arguments[0]}'", "./dev help lists them"))
        return 2
    if arguments[1:] in (["-h"], ["--help"]) and verb.name != "run":
        print(f"usage: ./dev {verb.name} {verb.usage}\n{verb.summary}")
        return 0
    signal.signal(signal.SIGTERM, _on_terminate)
    try:
        return importlib.import_module(verb.module).main(arguments[1:])
    except console.DevError as error:
        console.report(error)
        return error.code
    except KeyboardInterrupt:
        print(file=sys.stderr)
        console.say("interrupted")
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
