"""The states of a CloudWatch alarm over time, computed from its properties and the metrics.

Rules, from AWS's documentation:

* A window is Period x EvaluationPeriods long and slides: it ends at the moment of evaluation.
  https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
* A standard alarm is evaluated every minute. One that looks back more than a day needs periods of
  an hour or more, may look back seven days, and is evaluated once an hour. Both rhythms are
  simulated (`minutes_between`), and neither may matter.
  https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
* CloudWatch looks at some more data points than EvaluationPeriods (how many is not documented;
  five for three in its example: `farther_back`). If enough of them exist, the newest count; if not,
  what is missing is filled with TreatMissingData, as few times as possible.
  https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
* SUM and MAX over an array of series skip a series at a time at which it has no data point.
  https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Key = tuple[str, str, frozenset[tuple[str, str]]]
Points = list[float | None]
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "Average": lambda values: sum(values) / len(values),
}
MINUTE = timedelta(minutes=1)


@dataclass
class Metrics:
    """Data points by metric, in the order of time."""

    series: dict[Key, list[tuple[datetime, float]]] = field(default_factory=dict)

    def put(self, at: datetime, namespace: str, name: str, value: float, **dimensions: str) -> None:
        """Add a data point."""
        key = (namespace, name, frozenset(dimensions.items()))
        self.series.setdefault(key, []).append((at, value))

    def sorted(self) -> "Metrics":
        """Return them in the order of time."""
        return Metrics({key: sorted(points) for key, points in self.series.items()})


@dataclass(frozen=True)
class Clock:
    """When alarms are evaluated: every ``step`` from ``start`` on."""

    start: datetime
    end: datetime
    step: timedelta

    def times(self) -> list[datetime]:
        """Return the moments."""
        count = int((self.end - self.start) / self.step)
        return [self.start + self.step * number for number in range(count)]


def states(
    alarm: Mapping[str, Any],
    metrics: Metrics,
    clock: Clock,
    *,
    created: datetime,
    farther_back: int = 2,
    minutes_between: int = 5,
) -> list[str]:
    """Return the state at each moment of the clock, "" before the alarm exists.

    Parameters
    ----------
    alarm
        Its properties, resolved.
    metrics
        The data points, in the order of time.
    clock
        The moments.
    created
        When the alarm is created.
    farther_back
        Data points beyond EvaluationPeriods that CloudWatch looks at.
    minutes_between
        Minutes between two evaluations.
    """
    period = _period(alarm)
    needed = int(alarm["EvaluationPeriods"])
    is_breaching = _COMPARISONS[alarm["ComparisonOperator"]]
    threshold = float(alarm["Threshold"])
    points = _data(alarm, metrics, clock, period)
    stride = period // clock.step
    found, state = [], ""
    for index, now in enumerate(clock.times()):
        if now < created:
            found.append("")
            continue
        state = state or "INSUFFICIENT_DATA"
        if int((now - clock.start) / MINUTE) % minutes_between == 0:
            oldest = index - (needed + farther_back) * stride
            window = points[index : oldest if oldest >= 0 else None : -stride]
            newest = [value for value in window if value is not None][:needed]
            bad = sum(is_breaching(value, threshold) for value in newest)
            state = _verdict(alarm, state, bad, needed - len(newest))
        found.append(state)
    return found


def _verdict(alarm: Mapping[str, Any], state: str, bad: int, missing: int) -> str:
    needed = int(alarm["EvaluationPeriods"])
    to_alarm = int(alarm.get("DatapointsToAlarm", needed))
    treatment = alarm.get("TreatMissingData", "missing")
    if treatment == "breaching":
        return "ALARM" if bad + missing >= to_alarm else "OK"
    if treatment == "notBreaching" or not missing:
        return "ALARM" if bad >= to_alarm else "OK"
    if missing == needed:
        return state if treatment == "ignore" else "INSUFFICIENT_DATA"
    if bad + missing < to_alarm:
        return "OK"
    if bad >= to_alarm or treatment == "missing":
        return "ALARM"
    return state


def _period(alarm: Mapping[str, Any]) -> timedelta:
    if "Period" in alarm:
        return timedelta(seconds=int(alarm["Period"]))
    periods = {item["MetricStat"]["Period"] for item in alarm["Metrics"] if "MetricStat" in item}
    if len(periods) != 1:
        raise ValueError(f"several periods in one alarm: {periods}")
    return timedelta(seconds=int(periods.pop()))


def metrics_of(alarm: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """Yield each metric that an alarm looks at with its statistic."""
    if "MetricName" in alarm:
        yield _key(alarm), alarm["Statistic"]
    for item in alarm.get("Metrics", ()):
        if "MetricStat" in item:
            yield _key(item["MetricStat"]["Metric"]), item["MetricStat"]["Stat"]


def _key(metric: Mapping[str, Any]) -> Key:
    pairs = frozenset((item["Name"], item["Value"]) for item in metric.get("Dimensions", ()))
    return metric["Namespace"], metric["MetricName"], pairs


def _data(alarm: Mapping[str, Any], metrics: Metrics, clock: Clock, period: timedelta) -> Points:
    """Return the data point of the window that ends at each moment."""
    if "MetricName" in alarm:
        return _windows(metrics, _key(alarm), alarm["Statistic"], clock, period)
    items = {item["Id"]: item for item in alarm["Metrics"]}
    measured = {
        name: _windows(
            metrics,
            _key(item["MetricStat"]["Metric"]),
            item["MetricStat"]["Stat"],
            clock,
            period,
        )
        for name, item in items.items()
        if "MetricStat" in item
    }
    result = next(item for item in alarm["Metrics"] if item.get("ReturnData", True))
    return _computed(result["Expression"], items, measured)


def _computed(expression: str, items: Mapping[str, Any], measured: Mapping[str, Points]) -> Points:
    """Return the values of SUM or MAX over all metrics, or over an array of names."""
    match = re.fullmatch(r"(SUM|MAX)\((METRICS\(\)|\[[\w, ]+\])\)", expression)
    if match is None:
        raise ValueError(f"{expression} is not an expression that this simulation knows")
    names = (
        list(measured)
        if match[2] == "METRICS()"
        else [it.strip() for it in match[2][1:-1].split(",")]
    )
    series = [
        measured[name]
        if name in measured
        else _computed(items[name]["Expression"], items, measured)
        for name in names
    ]
    combine = sum if match[1] == "SUM" else max
    together = ([it for it in values if it is not None] for values in zip(*series, strict=True))
    return [combine(values) if values else None for values in together]


def _windows(metrics: Metrics, key: Key, statistic: str, clock: Clock, period: timedelta) -> Points:
    points = metrics.series.get(key, [])
    times = [at for at, _ in points]
    compute = _STATISTICS[statistic]
    found: Points = []
    first = last = 0
    for now in clock.times():
        since = now - period
        while last < len(times) and times[last] <= now:
            last += 1
        while first < last and times[first] <= since:
            first += 1
        found.append(compute([value for _, value in points[first:last]]) if first < last else None)
    return found
