"""Column statistics of tables and partitions, which moto does not have."""

from typing import Any, Protocol

from moto.core.responses import ActionResult, EmptyResult
from moto.glue.responses import GlueResponse

from localaws.glue_catalog.table_operations import Handler, table

_KEPT = "localaws_column_statistics"
"""Attribute of moto's table or partition: it lives and dies, and is saved, with its owner."""


class _Owner(Protocol):
    """A table or a partition of moto's."""


def _statistics(owner: _Owner) -> dict[str, dict[str, Any]]:
    if not hasattr(owner, _KEPT):
        setattr(owner, _KEPT, {})
    kept: dict[str, dict[str, Any]] = getattr(owner, _KEPT)
    return kept


def _partition(response: GlueResponse) -> _Owner:
    owner: _Owner = table(response).get_partition(response.parameters["PartitionValues"])
    return owner


def _update(owner: _Owner, response: GlueResponse) -> ActionResult:
    for statistics in response.parameters.get("ColumnStatisticsList") or []:
        _statistics(owner)[statistics["ColumnName"]] = statistics
    return ActionResult({"Errors": []})


def _get(owner: _Owner, response: GlueResponse) -> ActionResult:
    kept = _statistics(owner)
    names = response.parameters.get("ColumnNames") or []
    missing = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "No statistics found"}
    return ActionResult(
        {
            "ColumnStatisticsList": [kept[name] for name in names if name in kept],
            "Errors": [
                {"ColumnName": name, "Error": missing} for name in names if name not in kept
            ],
        }
    )


def _delete(owner: _Owner, response: GlueResponse) -> ActionResult:
    # Without an error where there are none: Trino takes one for a table that is gone.
    _statistics(owner).pop(response.parameters["ColumnName"], None)
    return EmptyResult()


OPERATIONS: dict[str, Handler] = {
    "update_column_statistics_for_table": lambda response: _update(table(response), response),
    "get_column_statistics_for_table": lambda response: _get(table(response), response),
    "delete_column_statistics_for_table": lambda response: _delete(table(response), response),
    "update_column_statistics_for_partition": lambda r: _update(_partition(r), r),
    "get_column_statistics_for_partition": lambda r: _get(_partition(r), r),
    "delete_column_statistics_for_partition": lambda r: _delete(_partition(r), r),
}
