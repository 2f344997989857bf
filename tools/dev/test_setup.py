"""Pins, archives, packages and the cache: the parts that need no network."""

import dataclasses
import io
import os
import re
import tarfile
import tempfile
import threading
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import context  # noqa: F401  (puts tools/ on the module path)

from dev import paths
from dev.console import DevError
from dev.deps import archive, bridge, debian, fetch, manifest, store
from dev.deps.manifest import Artifact, Manifest, parse_manifest

PINS = """
[group.main]
debian = ["cmake"]
[client.npm]
debian = ["npm"]
[[artifact]]
name = "thing"
version = "1.2"
group = "main"
client = "npm"
package = "thing@1.2"
file = "thing-1.2.tgz"
bytes = 10
sha256 = "%s"
take = { "package/" = "lib/" }
""" % ("a" * 64)


def make_artifact(**changes) -> Artifact:
    fields = dict(name="thing", version="1.2", group="main", client="npm", package="thing@1.2",
                  file="thing-1.2.tgz", sha256="a" * 64, bytes=10, take=(("package/", "lib/"),))
    return Artifact(**(fields | changes))


class Pins(unittest.TestCase):
    def test_are_read(self) -> None:
        pins = parse_manifest(PINS)
        self.assertEqual(pins.group("main").debian, ("cmake",))
        self.assertEqual(pins.group("main").artifacts, (make_artifact(),))

    def test_an_unknown_field_is_refused(self) -> None:
        with self.assertRaisesRegex(DevError, "thing"):
            parse_manifest(PINS + 'licence = "MIT"\n')

    def test_an_unknown_client_is_refused(self) -> None:
        with self.assertRaisesRegex(DevError, "unknown client"):
            parse_manifest(PINS.replace('"npm"\npackage', '"ftp"\npackage'))

    def test_an_unknown_group_is_refused(self) -> None:
        with self.assertRaisesRegex(DevError, "no such dependency group"):
            parse_manifest(PINS).group("nope")

    def test_the_key_tells_checksums_and_selections_apart(self) -> None:
        keys = {make_artifact().key(), make_artifact(sha256="b" * 64).key(),
                make_artifact(take=(("package/", "x/"),)).key()}
        self.assertEqual(len(keys), 3)

    def test_the_file_of_the_repository_is_whole(self) -> None:
        pins = manifest.load_manifest()
        self.assertIn("duckdb", [artifact.name for artifact in pins.group("main").artifacts])

    def test_every_artifact_has_its_line_in_the_page_of_dependencies(self) -> None:
        page = (paths.ROOT / "docs" / "dependencies.md").read_text("utf-8")
        rows = [line for line in page.splitlines() if line.startswith("|")]
        for artifact in manifest.load_manifest().artifacts():
            with self.subTest(artifact.name):
                named = [row for row in rows if f"`{artifact.name}`" in row]
                self.assertTrue(named, "not in docs/dependencies.md")
                self.assertIn(artifact.version, named[0])

    def test_the_page_of_dependencies_names_the_debian_packages_and_no_others(self) -> None:
        page = (paths.ROOT / "docs" / "dependencies.md").read_text("utf-8")
        table = page.partition("## Debian packages")[2]
        named = re.findall(r"^\| `([^`]+)` \|", table, re.M)
        pins = manifest.load_manifest()
        packages = {p for group in pins.groups.values() for p in group.debian}
        packages |= {p for names in pins.client_packages.values() for p in names}
        self.assertEqual(sorted(named), sorted(packages))


class Archives(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def make_tar(self, *names: str) -> Path:
        file = self.folder / "x.tgz"
        with tarfile.open(file, "w:gz") as archive_file:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size, member.mode = 2, 0o755
                archive_file.addfile(member, io.BytesIO(b"hi"))
        return file

    def test_a_tar_gives_what_is_named_and_no_more(self) -> None:
        file = self.make_tar("a/one", "a/b/two", "c/three")
        archive.unpack(file, (("a/", "to/"),), self.folder / "out")
        found = sorted(str(p.relative_to(self.folder / "out"))
                       for p in (self.folder / "out").rglob("*") if p.is_file())
        self.assertEqual(found, ["to/b/two", "to/one"])
        self.assertTrue(os.access(self.folder / "out" / "to" / "one", os.X_OK))

    def test_a_zip_gives_files_of_one_kind(self) -> None:
        file = self.folder / "x.zip"
        with zipfile.ZipFile(file, "w") as zipped:
            for name in ("p/a.proto", "p/b.class", "p/q/c.proto"):
                zipped.writestr(name, "hi")
        archive.unpack(file, (("p/*.proto", "out/"),), self.folder)
        self.assertEqual([p.name for p in (self.folder / "out").rglob("*")], ["a.proto"])

    def test_a_file_that_is_no_archive_to_us_is_copied(self) -> None:
        file = self.folder / "x.jar"
        file.write_bytes(b"jar")
        archive.unpack(file, (("x.jar", "jars/x.jar"),), self.folder / "out")
        self.assertEqual((self.folder / "out" / "jars" / "x.jar").read_bytes(), b"jar")

    def test_what_is_missing_is_an_error(self) -> None:
        with self.assertRaisesRegex(DevError, "does not hold: nope"):
            archive.unpack(self.make_tar("a"), (("nope", "x"),), self.folder)

    def test_a_member_that_climbs_out_is_refused(self) -> None:
        with self.assertRaisesRegex(DevError, "leave its folder"):
            archive.unpack(self.make_tar("a/../../evil"), (("a/", "to/"),), self.folder / "out")


class Packages(unittest.TestCase):
    def test_only_fully_installed_ones_count(self) -> None:
        listing = ("cmake\tinstall ok installed\nnpm\tunknown ok not-installed\n"
                   "x\tdeinstall ok config-files\n")
        self.assertEqual(debian.parse_installed(listing), {"cmake"})

    def test_neither_root_nor_sudo_is_said_clearly(self) -> None:
        with (mock.patch("os.geteuid", return_value=1),
              mock.patch("shutil.which", return_value=None)):
            with self.assertRaises(DevError) as caught:
                debian.root_prefix(["cmake"])
        self.assertIn("apt-get install cmake", caught.exception.hint)


class Fetching(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.pins = Manifest({}, {})
        for name in ("fetch.require_client", "fetch.say", "store.say"):
            patch = mock.patch(f"dev.deps.{name}")
            patch.start()
            self.addCleanup(patch.stop)

    def fetched(self, artifact: Artifact, work: Path) -> Path:
        work.mkdir(parents=True, exist_ok=True)
        file = work / artifact.file
        with tarfile.open(file, "w:gz") as tar:
            member = tarfile.TarInfo("package/x")
            tar.addfile(member, io.BytesIO(b""))
        return file

    def test_a_wrong_checksum_is_refused(self) -> None:
        with mock.patch("dev.deps.fetch.fetch_once", self.fetched):
            with self.assertRaisesRegex(DevError, "wrong checksum"):
                fetch.fetch(make_artifact(), self.folder, self.pins)

    def test_a_client_that_fails_twice_is_quoted(self) -> None:
        def fail(artifact: Artifact, work: Path) -> None:
            work.mkdir(parents=True)
            (work / "log").write_text("no route to host")

        with mock.patch("dev.deps.fetch.fetch_once", fail):
            with self.assertRaisesRegex(DevError, "no route to host"):
                fetch.fetch(make_artifact(), self.folder, self.pins)

    def test_two_setups_at_once_fetch_once_and_leave_nothing_behind(self) -> None:
        calls: list[str] = []

        def fetch_slowly(artifact: Artifact, work: Path, pins: Manifest) -> Path:
            calls.append(artifact.name)
            return self.fetched(artifact, work)

        with (mock.patch("dev.deps.fetch.fetch", fetch_slowly),
              mock.patch.dict(os.environ, SLUICE_CACHE=str(self.folder / "cache"))):
            both = [threading.Thread(target=store.store, args=(make_artifact(), self.pins))
                    for _ in range(2)]
            for thread in both:
                thread.start()
            for thread in both:
                thread.join()
            self.assertEqual(calls, ["thing"])
            self.assertTrue((store.folder_of(make_artifact()) / "lib" / "x").exists())
            self.assertEqual([p.name for p in (self.folder / "cache" / "deps").iterdir()],
                             [make_artifact().key()])

    def test_wheels_are_asked_for_by_their_tags(self) -> None:
        self.assertEqual(fetch.wheel_tags("p-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"),
                         ("cp311", "cp311", "manylinux_2_28_x86_64"))

    def test_a_wheel_for_every_python_is_asked_for_without_a_version(self) -> None:
        wheel = dataclasses.replace(make_artifact(), client="pip-wheel", package="p==1.0",
                                    file="p-1.0-py3-none-manylinux2014_x86_64.whl")
        command = fetch.pip_wheel_command(wheel, Path("out"))
        self.assertNotIn("--python-version", command)
        self.assertIn("manylinux2014_x86_64", command)


class Bridge(unittest.TestCase):
    WRITTEN = (b"   Compiling zmij v1.0.23\n"
               b"    Building [=>          ] 1/241: zmij(build)        \r"
               b"    Building [==>         ] 12/241: parquet, arrow     \r"
               b"error: no such crate\n")

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.log = Path(self.folder.name) / "build.log"
        self.log.write_bytes(self.WRITTEN)

    def test_its_newest_step_is_shown(self) -> None:
        self.assertEqual(bridge.find_progress(self.log), (12, 241, "parquet, arrow"))

    def test_before_its_first_step_nothing_is(self) -> None:
        self.log.write_bytes(b"    Updating index\n")
        self.assertIsNone(bridge.find_progress(self.log))

    def test_a_log_that_is_quoted_holds_no_bars(self) -> None:
        bridge.without_progress(self.log)
        self.assertEqual(self.log.read_bytes(),
                         b"   Compiling zmij v1.0.23\nerror: no such crate\n")


class Links(unittest.TestCase):
    def test_one_that_another_made_meanwhile_is_replaced(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            link = Path(folder) / "bridge"
            for name in ("old", "new"):
                store.point(link, Path(folder) / name)
            self.assertEqual(link.readlink(), Path(folder) / "new")
            self.assertEqual([link.name], [one.name for one in Path(folder).iterdir()])
