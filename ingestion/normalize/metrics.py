"""The job's figures in CloudWatch, by its API.

Lambda's log groups are read for metrics in the embedded format; nothing documents that Glue's are:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
"""

import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

NAMESPACE = "WistiaPipeline"  # the job's role may write to this one only
SERVICE = "normalize"
COUNTS = (
    *("rows_in", "rows_out", "duplicates", "unchanged", "superseded", "quarantined"),
    "partitions_written",
)

_logger = logging.getLogger(__name__)


def metric_data(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the figures of a run: each count by stream, and what the run quarantined in total.

    The total is one figure a night, which the alarm watches: it never adds up two nights.
    """
    by_stream = [
        _count(f"normalize_{name}", counts[name], {"stream": stream})
        for stream, counts in summary["streams"].items()
        for name in COUNTS
    ]
    total = sum(counts["quarantined"] for counts in summary["streams"].values())
    return [*by_stream, _count("QuarantinedRows", total, {"service": SERVICE})]


def put_metrics(client: Any, summary: dict[str, Any]) -> None:
    """Send the figures of a run; if that fails, log it: the data of the night is good."""
    try:
        client.put_metric_data(Namespace=NAMESPACE, MetricData=metric_data(summary))
    except (BotoCoreError, ClientError) as error:
        _logger.warning(
            "CloudWatch did not take the figures of this run, so its alarm and dashboard lack "
            "them: %s",
            error,
        )


def _count(name: str, value: float, dimensions: dict[str, str]) -> dict[str, Any]:
    return {
        "MetricName": name,
        "Value": value,
        "Unit": "Count",
        "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
    }
