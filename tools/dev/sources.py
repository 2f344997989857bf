"""Which files of the repository a verb looks at: git knows."""

from pathlib import Path

from dev import paths, process
from dev.console import DevError

CPP = (".h", ".cc", ".cpp")
MAIN_BRANCHES = ("origin/main", "main")


def git(*words: str) -> tuple[int, str]:
    """Runs git in this clone, whoever owns it (in containers often another user)."""
    trust = f"safe.directory={paths.ROOT}"
    return process.capture(["git", "-C", str(paths.ROOT), "-c", trust, *words])


def listed(*words: str) -> list[str]:
    code, text = git(*words, "-z")
    if code != 0:
        raise DevError(f"git {' '.join(words)} failed", "is this a clone?")
    return [name for name in text.split("\0") if name]


def is_cpp(name: str) -> bool:
    return name.endswith(CPP)


def tracked_cpp() -> list[Path]:
    """C++ files that git knows or would know."""
    names = listed("ls-files", "--cached", "--others", "--exclude-standard")
    return [paths.ROOT / name for name in names if is_cpp(name) and (paths.ROOT / name).exists()]


def base_commit() -> str | None:
    """What a change is measured against: where the branch left main; on main, the commit before."""
    _, head = git("rev-parse", "HEAD")
    for branch in MAIN_BRANCHES:
        code, base = git("merge-base", "HEAD", branch)
        if code == 0 and base != head:
            return base.strip()
    code, parent = git("rev-parse", "--verify", "--quiet", "HEAD~1")
    return parent.strip() if code == 0 else None


def changed_cpp(base: str) -> list[Path]:
    """C++ files that differ from a commit, those not yet committed included."""
    names = listed("diff", "--name-only", "--diff-filter=d", base)
    names += listed("ls-files", "--others", "--exclude-standard")
    return sorted({paths.ROOT / name for name in names if is_cpp(name)})
