"""The files and headings that the documents refer to exist."""

import re
import subprocess
from pathlib import Path

import pytest

from orchestration.settings import REPOSITORY_ROOT

_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#([^)\s]+))?\)")
_PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|yml|toml|csv|sql))`")


def _documents() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=REPOSITORY_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(name for name in listed.stdout.split() if name != "CHANGELOG.md")


def _anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ +(.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in words}


@pytest.mark.parametrize("name", _documents())
def test_every_link_leads_somewhere(name: str) -> None:
    document = REPOSITORY_ROOT / name
    for path, anchor in _LINK.findall(document.read_text(encoding="utf-8")):
        target = document.parent / path
        assert target.exists(), f"{path} does not exist"
        if anchor and target.suffix == ".md":
            assert anchor in _anchors(target), f"{path} has no heading #{anchor}"


@pytest.mark.parametrize("name", _documents())
def test_every_file_that_is_named_with_its_folder_exists(name: str) -> None:
    document = REPOSITORY_ROOT / name
    bases = (REPOSITORY_ROOT, document.parent, *(document.parent / "src").glob("*/"))
    for path in _PATH.findall(document.read_text(encoding="utf-8")):
        assert any((base / path).exists() for base in bases), f"{path} does not exist"
