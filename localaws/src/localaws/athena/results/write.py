"""Leaves the result of a statement in S3 and describes it in its execution."""

from collections.abc import Sequence
from typing import Any

from localaws.athena.catalog.object_store import Location
from localaws.athena.engine.queries import finish
from localaws.athena.engine.session import Session
from localaws.athena.results.csv_result import CsvResult
from localaws.athena.results.metadata import store_metadata
from localaws.athena.results.result_types import ROWS_COLUMN
from localaws.trino.client import Row, RunningQuery


def write_lines(
    session: Session, lines: Sequence[str], columns: Sequence[dict[str, Any]] = ()
) -> None:
    """Store the plain-text result of a DDL statement.

    Parameters
    ----------
    session
        The execution's surroundings.
    lines
        Lines of the text, without line ends.
    columns
        ColumnInfo of the result.
    """
    execution = session.execution
    execution.is_text = True
    execution.columns = list(columns)
    if execution.output_location is None:
        return
    location = Location.parse(execution.output_location)
    content = "".join(f"{line}\n" for line in lines).encode()
    session.objects.put(location, content, "application/octet-stream")
    store_metadata(session.objects, location, execution.columns)


def write_rows(session: Session, running: RunningQuery) -> None:
    """Follow a query of the engine to its end and store its rows as a CSV."""
    result: CsvResult | None = None

    def write(rows: Sequence[Row]) -> None:
        nonlocal result
        if result is None:
            result = CsvResult(running.columns or [])
        result.write(rows)

    try:
        finish(session, running, write)
        result = result or CsvResult(running.columns or [])
    except BaseException:
        if result is not None:
            result.discard()
        raise
    execution = session.execution
    execution.columns = result.columns
    execution.statistics.rows_out = result.row_count
    result.store(session.objects, Location.parse(execution.output_location or ""))


def write_count(session: Session, count: int) -> None:
    """Describe the result of a statement that writes: a count, and no object but the metadata."""
    execution = session.execution
    execution.columns = [ROWS_COLUMN]
    execution.update_count = count
    execution.statistics.rows_out = count
    if execution.output_location is not None:
        location = Location.parse(execution.output_location)
        store_metadata(session.objects, location, execution.columns)
