"""Writes the table of supported statements and operations into this folder's README.md."""

from collections.abc import Iterator

from localaws.athena.support import FOLDER, entries

BEGIN, END = "<!-- support: begin -->", "<!-- support: end -->"
_TITLES = {"statement": "Statement", "operation": "API"}


def table() -> str:
    """Return the Markdown table."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    for kind, title in _TITLES.items():
        yield f"| {title} | supported | how it differs | proved by |"
        yield "|---|---|---|---|"
        for entry in entries()[kind]:
            name = entry.get("name") or ", ".join(entry["operations"])
            proofs = ", ".join(f"`{test.split('::')[1]}`" for test in entry["tests"])
            difference = entry.get("difference", "")
            yield f"| {name} | {entry['supported']} | {difference} | {proofs} |"
        yield ""


def with_table(readme: str) -> str:
    """Return a README's text with the table between its two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}{END}{after}"


def main() -> None:
    """Rewrite README.md."""
    path = FOLDER / "README.md"
    path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
