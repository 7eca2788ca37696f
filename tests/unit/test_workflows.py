"""The workflows use pinned actions and targets that exist."""

import re
from pathlib import Path

import pytest

from orchestration.settings import REPOSITORY_ROOT

WORKFLOWS = sorted((REPOSITORY_ROOT / ".github/workflows").glob("*.yml"))
TARGETS = set(
    re.findall(
        r"^([a-z0-9-]+):", (REPOSITORY_ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_its_digest(workflow: Path) -> None:
    for used in re.findall(r"uses: (.+)", workflow.read_text(encoding="utf-8")):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}  # v[\d.]+", used), used


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_every_target_of_make_exists(workflow: Path) -> None:
    text = workflow.read_text(encoding="utf-8")
    named = set(re.findall(r"make ([a-z][a-z0-9-]+)", text))
    for listed in re.findall(r"target: \[(.+)\]", text):
        named |= {name.strip() for name in listed.split(",")}
    assert named <= TARGETS
