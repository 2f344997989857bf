"""The files that the rules look at, read once, and what a rule reports.

A Repository is made from a checkout (tracked files and untracked ones that are not ignored) or, in
tests, from a dict of path -> text. Paths are relative to the root and use '/'.
"""

import dataclasses
import functools
import pathlib
import posixpath
import subprocess

import cpp_source


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class Repository:
    def __init__(self, texts=None, root=None):
        self._texts = dict(texts or {})
        self._root = pathlib.Path(root) if root else None
        self.paths = sorted(self._texts)

    @staticmethod
    def of_checkout(root):
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"],
            check=True, capture_output=True, text=True).stdout
        repository = Repository(root=root)
        names = sorted(set(filter(None, listed.split("\0"))))
        repository.paths = [name for name in names if (repository._root / name).is_file()]
        return repository

    def text(self, path):
        """The text of a file; bytes that are not UTF-8 survive as surrogates and fail `ascii`."""
        if path not in self._texts:
            raw = (self._root / path).read_bytes()
            self._texts[path] = raw.decode("utf-8", "surrogateescape")
        return self._texts[path]

    def lines(self, path):
        return self.text(path).split("\n")

    def is_binary(self, path):
        return "\0" in self.text(path)[:8192]

    def exists(self, path):
        return path in self._known

    @functools.cached_property
    def _known(self):
        """Every file and every folder that holds one."""
        known = set(self.paths)
        for path in self.paths:
            while path := posixpath.dirname(path):
                known.add(path)
        return known

    def code(self, path):
        """C++ text with comments and literals blanked; positions are unchanged."""
        return self._masked(path)

    @functools.cache
    def _masked(self, path):
        return cpp_source.mask(self.text(path))

    def select(self, *endings, under=""):
        return [path for path in self.paths if path.endswith(endings) and path.startswith(under)]

    @functools.cached_property
    def folders(self):
        """Folders that hold a file of their own, with those files."""
        folders = {}
        for path in self.paths:
            folders.setdefault(posixpath.dirname(path), []).append(path)
        return folders
