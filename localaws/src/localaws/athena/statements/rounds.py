"""How much one OPTIMIZE or VACUUM does: as on Athena, the rest is for the next one.

Athena ends such a round as a failure that names what it did. The words are those of
dbt-labs/dbt-athena #531 (100 partitions) and #703 (20,000 files); what the round did stays done.
"""

from collections import Counter
from collections.abc import Iterable

from localaws.athena.catalog.object_store import Location
from localaws.athena.engine.queries import rows_of
from localaws.athena.engine.session import Session
from localaws.athena.engine.words import literal, quoted
from localaws.athena.errors import QueryFailedError, failure
from localaws.athena.sql.names import Name
from localaws.athena.sql.token_stream import TokenStream
from localaws.trino.configuration import ICEBERG_CATALOG


def name_of_table(stream: TokenStream) -> Name:
    """Take ``[database.]table`` of OPTIMIZE and VACUUM.

    Neither takes double quotes (dbt-labs/dbt-athena #191). The guide to VACUUM puts a name that
    begins with an underscore into backticks, "do not enclose the database name".
    """
    parts = [_part(stream)]
    while len(parts) < 3 and stream.accept_symbol("."):
        parts.append(_part(stream))
    *places, (table, _) = parts
    if any(is_quoted for _, is_quoted in places):
        stream.seek_back(2 * len(parts) - 1)
        raise stream.unexpected()
    return Name(table, *(place for place, _ in reversed(places)))


def _part(stream: TokenStream) -> tuple[str, bool]:
    token = stream.peek()
    if token.text.startswith("`") and token.value:
        return stream.take().value.lower(), True
    if token.text.startswith('"'):
        raise stream.unexpected()
    return stream.identifier(), False


def files_of(location: str, session: Session) -> set[str]:
    """Return the keys of a table's objects."""
    return set(session.objects.keys(Location.parse(location)))


def more_vacuums(removed: int) -> QueryFailedError:
    """Return the failure of a VACUUM that has left files."""
    return failure(
        "ICEBERG_VACUUM_MORE_RUNS_NEEDED",
        f"Removed {removed} files in this round of vacuum, but there are more files remaining. "
        "Please run another VACUUM command to process the remaining files",
    )


def more_optimizes(partitions: int) -> QueryFailedError:
    """Return the failure of an OPTIMIZE that has left partitions."""
    return failure(
        "ICEBERG_OPTIMIZE_MORE_RUNS_NEEDED",
        f"Processed {partitions} partitions in this round of optimization, but there are more "
        "partitions remaining. Please run another OPTIMIZE command to process the remaining "
        "partitions in the table. If this persists, consider lowering your "
        "optimize_rewrite_min_data_file_size_bytes setting.",
    )


def files_of_one_round(
    name: Name, where: str | None, location: str, session: Session
) -> list[str] | None:
    """Return the files that an OPTIMIZE rewrites; None if it can rewrite all.

    A partition is rewritten if it has several data files, and its files are in a folder of its own.
    """
    limit = session.rounds.optimize_partitions
    if len({_folder(key) for key in files_of(location, session)}) <= limit:
        return None
    condition = f" WHERE {where}" if where else ""
    table = quoted(ICEBERG_CATALOG, name.database, name.table)
    files = [
        str(path)
        for (path,) in rows_of(session, f'SELECT DISTINCT "$path" FROM {table}{condition}')  # noqa: S608
    ]
    sizes = Counter(_folder(path) for path in files)
    scattered = sorted(folder for folder, size in sizes.items() if size > 1)
    if len(scattered) <= limit:
        return None
    chosen = set(scattered[:limit])
    return [path for path in files if _folder(path) in chosen]


def restricted(where: str | None, files: Iterable[str]) -> str:
    """Return the engine's condition of a round."""
    paths = f'"$path" IN ({", ".join(map(literal, files))})'
    return f"({where}) AND {paths}" if where else paths


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
