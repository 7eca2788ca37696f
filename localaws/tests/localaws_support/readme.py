"""The code blocks of a README."""

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"\s*(```|~~~)[`~]*\s*(\S*)")
_HEADING = re.compile(r"#+ +(.+)$")
_NOT_RUN = re.compile(r"<!-- *not run: *(\S.*?) *-->$")


@dataclass(frozen=True)
class Block:
    """A fenced block: the ``number``-th in its language below a heading, from 0."""

    heading: str
    language: str
    number: int
    text: str
    not_run: str | None
    """The reason in a comment above the block, as in ``<!-- not run: deletes the disk -->``."""

    @property
    def key(self) -> tuple[str, str, int]:
        return self.heading, self.language, self.number


def blocks(path: Path) -> list[Block]:
    """Return the blocks of a document, in order."""
    found: list[Block] = []
    heading = above = fence = ""
    language: str | None = None
    lines: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if language is not None:
            if line.strip().startswith(fence):
                number = sum(block.key[:2] == (heading, language) for block in found)
                reason = _NOT_RUN.match(above)
                text = "\n".join(lines) + "\n"
                found.append(Block(heading, language, number, text, reason[1] if reason else None))
                language, lines, above = None, [], ""
            else:
                lines.append(line)
        elif opened := _FENCE.match(line):
            fence, language = opened.groups()
        else:
            heading = title[1] if (title := _HEADING.match(line)) else heading
            above = line.strip() or above
    assert language is None, f"{path} has a block without an end"
    return found
