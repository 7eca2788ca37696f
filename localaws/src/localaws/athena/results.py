"""Results in S3, as Athena leaves them, and their pages for GetQueryResults."""

import re
import tempfile
from collections.abc import Sequence
from typing import Any

from localaws.athena.errors import InvalidRequestError
from localaws.athena.execution import QueryExecution
from localaws.athena.object_store import Location, ObjectStore
from localaws.athena.result_types import column_info, formatter
from localaws.trino.client import Row

MAX_ROWS_PER_PAGE = 1000
"""Athena's limit of rows in one GetQueryResults response, the header row included."""

_SPOOL_BYTES = 8 << 20
_READ_BYTES = 256 << 10
_CELL = re.compile(rb'(?:"([^"]*(?:""[^"]*)*)")?([,\n])')
_NULLABLE = {"NOT_NULL": 1, "NULLABLE": 2, "UNKNOWN": 3}


class CsvResult:
    """Writes rows as Athena's results CSV: every value quoted, a null empty and unquoted.

    Parameters
    ----------
    columns
        Columns of Trino's client protocol.
    """

    def __init__(self, columns: Sequence[dict[str, Any]]) -> None:
        self._forms = [formatter(column["typeSignature"]) for column in columns]
        self.columns = [column_info(c["name"], c["typeSignature"]) for c in columns]
        self._file = tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115 - closed in store
        self.row_count = 0
        self._write([[column["name"] for column in columns]], [str] * len(columns))

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows."""
        self.row_count += len(rows)
        self._write(rows, self._forms)

    def _write(self, rows: Sequence[Row], forms: Sequence[Any]) -> None:
        lines = [
            ",".join(
                "" if value is None else '"' + form(value).replace('"', '""') + '"'
                for form, value in zip(forms, row, strict=True)
            )
            for row in rows
        ]
        self._file.write(("\n".join(lines) + "\n").encode("utf-8", "surrogatepass"))

    def store(self, objects: ObjectStore, location: Location) -> None:
        """Put the result where the query's owner wants it, with its metadata beside it."""
        with self._file as source:
            source.seek(0)
            objects.put_file(location, source, "application/octet-stream")
        store_metadata(objects, location, self.columns)

    def discard(self) -> None:
        """Give the space back without storing."""
        self._file.close()


def store_text(objects: ObjectStore, execution: QueryExecution, lines: Sequence[str]) -> None:
    """Put the plain-text result of a DDL statement into S3."""
    if execution.output_location is None:
        return
    location = Location.parse(execution.output_location)
    content = "".join(f"{line}\n" for line in lines).encode()
    objects.put(location, content, "application/octet-stream")
    store_metadata(objects, location, execution.columns)


def store_metadata(
    objects: ObjectStore, location: Location, columns: Sequence[dict[str, Any]]
) -> None:
    """Put the ``.metadata`` object beside a result: protobuf, as Athena's drivers read it."""
    content = _field(1, location.key.rsplit("/", 1)[-1])
    for column in columns:
        content += _field(4, _column_message(column))
    target = Location(location.bucket, f"{location.key}.metadata")
    objects.put(target, content, "application/octet-stream")


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def _field(number: int, value: str | bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _column_message(column: dict[str, Any]) -> bytes:
    return b"".join(
        (
            _field(1, column["CatalogName"]),
            _field(4, column["Name"]),
            _field(5, column["Label"]),
            _field(6, column["Type"]),
            _field(7, column["Precision"]),
            _field(8, column["Scale"]),
            _field(9, _NULLABLE[column["Nullable"]]),
            _field(10, int(column["CaseSensitive"])),
        )
    )


def page(
    objects: ObjectStore, execution: QueryExecution, token: str | None, max_rows: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Read one page of a result.

    Parameters
    ----------
    objects
        Where results are.
    execution
        Whose result.
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
