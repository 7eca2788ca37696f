"""The faults of an account: which requests they strike, and how often they have."""

import difflib
import threading
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from localaws.aws_protocols.operations import Asked
from localaws.aws_protocols.services import apis_of, model_of, service_names
from localaws.errors import LocalAwsError

_PATTERN = "*?["
_STATUSES_WITH_AN_ERROR = frozenset((None, 403, 429, *range(500, 600)))
"""Those for which all services have the same error."""


class FaultError(LocalAwsError):
    """A fault cannot be added or is not there."""


class Fault(BaseModel):
    """One fault, as it was asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    operation: str = Field(pattern=r"^[^:\s]+:[^:\s]+$")
    """Service and operation, such as ``s3:PutObject``, or a pattern of operations: ``glue:*``."""
    error: str | None = None
    """Code of an error, or its class as SDKs call it."""
    message: str | None = None
    """Message of the error."""
    status: int | None = Field(default=None, ge=400, le=599)
    """HTTP status of the error; alone, the error that a service has for this status."""
    latency: float = Field(default=0.0, ge=0, le=3600)
    """Seconds to wait before the request is answered, or served if nothing else is wrong."""
    deny: bool = False
    """Whether the request is answered as one without permission."""
    failures: str | None = None
    """Reason in the ``failures`` of RunTask, which then starts nothing and answers 200."""
    resource: str | None = None
    """Only requests that name this: an ARN, a part of a name, or a pattern with ``*``."""
    after: int = Field(default=0, ge=0)
    """How many matching requests pass first."""
    times: int | None = Field(default=None, ge=1)
    """How many requests it strikes; None is all."""

    @model_validator(mode="after")
    def _one_answer(self) -> "Fault":
        answers = [
            self.error is not None or self.status is not None,
            self.deny,
            bool(self.failures),
        ]
        if sum(answers) > 1:
            raise ValueError("choose one of error (with status), deny and failures")
        if not any(answers) and not self.latency:
            raise ValueError("say what goes wrong: error, status, latency, deny or failures")
        if self.failures and not self.is_for("ecs", "RunTask"):
            raise ValueError("failures are what ecs:RunTask answers; other operations have none")
        if self.error is None and self.status not in _STATUSES_WITH_AN_ERROR:
            raise ValueError(f"services have several errors of status {self.status}: name one")
        return self

    @property
    def apis(self) -> tuple[str, ...]:
        """Botocore's names of the service."""
        return apis_of(self.operation.partition(":")[0])

    def is_for(self, api: str, operation: str) -> bool:
        """Return whether an operation is meant; patterns hold in any case of letters."""
        pattern = self.operation.partition(":")[2]
        return api in self.apis and fnmatchcase(operation.lower(), pattern.lower())

    def strikes(self, asked: Asked) -> bool:
        """Return whether a request is meant."""
        if not self.is_for(asked.api, asked.operation):
            return False
        wanted = self.resource
        if wanted is None:
            return True
        if any(letter in wanted for letter in _PATTERN):
            return any(fnmatchcase(text, wanted) for text in asked.texts)
        return any(wanted in text for text in asked.texts)


class Faults:
    """The faults of an account, in the order in which they were added; kept in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._added = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for in a request."""
        return not self._entries

    def add(self, **fields: Any) -> dict[str, Any]:
        """Add a fault; return it as it is listed.

        Raises
        ------
        FaultError
            There is no such operation, or the fields do not fit together.
        """
        try:
            fault = Fault(**fields)
        except ValidationError as error:
            reasons = (
                ": ".join([*map(str, item["loc"]), item["msg"].removeprefix("Value error, ")])
                for item in error.errors()
            )
            raise FaultError(f"This fault cannot be added: {'; '.join(reasons)}.") from error
        _check_operation(fault)
        with self._lock:
            self._added += 1
            entry = _Entry(f"fault-{self._added}", fault)
            self._entries[entry.name] = entry
        return entry.listed()

    def listed(self) -> list[dict[str, Any]]:
        """Return all faults with their fields and their hits."""
        with self._lock:
            return [entry.listed() for entry in self._entries.values()]

    def remove(self, name: str) -> None:
        """Remove a fault.

        Raises
        ------
        FaultError
            There is none of this name.
        """
        with self._lock:
            if self._entries.pop(name, None) is None:
                known = ", ".join(self._entries) or "none"
                raise FaultError(f"There is no fault {name!r}; faults: {known}.")

    def reset(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._entries.clear()

    def striking(self, asked: Asked) -> Iterator[Fault]:
        """Count a request, and yield each fault that strikes it, up to the first that answers."""
        with self._lock:
            struck = []
            for entry in self._entries.values():
                if entry.fault.strikes(asked) and entry.strike():
                    struck.append(entry.fault)
                    if _answers(entry.fault):
                        break
        yield from struck


class _Entry:
    """A fault and its counts."""

    def __init__(self, name: str, fault: Fault) -> None:
        self.name, self.fault = name, fault
        self.matched = self.hits = 0

    def strike(self) -> bool:
        """Count a matching request; return whether the fault strikes it."""
        self.matched += 1
        if self.matched <= self.fault.after:
            return False
        if self.fault.times is not None and self.hits >= self.fault.times:
            return False
        self.hits += 1
        return True

    def listed(self) -> dict[str, Any]:
        fields = self.fault.model_dump(exclude_defaults=True)
        return {"id": self.name, **fields, "hits": self.hits}


def _answers(fault: Fault) -> bool:
    return bool(fault.error or fault.status or fault.deny or fault.failures)


def _check_operation(fault: Fault) -> None:
    service, _, pattern = fault.operation.partition(":")
    if not fault.apis:
        raise FaultError(f"AWS has no service {service!r}.{_nearest(service, service_names())}")
    names = [name for api in fault.apis for name in model_of(api).operation_names]
    if not any(fault.is_for(api, name) for api in fault.apis for name in names):
        raise FaultError(f"{service} has no operation {pattern!r}.{_nearest(pattern, names)}")


def _nearest(name: str, names: Any) -> str:
    near = difflib.get_close_matches(name, list(names), n=3)
    return f" Near to it: {', '.join(near)}." if near else ""
