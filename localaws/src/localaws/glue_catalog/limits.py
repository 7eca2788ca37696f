"""Refuses what is beyond Glue's limits, before an operation of the catalog begins."""

from functools import wraps
from typing import Any

from moto.core.responses import ActionResult
from moto.glue.exceptions import GlueClientError
from moto.glue.responses import GlueResponse

from localaws.context.glue_limits import LimitError, refuse_beyond_limits
from localaws.glue_catalog.table_operations import Handler

LIMITED = {
    **{f"{verb}_database": f"{verb.title()}Database" for verb in ("create", "update")},
    **{f"{verb}_table": f"{verb.title()}Table" for verb in ("create", "update")},
    **{f"{verb}_partition": f"{verb.title()}Partition" for verb in ("create", "update")},
    **{f"batch_{verb}_partition": f"Batch{verb.title()}Partition" for verb in ("create", "update")},
    "get_databases": "GetDatabases",
    "get_partitions": "GetPartitions",
    "get_tables": "GetTables",
}
"""The operations of the catalog by the names of moto's methods."""


class ValidationError(GlueClientError):
    """Glue refuses a request whose members are beyond their limits."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


def limited(operation: str, handler: Handler) -> Handler:
    """Return a handler that checks its request first."""

    @wraps(handler)
    def handle(response: GlueResponse) -> ActionResult:
        try:
            refuse_beyond_limits(operation, response.parameters)
        except LimitError as error:
            raise ValidationError(str(error)) from error
        return handler(response)

    return handle


def install() -> None:
    """Put the check in front of the operations, whoever carries them out."""
    for name, operation in LIMITED.items():
        handler: Any = getattr(GlueResponse, name)
        setattr(GlueResponse, name, limited(operation, handler))
