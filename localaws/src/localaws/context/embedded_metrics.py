"""Metrics in CloudWatch's embedded format, which CloudWatch takes from the log lines of functions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
A line that is not in this form, or only in part, is a log line and nothing else, as there.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

LAMBDA_GROUPS = "/aws/lambda/"
"""AWS documents that these groups are read. Glue's are not among them."""


def publish(account_id: str, region: str, group: str, lines: Iterable[str]) -> None:
    """Put the metrics in lines of a function's log group."""
    if not group.startswith(LAMBDA_GROUPS):
        return
    for line in lines:
        for namespace, data in metrics_in(line):
            cloudwatch_backends[account_id][region].put_metric_data(namespace, data)


def metrics_in(line: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield namespaces with their metrics, as PutMetricData takes them.

    Examples
    --------
    >>> list(metrics_in("a line"))
    []
    """
    if '"CloudWatchMetrics"' not in line:
        return
    try:
        document = json.loads(line)
        moment = datetime.fromtimestamp(document["_aws"]["Timestamp"] / 1000, UTC)
        moment = moment.replace(tzinfo=None)  # as moto keeps times
        directives = document["_aws"]["CloudWatchMetrics"]
        found = [
            (str(directive["Namespace"]), list(_data(document, directive, moment)))
            for directive in directives
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return
    yield from found


def _data(
    document: dict[str, Any], directive: dict[str, Any], moment: datetime
) -> Iterator[dict[str, Any]]:
    for names in directive.get("Dimensions") or [[]]:
        dimensions = [{"Name": name, "Value": str(document[name])} for name in names]
        for metric in directive["Metrics"]:
            value = document[metric["Name"]]
            yield {
                "MetricName": metric["Name"],
                "Values": [float(it) for it in (value if isinstance(value, list) else [value])],
                "Unit": metric.get("Unit", "None"),
                "Dimensions": dimensions,
                "Timestamp": moment,
            }
