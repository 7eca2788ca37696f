"""Pages of a stored result for GetQueryResults."""

import re
from typing import Any

from localaws.athena.catalog.object_store import Location, ObjectStore
from localaws.athena.errors import InvalidRequestError
from localaws.athena.execution import QueryExecution

MAX_ROWS_PER_PAGE = 1000
"""Athena's limit of rows in one GetQueryResults response, the header row included."""

_READ_BYTES = 256 << 10
_CELL = re.compile(rb'(?:"([^"]*(?:""[^"]*)*)")?([,\n])')


def page(
    objects: ObjectStore, execution: QueryExecution, token: str | None, max_rows: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Read one page of a result.

    Parameters
    ----------
    objects
        Where results are.
    execution
        The execution whose result is read.
    token
        NextToken of the page before; None is the first page.
    max_rows
        Rows at most.

    Returns
    -------
    tuple
        Rows of ``ResultSet.Rows`` and the next page's token.

    Raises
    ------
    InvalidRequestError
        The token is not one of this result, or the result was deleted.
    """
    if execution.update_count is not None:
        return [], None
    location = Location.parse(execution.output_location or "")
    size = objects.size(location)
    if size is None:
        raise InvalidRequestError(f"Could not find results at {location}", "INVALID_INPUT")
    offset = _offset(execution, token, size)
    reader = _Reader(objects, location, offset)
    rows: list[dict[str, Any]] = []
    read_row = reader.text_row if execution.is_text else reader.csv_row
    while len(rows) < max_rows and reader.offset < size:
        rows.append({"Data": read_row()})
    more = reader.offset < size
    return rows, f"{execution.id}:{reader.offset}" if more else None


def _offset(execution: QueryExecution, token: str | None, size: int) -> int:
    if token is None:
        return 0
    owner, _, text = token.partition(":")
    if owner != execution.id or not text.isdigit() or int(text) > size:
        raise InvalidRequestError("Invalid NextToken", "INVALID_INPUT")
    return int(text)


class _Reader:
    """Reads rows of a stored result from an offset on, some hundred KiB at a time."""

    def __init__(self, objects: ObjectStore, location: Location, offset: int) -> None:
        self._objects, self._location = objects, location
        self.offset = offset
        self._buffer = b""
        self._at = 0

    def _more(self) -> bool:
        start = self.offset + len(self._buffer) - self._at
        chunk = self._objects.read(self._location, start, _READ_BYTES)
        self._buffer = self._buffer[self._at :] + chunk
        self._at = 0
        return bool(chunk)

    def _take(self, end: int) -> None:
        self.offset += end - self._at
        self._at = end

    def csv_row(self) -> list[dict[str, str]]:
        """Read the next row of a CSV."""
        while True:
            cells: list[dict[str, str]] = []
            at = self._at
            while (match := _CELL.match(self._buffer, at)) is not None:
                text, separator = match.groups()
                if text is None:
                    cells.append({})
                else:
                    cells.append({"VarCharValue": text.replace(b'""', b'"').decode()})
                at = match.end()
                if separator == b"\n":
                    self._take(at)
                    return cells
            if not self._more():  # cut off by whoever overwrote the object
                self.offset += len(self._buffer) - self._at
                return cells

    def text_row(self) -> list[dict[str, str]]:
        """Read the next line of a plain text."""
        while (end := self._buffer.find(b"\n", self._at)) < 0:
            if not self._more():
                end = len(self._buffer)
                break
        line = self._buffer[self._at : end].decode()
        self._take(min(end + 1, len(self._buffer)))
        return [{"VarCharValue": line}]
