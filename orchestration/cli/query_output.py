"""The formats of ``make query``: a table for people, CSV and JSON for programs."""

import itertools
import json
import re
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum

from orchestration.cli.athena import Row, Statement
from orchestration.cli.screen import CONTROLS, Part, Screen, grid, one_line, width_of
from orchestration.errors import PipelineError

TABLE_ROWS = 1000
_NULL: Part = ("NULL", "dim")
_GAP_COLUMNS = 2  # that `grid` leaves between two columns
_NUMBERS = frozenset({"tinyint", "smallint", "integer", "int", "bigint", "float", "real", "double"})
_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
# JSON does not escape most of these, and a terminal must not get them.
_CONTROLS_IN_JSON = re.compile(f"[{CONTROLS}]")


class Format(StrEnum):
    """Values of ``FORMAT``."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def chosen_format(asked: str | None, screen: Screen) -> Format:
    """Return the format asked for; by default a table on a terminal and CSV elsewhere.

    Raises
    ------
    PipelineError
        There is no such format.
    """
    if not asked:
        return Format.TABLE if screen.is_terminal else Format.CSV
    try:
        return Format(asked.lower())
    except ValueError:
        raise PipelineError(
            f"FORMAT={asked} is not a known format; use table, csv or json."
        ) from None


def show(
    statement: Statement, form: Format, screen: Screen, errors: Screen, *, limit: int | None
) -> None:
    """Print the rows of a statement.

    Parameters
    ----------
    statement
        Its rows are read once; for CSV and JSON they are never all in memory.
    form
        Format to print them in.
    screen, errors
        Where the rows go, and where the note about omitted rows goes.
    limit
        Most rows to print, 0 for all. None: 1,000 in a table, all in CSV and JSON.
    """
    if limit is None:
        limit = TABLE_ROWS if form is Format.TABLE else 0
    limit = min(limit, sys.maxsize)  # islice takes no more, and no result has as many
    rows = itertools.islice(statement.rows, limit) if limit else statement.rows
    if form is Format.TABLE:
        _show_table(statement, list(rows), screen)
    else:
        lines = csv_lines if form is Format.CSV else json_lines
        screen.data(lines(statement.columns, statement.types, rows))
    if limit and next(statement.rows, None) is not None:
        errors.line(
            ("Cut:", "bold yellow"),
            f" only the first {limit:,} rows are shown; there are more. LIMIT=0 shows all of them; "
            "FORMAT=csv and FORMAT=json print all unless LIMIT is set.",
        )


def csv_lines(columns: Sequence[str], _types: Sequence[str], rows: Iterator[Row]) -> Iterator[str]:
    """Yield the lines of a CSV as Athena writes its result files.

    Every value is in quotes; null is nothing at all, unlike the empty text ``""``.

    Examples
    --------
    >>> print(*csv_lines(["a", "b"], ["varchar", "varchar"], iter([[None, ""]])), sep="", end="")
    "a","b"
    ,""
    """
    if columns:
        yield _csv_line(list(columns))
    yield from map(_csv_line, rows)


def _csv_line(cells: Row) -> str:
    quoted = ("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in cells)
    return ",".join(quoted) + "\n"


def json_lines(columns: Sequence[str], types: Sequence[str], rows: Iterator[Row]) -> Iterator[str]:
    """Yield one JSON array, one record a line; null, numbers and booleans are JSON's own.

    Numbers keep all their digits. NaN and Infinity, which JSON does not have, and all other types
    are texts, as Athena writes them.

    Raises
    ------
    PipelineError
        Two columns have the same name, and one would hide the other.

    Examples
    --------
    >>> print(*json_lines(["n", "t"], ["bigint", "varchar"], iter([["1", None]])), sep="", end="")
    [
    {"n": 1, "t": null}
    ]
    """
    if twice := sorted({name for name in columns if list(columns).count(name) > 1}):
        raise PipelineError(
            f"Two columns are called {', '.join(twice)}, and a JSON record has one value per name. "
            "Give them different names (select … as …), or use FORMAT=csv."
        )
    names = [_json_text(name) for name in columns]
    yield "["
    separator = "\n"
    for row in rows:
        fields = zip(names, row, types, strict=True)
        record = ", ".join(f"{name}: {_json_value(cell, kind)}" for name, cell, kind in fields)
        yield f"{separator}{{{record}}}"
        separator = ",\n"
    yield "]\n" if separator == "\n" else "\n]\n"


def _json_value(cell: str | None, type_name: str) -> str:
    if cell is None:
        return "null"
    kind = type_name.partition("(")[0].lower()
    if kind == "boolean" and cell in {"true", "false"}:
        return cell
    if (kind in _NUMBERS or kind == "decimal") and _JSON_NUMBER.fullmatch(cell):
        return cell
    return _json_text(cell)


def _json_text(text: str) -> str:
    return _CONTROLS_IN_JSON.sub(
        lambda match: json.dumps(match.group())[1:-1], json.dumps(text, ensure_ascii=False)
    )


def _show_table(statement: Statement, rows: list[Row], screen: Screen) -> None:
    columns = statement.columns
    if not columns:
        screen.line("Done.")
    elif not statement.is_select and len(columns) == 1:
        for row in rows:
            screen.line(row[0] or "")
    elif _width(columns, rows) > screen.width:
        _show_records(columns, rows, screen)
    else:
        figures = [
            number for number, name in enumerate(statement.types) if name.lower() in _NUMBERS
        ]
        screen.table(grid(columns, ([_cell(cell) for cell in row] for row in rows), right=figures))
    took = f"{statement.scanned_bytes:,} bytes scanned, {statement.seconds:.2f} s"
    screen.line((f"{len(rows):,} row{'' if len(rows) == 1 else 's'}, {took}", "dim"))


def _show_records(columns: list[str], rows: list[Row], screen: Screen) -> None:
    """Print each row as a list of its columns, one per line."""
    for number, row in enumerate(rows, 1):
        title = f"── record {number:,} "
        screen.line((title + "─" * max(0, min(screen.width, 80) - width_of(title)), "dim"))
        pairs = ((name, _cell(cell)) for name, cell in zip(columns, row, strict=True))
        screen.table(grid(["column", "value"], pairs, header=False))


def _cell(cell: str | None) -> Part:
    """Return what a person sees: NULL, and an SQL literal for every ambiguous text.

    Ambiguous are an empty text, one with white space around it, one that reads NULL, and one in
    quotes.
    """
    if cell is None:
        return _NULL
    if cell in {"", "NULL"} or cell != cell.strip() or cell.startswith("'"):
        return "'" + cell.replace("'", "''") + "'"
    return cell


def _width(columns: list[str], rows: list[Row]) -> int:
    widths = [width_of(one_line(name)) for name in columns]
    for row in rows:
        for number, cell in enumerate(row):
            part = _cell(cell)
            text = part if isinstance(part, str) else part[0]
            widths[number] = max(widths[number], width_of(one_line(text)))
    return sum(widths) + _GAP_COLUMNS * (len(widths) - 1)
