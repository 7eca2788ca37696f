"""Writes what executors print into the CloudWatch Logs of this AWS."""

import threading
from collections.abc import Iterable

from moto.core.utils import unix_time_millis
from moto.logs.models import logs_backends

from localaws.context import embedded_metrics

MAXIMUM_EVENT_BYTES = 256 * 1024
"""CloudWatch Logs cuts longer events into several."""

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
    """

    def __init__(self, account_id: str, region: str, group: str, stream: str) -> None:
        self._backend = logs_backends[account_id][region]
        self._place = (account_id, region)
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
            self._backend.ensure_log_group(self.group)
            self._backend.ensure_log_stream(self.group, self.stream)
            self._backend.put_log_events(self.group, self.stream, events)
            embedded_metrics.publish(
                *self._place, self.group, (str(event["message"]) for event in events)
            )


def _cut(line: str) -> list[str]:
    """Cut a line to events that CloudWatch takes; four bytes is the most one character needs."""
    step = MAXIMUM_EVENT_BYTES // 4
    return [line[start : start + step] for start in range(0, len(line), step)]
