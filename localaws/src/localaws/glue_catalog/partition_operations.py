"""Glue's GetPartitions."""

import zlib
from typing import Any

from moto.core.responses import ActionResult
from moto.glue.exceptions import InvalidInputException
from moto.glue.models import FakePartition
from moto.glue.responses import GlueResponse

from localaws.glue_catalog.partition_filter import ExpressionError, compile_filter
from localaws.glue_catalog.table_operations import Handler, page, table


def get_partitions(response: GlueResponse) -> ActionResult:
    """List the partitions that an expression selects, page by page."""
    found = table(response)
    keys = found.as_dict().get("PartitionKeys") or []
    names = [key["Name"].lower() for key in keys]
    try:
        selects = compile_filter(
            response.parameters.get("Expression"), {key["Name"]: key["Type"] for key in keys}
        )
        chosen = [
            partition
            for partition in sorted(found.partitions.values(), key=lambda p: p.values)
            if _in_segment(partition, response.parameters.get("Segment"))
            and selects(dict(zip(names, partition.values, strict=False)))
        ]
    except ExpressionError as error:
        raise InvalidInputException("GetPartitions", str(error)) from error
    shown, more = page(chosen, response)
    without_columns = bool(response.parameters.get("ExcludeColumnSchema"))
    listed = [_shown(partition, without_columns=without_columns) for partition in shown]
    return ActionResult({"Partitions": listed, **more})


def _in_segment(partition: FakePartition, segment: dict[str, Any] | None) -> bool:
    """Tell whether a partition is in a reader's share: every one is in exactly one."""
    if segment is None:
        return True
    share = zlib.crc32("/".join(partition.values).encode()) % int(segment["TotalSegments"])
    return share == int(segment["SegmentNumber"])


def _shown(partition: FakePartition, *, without_columns: bool) -> dict[str, Any]:
    shown: dict[str, Any] = partition.as_dict()
    if without_columns and "StorageDescriptor" in shown:
        storage = shown["StorageDescriptor"]
        shown["StorageDescriptor"] = {k: v for k, v in storage.items() if k != "Columns"}
    return shown


OPERATIONS: dict[str, Handler] = {"get_partitions": get_partitions}
