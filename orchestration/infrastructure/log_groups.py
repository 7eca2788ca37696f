"""Lets log groups expire that a service shares between stacks, and that no template can own."""

from collections.abc import Callable

from orchestration.cloud import Cloud
from orchestration.infrastructure.stack import describe

SHARED = ("/aws-glue/crawlers",)
"""Glue crawlers write into this one only, whatever they are called."""
_DEFAULT_DAYS = 30


def expire_shared(cloud: Cloud, say: Callable[[str], None]) -> None:
    """Set the retention of shared log groups that never expire; one that is set stays as it is.

    Parameters
    ----------
    cloud
        The AWS of the groups.
    say
        Callback that receives a progress message.
    """
    client = cloud.client("logs")
    for name in SHARED:
        listed = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        group = next((it for it in listed if it["logGroupName"] == name), None)
        if group is None:
            client.create_log_group(logGroupName=name)
        if group is None or "retentionInDays" not in group:
            days = _days(cloud)
            say(f"Log group {name}: lines expire after {days} days")
            client.put_retention_policy(logGroupName=name, retentionInDays=days)


def _days(cloud: Cloud) -> int:
    parameters = (describe(cloud) or {}).get("Parameters", [])
    values = {it["ParameterKey"]: it["ParameterValue"] for it in parameters}
    return int(values.get("LogRetentionDays", _DEFAULT_DAYS))
