"""Switches for the API's quirks, and a schedule of failures."""

import fnmatch
import threading
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Literal

from wistia_simulator.errors import SimulatorInputError
from wistia_simulator.randomness import uniform


class Fault(StrEnum):
    """What can go wrong with one request."""

    STATUS_429 = "429"
    STATUS_500 = "500"
    STATUS_502 = "502"
    STATUS_503 = "503"
    STATUS_504 = "504"
    STATUS_400 = "400"
    STATUS_401 = "401"
    STATUS_403 = "403"
    STATUS_404 = "404"
    STATUS_422 = "422"
    RESET = "reset"
    """The connection is reset in the middle of the body."""
    DROP = "drop"
    """The connection is closed before any byte of the response."""
    TRUNCATED_JSON = "truncated_json"
    """A complete HTTP response whose JSON stops in the middle."""
    HTML = "html"
    """An HTML page with status 200."""
    EMPTY_BODY = "empty_body"
    """Status 200 and no body."""
    SLOW = "slow"
    """The right response after `delay_seconds`."""
    TIMEOUT = "timeout"
    """Nothing for `delay_seconds`, then the connection is closed."""
    REWRITE = "rewrite"
    """The right response with `replace` in its body replaced by `by`."""


@dataclass(frozen=True)
class Rule:
    """Which fault happens, and when.

    Parameters
    ----------
    fault
        The fault.
    path
        Shell pattern that the request's path must match, as in ``/modern/stats/events*``.
    requests
        Numbers of the matching requests that fail, counted from 1.
    every
        Every n-th matching request fails.
    probability
        Chance that a matching request fails, drawn from `seed` and the request's number.
    first, last
        Range of matching request numbers in which the rule applies: a storm.
    times
        The rule ends after this many faults.
    delay_seconds, retry_after_seconds
        The delay of `slow` and `timeout`; the ``Retry-After`` of `429`.
    replace, by
        The replacement of `rewrite`. A Latin-1 character is one byte of the body, so a body that is
        not UTF-8 is possible.

    Notes
    -----
    With none of `requests`, `every` and `probability`, every matching request in the range fails.
    """

    fault: Fault
    path: str = "*"
    requests: tuple[int, ...] = ()
    every: int | None = None
    probability: float | None = None
    first: int = 1
    last: int | None = None
    times: int | None = None
    seed: int = 0
    delay_seconds: float = 0.05
    retry_after_seconds: int = 1
    replace: str = ""
    by: str = ""

    def hits(self, number: int) -> bool:
        """Return whether the matching request with this number fails."""
        if number < self.first or (self.last is not None and number > self.last):
            return False
        if not self.requests and self.every is None and self.probability is None:
            return True
        return (
            number in self.requests
            or (self.every is not None and number % self.every == 0)
            or (
                self.probability is not None
                and uniform("rule", self.seed, self.fault, number) < self.probability
            )
        )


@dataclass(frozen=True)
class Faults:
    """All switches. The default is a clean API; `Faults.observed` has the quirks of the live API.

    Parameters
    ----------
    duplicate_every
        After this many rows of an events list the last one is repeated (observed: 1,199 rows,
        1,197 keys). 0 = off.
    growth_per_request, growth_total
        The newest `growth_total` rows of each events list are held back and appear at its head,
        `growth_per_request` with each events request: rows shift between pages. 0 = off.
    shuffle_events
        Events have a fixed but arbitrary order instead of newest first.
    old_formats_before
        Events received before this date have old keys, times without milliseconds, no user agent.
    region_drift
        Some regions are codes (``WA``), others names (``Florida``).
    unknown_fields
        Event and media rows have fields that are in no document.
    missing_user_agent_share
        Share of rows without ``user_agent_details``.
    conversion_type
        The form of a conversion's type.
    date_filter_utc_offset_hours, date_filter_end_exclusive
        How the undocumented date filter of events treats days.
    actions_missing
        ``/stats/medias/{id}`` has no ``actions``.
    medias_vanish_after
        After this many requests for the media list its first media disappears, so a page boundary
        skips one. None = off.
    archived_filter
        What ``archived=true`` does to the list of medias: ``only`` returns the archived ones, as
        documented; ``adds`` returns all; ``ignored`` returns all with and without the parameter;
        ``refused`` answers 400, as a server that does not support the parameter.
    without_analytics
        The plan has no analytics: 403.
    only_medias_and_events
        Every endpoint but those two lists answers 404.
    missing_media_ids
        Medias for which the statistics answer 404 without a body.
    token_expires_after
        After this many API requests the token is refused. None = never.
    token_without_stats
        The token lacks "Read detailed stats".
    strict_versions
        Endpoints that are not in the published document of the pinned release answer 404.
    rules
        The schedule of failures; the first matching rule wins.
    """

    duplicate_every: int = 0
    growth_per_request: int = 0
    growth_total: int = 0
    shuffle_events: bool = False
    old_formats_before: str | None = None
    region_drift: bool = False
    unknown_fields: bool = False
    missing_user_agent_share: float = 0.0
    conversion_type: Literal["integer", "string", "mixed"] = "integer"
    date_filter_utc_offset_hours: float = 0.0
    date_filter_end_exclusive: bool = False
    actions_missing: bool = False
    medias_vanish_after: int | None = None
    archived_filter: Literal["only", "adds", "ignored", "refused"] = "only"
    without_analytics: bool = False
    only_medias_and_events: bool = False
    missing_media_ids: tuple[str, ...] = ()
    token_expires_after: int | None = None
    token_without_stats: bool = False
    strict_versions: bool = False
    rules: tuple[Rule, ...] = field(default=())

    @classmethod
    def observed(cls) -> "Faults":
        """Return the quirks of the live API, without failures."""
        return cls(
            duplicate_every=600,
            region_drift=True,
            missing_user_agent_share=0.01,
            conversion_type="mixed",
        )

    def to_json(self) -> dict[str, Any]:
        """Return the form of the control API."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: object) -> "Faults":
        """Read the form of the control API or of a file.

        Raises
        ------
        SimulatorInputError
            A switch, a field of a rule or a fault is unknown.
        """
        if not isinstance(given, dict):
            raise SimulatorInputError(
                'faults must be a JSON object of switches, as in {"shuffle_events": true}'
            )
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(given) - known):
            raise SimulatorInputError(
                f"unknown switches: {', '.join(unknown)}; known: {', '.join(sorted(known))}"
            )
        values = dict(given)
        values["rules"] = tuple(_rule_from_json(rule) for rule in values.get("rules", ()))
        values["missing_media_ids"] = tuple(values.get("missing_media_ids", ()))
        return cls(**values)


def _rule_from_json(given: object) -> Rule:
    if not isinstance(given, dict):
        raise SimulatorInputError(
            'a rule must be a JSON object, as in {"fault": "429", "requests": [3]}'
        )
    known = {item.name for item in fields(Rule)}
    if unknown := sorted(set(given) - known):
        raise SimulatorInputError(
            f"unknown fields of a rule: {', '.join(unknown)}; known: {', '.join(sorted(known))}"
        )
    try:
        fault = Fault(str(given.get("fault")))
    except ValueError as error:
        names = ", ".join(Fault)
        raise SimulatorInputError(
            f"unknown fault {given.get('fault')!r}; known: {names}"
        ) from error
    return Rule(**{**given, "fault": fault, "requests": tuple(given.get("requests", ()))})


class FaultSchedule:
    """Counts requests and decides which of them fail."""

    def __init__(self, faults: Faults) -> None:
        self._lock = threading.Lock()
        self.install(faults)

    def install(self, faults: Faults) -> None:
        """Apply switches and reset all counters."""
        with self._lock:
            self.faults = faults
            self._matched = [0] * len(faults.rules)
            self._spent = [0] * len(faults.rules)
            self._requests = 0
            self._events_requests = 0
            self._medias_requests = 0

    def next_fault(self, path: str) -> Rule | None:
        """Count one API request and return the rule that makes it fail, if any."""
        faults = self.faults
        with self._lock:
            self._requests += 1
            found = None
            for index, rule in enumerate(faults.rules):
                if not fnmatch.fnmatchcase(path, rule.path):
                    continue
                self._matched[index] += 1
                spent = rule.times is not None and self._spent[index] >= rule.times
                if found is None and not spent and rule.hits(self._matched[index]):
                    self._spent[index] += 1
                    found = rule
            return found

    def token_has_expired(self) -> bool:
        """Return whether the request just counted came after the token expired."""
        limit = self.faults.token_expires_after
        return limit is not None and self._requests > limit

    def held_back(self) -> int:
        """Count one events request; return how many of the newest rows are still held back."""
        faults = self.faults
        if not faults.growth_per_request:
            return 0
        with self._lock:
            held = max(0, faults.growth_total - faults.growth_per_request * self._events_requests)
            self._events_requests += 1
        return held

    def first_media_has_vanished(self) -> bool:
        """Count one request for the media list; return whether its first media has disappeared."""
        limit = self.faults.medias_vanish_after
        if limit is None:
            return False
        with self._lock:
            self._medias_requests += 1
            return self._medias_requests > limit
