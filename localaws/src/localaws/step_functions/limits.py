"""Quotas of Step Functions: sizes, names, and the length of a history.

"Step Functions service quotas" in the developer guide.
"""

import datetime as dt
import sys
from typing import Any

from moto.stepfunctions.exceptions import InvalidName, ValidationException
from moto.stepfunctions.parser import quotas
from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

MOST_BYTES = 262_144
"""Of an input, a result or an output, as UTF-8."""
MOST_EVENTS = 25_000
"""The last of them says that the execution failed for it."""
REDRIVABLE = dt.timedelta(days=14)
_NAME_LENGTH = 80
_NOT_IN_NAMES = frozenset(' \t\n\r<>{}[]?*"#%\\^|~`$&,;:/')
_ENDS = frozenset(
    {
        HistoryEventType.ExecutionFailed,
        HistoryEventType.ExecutionAborted,
        HistoryEventType.ExecutionTimedOut,
        HistoryEventType.ExecutionSucceeded,
    }
)


def check_name(name: str) -> None:
    """Refuse a name that has other characters than allowed, or too many.

    Raises
    ------
    InvalidName
        In AWS's words.
    """
    has_control = any(ord(it) < ord(" ") or 0x7F <= ord(it) <= 0x9F for it in name)
    if not name or len(name) > _NAME_LENGTH or has_control or _NOT_IN_NAMES & set(name):
        raise InvalidName(f"Invalid Name: '{name}'")


def check_input(text: str) -> None:
    """Refuse the input of an execution that is too long.

    Raises
    ------
    ValidationException
        In the words of AWS's length constraints.
    """
    if len(text.encode()) > MOST_BYTES:
        raise ValidationException(
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member "
            f"must have length less than or equal to {MOST_BYTES}"
        )


def why_not_redrivable(events: int, stopped: dt.datetime | None) -> str | None:
    """Return why an unsuccessful execution can no longer be redriven, None if it can."""
    if events >= MOST_EVENTS - 1:
        return "Execution event history count must be less than 24,999"
    if stopped is not None and dt.datetime.now(tz=dt.UTC) - stopped > REDRIVABLE:
        return "Execution exceeded the redrivable period of 14 days"
    return None


def _is_within_quota(value: Any) -> bool:
    text = value if isinstance(value, str) else to_json_str(value, separators=(",", ":"))
    return len(text.encode()) <= MOST_BYTES


class HistoryIsFullError(FailureEventException):
    """The end of an execution that has written down all that it may.

    moto would put the name of a state before the cause. loads/ardere#86 and floci-io/floci#2734
    quote what AWS says.
    """

    def __init__(self) -> None:
        self.details = ExecutionFailedEventDetails(
            error="States.Runtime",
            cause=f"The execution reached the maximum number of history events ({MOST_EVENTS}).",
        )
        event = FailureEvent.__new__(FailureEvent)  # there is no state that it belongs to
        event.__dict__ |= {
            "state_name": "",
            "source_event_id": 0,
            "error_name": ErrorName("States.Runtime"),
            "event_type": HistoryEventType.ExecutionFailed,
            "event_details": EventDetails(executionFailedEventDetails=self.details),
        }
        super().__init__(event)

    def get_execution_failed_event_details(self) -> ExecutionFailedEventDetails:
        """Return what the execution ends with."""
        return self.details


_add_event = EventManager.add_event


def _add_counted_event(
    manager: EventManager, context: Any, event_type: HistoryEventType, *args: Any, **kwargs: Any
) -> int:
    if event_type not in _ENDS and len(manager._history_event_list) >= MOST_EVENTS - 1:
        raise HistoryIsFullError
    number: int = _add_event(manager, context, event_type, *args, **kwargs)
    return number


def install() -> None:
    """Put these limits in place of moto's."""
    original = quotas.is_within_size_quota
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions") and (
            getattr(module, "is_within_size_quota", None) is original
        ):
            module.is_within_size_quota = _is_within_quota  # type: ignore[attr-defined]
    EventManager.add_event = _add_counted_event
