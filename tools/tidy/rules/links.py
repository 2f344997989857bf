"""Relative links in Markdown lead somewhere."""

import posixpath
import re

from repository import Finding

NAME = "links"
HOLDS = "relative links and anchors in Markdown resolve"

_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HEADING = re.compile(r"^#{1,6} +(.*?) *#*$", re.MULTILINE)


def _spaces(found):
    return re.sub(r"[^\n]", " ", found.group(0))


def check(repo):
    for path in repo.select(".md"):
        text = _CODE.sub(_spaces, _FENCE.sub(_spaces, repo.text(path)))
        for found in _LINK.finditer(text):
            target = found.group(1)
            if _SCHEME.match(target):
                continue
            problem = _problem(repo, path, target)
            if problem:
                yield Finding(path, text.count("\n", 0, found.start()) + 1, NAME, problem)


def _problem(repo, path, target):
    name, _, anchor = target.partition("#")
    file = posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) if name else path
    if file != "." and not repo.exists(file):
        return f"'{target}' leads nowhere; mend or remove the link"
    if anchor and file.endswith(".md") and anchor not in _anchors(repo.text(file)):
        return f"'{target}': '{file}' has no such heading; mend the anchor"
    return None


def _anchors(text):
    anchors = set()
    for heading in _HEADING.findall(_FENCE.sub(_spaces, text)):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).lower())
        anchors.add(words.strip().replace(" ", "-"))
    return anchors
