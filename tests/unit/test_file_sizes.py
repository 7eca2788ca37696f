"""A file that wants a second topic becomes two."""

import subprocess
from fnmatch import fnmatch

from orchestration.settings import REPOSITORY_ROOT

MOST_LINES = 400
# Declarations, and what a tool writes.
EXEMPT = (
    "requirements/*.txt",
    "*.sha256",
    "orchestration/infrastructure/*.yml",
    "LICENSE",
    "*.csv",
    "*.json",
)


def test_no_file_is_longer_than_a_reader_can_keep_in_mind() -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=REPOSITORY_ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    long: dict[str, int] = {}
    for name in listed:
        path = REPOSITORY_ROOT / name
        if not path.is_file() or any(fnmatch(name, pattern) for pattern in EXEMPT):
            continue
        lines = len(path.read_bytes().splitlines())
        if lines > MOST_LINES:
            long[name] = lines
    assert long == {}
