"""The Glue catalog where moto's falls short of what engines need.

Column statistics, optimistic locking of UpdateTable, versions, names in lower case, patterns and
pages of GetTables, segments and expressions of GetPartitions, limits of every member.
"""

from moto.glue.responses import GlueResponse

from localaws.context import ServerContext
from localaws.glue_catalog import (
    column_statistics,
    limits,
    partition_operations,
    table_operations,
)


def install(_context: ServerContext) -> None:
    """Replace moto's operations by these.

    Parameters
    ----------
    _context
        The server; every executor is given it.
    """
    for operations in (
        column_statistics.OPERATIONS,
        partition_operations.OPERATIONS,
        table_operations.OPERATIONS,
    ):
        for name, handler in operations.items():
            setattr(GlueResponse, name, handler)
    limits.install()
