"""Rows as the CSV that Athena writes into S3."""

import tempfile
from collections.abc import Sequence
from typing import Any

from localaws.athena.catalog.object_store import Location, ObjectStore
from localaws.athena.results.metadata import store_metadata
from localaws.athena.results.result_types import column_info, formatter
from localaws.trino.client import Row

_SPOOL_BYTES = 8 << 20


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
        """Store the result at its location, with its metadata beside it."""
        with self._file as source:
            source.seek(0)
            objects.put_file(location, source, "application/octet-stream")
        store_metadata(objects, location, self.columns)

    def discard(self) -> None:
        """Return the space back without storing."""
        self._file.close()
