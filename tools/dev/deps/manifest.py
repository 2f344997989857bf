"""deps/deps.toml as typed values, checked when it is read."""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev import paths
from dev.console import DevError

CLIENTS = ("npm", "pip-source", "pip-wheel", "maven")


@dataclass(frozen=True)
class System:
    """A package of the machine that makes an artifact unneeded."""

    package: str
    exact: bool


@dataclass(frozen=True)
class Artifact:
    name: str
    version: str
    group: str
    client: str
    package: str
    file: str
    sha256: str
    bytes: int
    take: tuple[tuple[str, str], ...]  # path or folder/ in the archive -> path or folder/ of ours
    system: System | None = None

    def key(self) -> str:
        """Folder name in the cache: another checksum or another selection is another folder."""
        text = self.sha256 + json.dumps(self.take)
        return f"{self.name}-{self.version}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class Group:
    name: str
    debian: tuple[str, ...]
    artifacts: tuple[Artifact, ...]


@dataclass(frozen=True)
class Manifest:
    groups: dict[str, Group]
    client_packages: dict[str, tuple[str, ...]]  # Debian packages that bring a client

    def group(self, name: str) -> Group:
        if name not in self.groups:
            known = ", ".join(self.groups)
            raise DevError(f"no such dependency group: '{name}'", f"there are: {known}", code=2)
        return self.groups[name]

    def artifacts(self) -> list[Artifact]:
        return [artifact for group in self.groups.values() for artifact in group.artifacts]


def parse_artifact(table: dict[str, Any]) -> Artifact:
    fields = dict(table)
    fields["take"] = tuple(sorted(fields.get("take", {}).items()))
    if "system" in fields:
        fields["system"] = System(**fields["system"])
    try:
        artifact = Artifact(**fields)
    except TypeError as problem:
        raise DevError(f"deps.toml: artifact '{table.get('name', '?')}': {problem}") from problem
    if artifact.client not in CLIENTS:
        raise DevError(f"deps.toml: unknown client of '{artifact.name}': '{artifact.client}'",
                       f"known: {', '.join(CLIENTS)}")
    if len(artifact.sha256) != 64 or not artifact.take:
        raise DevError(f"deps.toml: '{artifact.name}' needs a sha256 and a take table")
    return artifact


def parse_manifest(text: str) -> Manifest:
    tables = tomllib.loads(text)
    artifacts = [parse_artifact(table) for table in tables.get("artifact", [])]
    groups = {
        name: Group(name, tuple(body.get("debian", [])),
                    tuple(a for a in artifacts if a.group == name))
        for name, body in tables["group"].items()
    }
    for artifact in artifacts:
        if artifact.group not in groups:
            raise DevError(f"deps.toml: '{artifact.name}' is in no known group: '{artifact.group}'")
    clients = {name: tuple(body["debian"]) for name, body in tables.get("client", {}).items()}
    return Manifest(groups, clients)


def load_manifest(path: Path = paths.MANIFEST) -> Manifest:
    return parse_manifest(path.read_text("utf-8"))
