"""The installed tree as a user's project and a packager see it: it builds, it moves, it shows only
our names.
"""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ["SLUICE_BUILD"])
FOREIGN = re.compile(r"duckdb|arrow|parquet|grpc|protobuf|curl|rdkafka|ssl|crypto")
OURS = re.compile(r"(vtable for |VTT for |typeinfo (name )?for |guard variable for "
                  r"|(non-)?virtual thunk to )?sluice::|sluice_")


def run(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                          check=False)
    if done.returncode != 0:
        words = " ".join(map(str, command))
        raise AssertionError(f"exit {done.returncode}: {words}\n{done.stdout}")
    return done.stdout


def cached(name: str) -> str:
    """A variable of the build that is installed."""
    match = re.search(rf"^{name}:\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text("utf-8"), re.M)
    return match[1] if match else ""


class InstalledTree(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.scratch = Path(tempfile.mkdtemp(prefix="sluice-consumer-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        run("cmake", "--install", BUILD, "--prefix", cls.scratch / "first")
        # What is installed has to run from wherever it is put.
        cls.prefix = cls.scratch / "moved"
        (cls.scratch / "first").rename(cls.prefix)

    def libraries(self) -> list[Path]:
        found = [path for path in self.prefix.rglob("libsluice*.so*") if not path.is_symlink()]
        self.assertTrue(found)
        return found

    def test_a_project_finds_builds_and_runs(self) -> None:
        build = self.scratch / "build"
        sanitize = cached("SLUICE_SANITIZE")
        flags = f"-fsanitize={sanitize}" if sanitize else ""
        run("cmake", "-G", "Ninja", "-S", HERE, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_CXX_COMPILER={cached('CMAKE_CXX_COMPILER')}",
            f"-DCMAKE_CXX_FLAGS={flags}")
        run("cmake", "--build", build)
        self.assertEqual(run(build / "consumer"),
                         "0198c5a2-7b1c-7def-8123-456789abcdef: nothing here\n"
                         "1 of 2, data rejected\n")

    def test_the_program_runs_from_a_moved_tree(self) -> None:
        self.assertIn("sluice ", run(self.prefix / "bin" / "sluice", "version"))

    def test_the_program_and_the_core_load_no_engine_library(self) -> None:
        loaded = run("ldd", self.prefix / "bin" / "sluice")
        self.assertIn("libsluice.so", loaded)
        self.assertIsNone(FOREIGN.search(loaded.replace(str(self.prefix), "")), loaded)

    def test_every_library_finds_what_it_needs_beside_it(self) -> None:
        for library in self.libraries():
            with self.subTest(library.name):
                self.assertNotIn("not found", run("ldd", library))

    def test_libraries_show_only_our_names(self) -> None:
        for library in self.libraries():
            listing = run("nm", "--dynamic", "--defined-only", "--demangle", library)
            names = [line.split(" ", 2)[2] for line in listing.splitlines()]
            with self.subTest(library.name):
                self.assertTrue(names)
                self.assertEqual([name for name in names if not OURS.match(name)], [])

    def test_internal_headers_stay_at_home(self) -> None:
        headers = list((self.prefix / "include").rglob("*.h"))
        self.assertTrue(headers)
        self.assertEqual([h.name for h in headers if h.name.endswith("_internal.h")], [])

    def test_no_path_of_the_build_machine_is_installed(self) -> None:
        clone = str(BUILD.parent.parent)
        packages = self.prefix.rglob("*.cmake")
        self.assertEqual([p.name for p in packages if clone in p.read_text("utf-8")], [])

    def test_licences_are_installed(self) -> None:
        self.assertTrue((self.prefix / "share" / "doc" / "sluice" / "LICENSE").exists())


if __name__ == "__main__":
    unittest.main()
