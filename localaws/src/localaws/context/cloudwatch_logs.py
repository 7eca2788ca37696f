"""Writes what executors print into the CloudWatch Logs of this AWS."""

import threading
from collections.abc import Callable, Iterable

from moto.core.utils import unix_time_millis
from moto.logs.models import logs_backends

from localaws.context import embedded_metrics
from localaws.context.access import AccessControl
from localaws.credentials import Identity
from localaws.permissions.model import Need

MAXIMUM_EVENT_BYTES = 256 * 1024
"""CloudWatch Logs cuts longer events into several."""

May = Callable[[str, str], bool]

_lock = threading.Lock()
"""moto's log streams are plain lists and counters without a lock of their own."""


class LogStream:
    """One stream of one group; both are created with the first line, as the AWS agents do.

    Parameters
    ----------
    account_id, region
        Where the group lives.
    group, stream
        Names, such as ``/aws/lambda/plan`` and ``2026/03/02/[$LATEST]8f…``.
    may
        Asked with an action and the ARN of its resource before each write. What is denied is not
        written, without a word, as on AWS.
    """

    def __init__(
        self, account_id: str, region: str, group: str, stream: str, may: May | None = None
    ) -> None:
        self._backend = logs_backends[account_id][region]
        self._place = (account_id, region)
        self._arn = f"arn:aws:logs:{region}:{account_id}:log-group:{group}"
        self._may = may or (lambda _action, _arn: True)
        self.group = group
        self.stream = stream

    def write(self, lines: Iterable[str]) -> None:
        """Append one event a line; blank lines are dropped, as CloudWatch refuses empty events."""
        now = int(unix_time_millis())
        events = [
            {"timestamp": now, "message": part}
            for line in lines
            if line.strip()
            for part in _cut(line)
        ]
        if not events:
            return
        with _lock:
            if not self._is_there():
                return
            self._backend.put_log_events(self.group, self.stream, events)
            embedded_metrics.publish(
                *self._place, self.group, (str(event["message"]) for event in events)
            )

    def _is_there(self) -> bool:
        """Create what is missing of group and stream; return whether events may be written."""
        group = self._backend.groups.get(self.group)
        if group is None:
            if not self._may("logs:CreateLogGroup", f"{self._arn}:*"):
                return False
            self._backend.ensure_log_group(self.group)
            group = self._backend.groups[self.group]
        if self.stream not in group.streams:
            if not self._may("logs:CreateLogStream", f"{self._arn}:*"):
                return False
            self._backend.ensure_log_stream(self.group, self.stream)
        return self._may("logs:PutLogEvents", f"{self._arn}:log-stream:{self.stream}")


def _cut(line: str) -> list[str]:
    """Cut a line to events that CloudWatch takes; four bytes is the most one character needs."""
    step = MAXIMUM_EVENT_BYTES // 4
    return [line[start : start + step] for start in range(0, len(line), step)]


def as_identity(access: AccessControl, identity: Identity) -> May:
    """Return what asks whether an identity may write a log."""

    def may(action: str, resource: str) -> bool:
        return access.why_denied(identity, [Need(action, (resource,), {})]) is None

    return may
