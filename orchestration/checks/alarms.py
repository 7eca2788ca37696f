"""After a night: each alarm exists, has data, and reaches somebody."""

import re
from collections.abc import Iterator
from typing import Any

from orchestration.checks.check import Finding, Site, bad, good, unknown

NIGHTS_ARE_DUE = "ScheduleIsOn"
# Metrics that AWS publishes only when it happens.
WITHOUT_DATA = {
    "ExecutionsFailed": "no night has failed",
    "ExecutionsTimedOut": "no night has timed out",
    "ExecutionsAborted": "no night was stopped",
    "ApproximateNumberOfMessagesVisible": "the queue was never used",
}


def alarms(site: Site) -> Iterator[Finding]:
    """Say of each alarm of the stack whether it is there, quiet, fed and heard."""
    expected = site.of_type("AWS::CloudWatch::Alarm")
    found: dict[str, dict[str, Any]] = {}
    pages = site.client("cloudwatch").get_paginator("describe_alarms")
    for page in pages.paginate(AlarmNamePrefix=f"{site.settings.stack_name}-"):
        found |= {alarm["AlarmName"]: alarm for alarm in page["MetricAlarms"]}
    for name in expected:
        about = name.removeprefix(f"{site.settings.stack_name}-")
        if name not in found:
            yield bad("is missing", f"make deploy{site.target}", about=about)
        else:
            yield _judged(site, found[name], about)


def _judged(site: Site, alarm: dict[str, Any], about: str) -> Finding:
    topics = site.of_type("AWS::SNS::Topic")
    if not alarm.get("ActionsEnabled", True) or not set(alarm["AlarmActions"]) & set(topics):
        advice = f"make deploy{site.target}, or enable its actions in the console"
        return bad("sends no mail", advice, about=about)
    if alarm["StateValue"] == "ALARM":
        entry = re.search(r"runbook '([^']+)'", alarm.get("AlarmDescription", ""))
        advice = f"docs/runbook.md: {entry[1]}" if entry else "see its description"
        return bad("is in ALARM", advice, about=about)
    return _fed(site, alarm, about)


def _fed(site: Site, alarm: dict[str, Any], about: str) -> Finding:
    """Judge whether an alarm has data: of its own metrics, and that nights are due."""
    metrics = list(_metrics(alarm))
    fed = [it for it in metrics if _has_data(site, *it)]
    own = [it for it in fed if it[1] != NIGHTS_ARE_DUE]
    is_due = any(it[1] == NIGHTS_ARE_DUE for it in metrics)
    is_on = is_due and site.parameters["ScheduleState"] == "ENABLED"
    state = alarm["StateValue"]
    if own and (len(fed) > len(own) or not is_on):
        return good(f"{state}, {len(fed)} of {len(metrics)} metrics have data", about=about)
    why = [WITHOUT_DATA.get(name) for _, name, _ in metrics]
    if all(why):
        return good(f"{state}, and no data: {why[0]}", about=about)
    lacking = [f"{it[0]} {it[1]}" for it in metrics if it not in fed]
    seen = f"{state}, and no data of {' or '.join(dict.fromkeys(lacking))}"
    if own:
        seen = f"{state}, and no data of {NIGHTS_ARE_DUE}: it can never fire"
    if site.settings.is_local:
        return unknown(f"cannot be checked here: {seen}", about=about)
    return bad(
        seen, "Normal before the first night; else look at the log of its sender", about=about
    )


def _metrics(alarm: dict[str, Any]) -> Iterator[tuple[str, str, list[dict[str, str]]]]:
    if alarm.get("MetricName"):
        yield alarm["Namespace"], alarm["MetricName"], alarm.get("Dimensions", [])
    for item in alarm.get("Metrics", ()):
        if "MetricStat" in item:
            metric = item["MetricStat"]["Metric"]
            yield metric["Namespace"], metric["MetricName"], metric.get("Dimensions", [])


def _has_data(site: Site, namespace: str, name: str, dimensions: list[dict[str, str]]) -> bool:
    """Return whether CloudWatch lists the metric: it does for two weeks after a data point."""
    listed = site.client("cloudwatch").list_metrics(
        Namespace=namespace, MetricName=name, Dimensions=dimensions
    )["Metrics"]
    return any(len(item["Dimensions"]) == len(dimensions) for item in listed)


def subscriptions(site: Site) -> Iterator[Finding]:
    """Say whether somebody hears the alarms."""
    for topic in site.of_type("AWS::SNS::Topic"):
        found = site.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        confirmed = [it for it in found if str(it["SubscriptionArn"]).startswith("arn:")]
        name = topic.rpartition(":")[2]
        if confirmed:
            seen = f"{len(confirmed)} of {len(found)} subscriptions are confirmed"
            yield good(seen, about=name)
        elif found:
            yield bad("no subscription is confirmed", "Open the mail of SNS", about=name)
        elif site.settings.is_local:
            yield good("no mail is sent: the commands show what happens here", about=name)
        else:
            advice = "make deploy TARGET=aws ALERT_EMAIL=you@example.com"
            yield bad("nobody has subscribed", advice, about=name)
