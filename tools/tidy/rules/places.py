"""The repository works wherever it is cloned and behind whatever mirror: it names neither."""

import re

from repository import Finding

NAME = "places"
HOLDS = "no path of one machine and no host name of a package registry in any file"

_PATH = re.compile(r"(?<![\w.$}~/-])/(?:work|root|home|Users)/")
# In pieces, so that this file names none of them either.
_HOSTS = [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"),
          ("yarnpkg", "com"), ("crates", "io"), ("maven", "org"), ("maven.apache", "org"),
          ("golang", "org"), ("debian", "org"), ("ubuntu", "com"), ("anaconda", "org"),
          ("docker", "io"), ("ghcr", "io"), ("quay", "io"), ("rubygems", "org"), ("nuget", "org")]
# Cargo.lock names its index "<host>-index"; cargo writes that line itself.
_HOST = re.compile("|".join(rf"\b{re.escape('.'.join(host))}\b(?!-index)" for host in _HOSTS))


def check(repo):
    for path in repo.paths:
        if repo.is_binary(path):
            continue
        text = repo.text(path)
        for found in _PATH.finditer(text):
            yield Finding(path, text.count("\n", 0, found.start()) + 1, NAME,
                          f"'{found.group(0)}...' exists on one machine only; make it relative, or "
                          "take it from the environment")
        for found in _HOST.finditer(text):
            yield Finding(path, text.count("\n", 0, found.start()) + 1, NAME,
                          f"'{found.group(0)}' is a registry; its client knows where it is, name "
                          "the package instead")
