"""Finds every query that the documents show to a reader, so that a test can run it as a reader would."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "docs/*.md", "dbt_project/docs/*.md")
DESCRIPTIONS = "models/**/*.yml"
_BLOCK = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"make query\b[^\n]*?\bSQL=(?:\"(.*?)\"|'(.*?)')", re.DOTALL)
_SPAN = re.compile(r"`(select [^`]*)`")


@dataclass(frozen=True)
class Example:
    """A query as written, and where it is."""

    place: str
    sql: str

    def __str__(self) -> str:
        return self.place


def examples() -> list[Example]:
    """Return the queries of all documents and of the descriptions of the models."""
    found: list[Example] = []
    for pattern in DOCUMENTS:
        for path in sorted(ROOT.glob(pattern)):
            text = _without_output(path.read_text(encoding="utf-8"))
            queries = _BLOCK.findall(text)
            queries += [double or single for double, single in _COMMAND.findall(text)]
            found += _numbered(path, queries)
    for path in sorted(ROOT.glob(DESCRIPTIONS)):
        models = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", [])
        queries = [q for model in models for q in _SPAN.findall(model["description"])]
        found += _numbered(path, queries)
    return found


def _without_output(text: str) -> str:
    """Return a document without its blocks that have no language: they are output, not input."""
    kept: list[str] = []
    is_output = is_block = False
    for line in text.splitlines(keepends=True):
        if line.startswith("```"):
            is_output = not is_block and line.strip() == "```"
            is_block = not is_block
        if not (is_output and is_block):
            kept.append(line)
    return "".join(kept)


def _numbered(path: Path, queries: list[str]) -> list[Example]:
    name = path.relative_to(ROOT)
    return [Example(f"{name}:{number}", sql) for number, sql in enumerate(queries, start=1)]
