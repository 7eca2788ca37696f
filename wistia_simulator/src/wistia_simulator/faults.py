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
    """When which fault happens.

    Parameters
    ----------
    fault
        What happens.
    path
        Shell pattern that the request's path must match, as in ``/modern/stats/events*``.
    requests
        Numbers of the matching requests that fail, from 1.
    every
        Every n-th matching request fails.
    probability
        Chance that a matching request fails, drawn from `seed` and the request's number.
    first, last
        Range of matching request numbers in which the rule holds at all: a storm.
    times
        The rule is spent after this many faults.
    delay_seconds, retry_after_seconds
        For `slow` and `timeout`; for `429`.
    replace, by
        For `rewrite`. A character of Latin-1 is one byte of the body, so that bodies can be made
        that are not UTF-8.

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
        """Whether the matching request with this number fails."""
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
    """Every switch. The default is a clean API; `Faults.observed` has the quirks that people see.

    Parameters
    ----------
    duplicate_every
        After that many rows of an events list the last one is repeated (observed: 1,199 rows,
        1,197 keys). 0 = off.
    growth_per_request, growth_total
        The newest `growth_total` rows of each events list are held back and come in at its head,
        so many with each events request: rows shift between pages. 0 = off.
    shuffle_events
        Events come in a fixed but arbitrary order in place of newest first.
    old_formats_before
        Events received before this date have old keys, times without milliseconds, no user agent.
    region_drift
        Regions are now codes (``WA``), now names (``Florida``).
    unknown_fields
        Event and media rows carry fields that no document names.
    missing_user_agent_share
        Share of rows without ``user_agent_details``.
    conversion_type
        How a conversion's type is written.
    date_filter_utc_offset_hours, date_filter_end_exclusive
        How the events' undocumented date filter counts days.
    actions_missing
        ``/stats/medias/{id}`` leaves ``actions`` out.
    medias_vanish_after
        After so many requests for the media list its first media is gone: a page boundary skips
        one. None = off.
    archived_filter
        What ``archived=true`` does to the list of medias: ``only`` gives the archived ones, as
        documented; ``adds`` gives all; ``ignored`` means that all are given whatever is asked;
        ``refused`` is a server that does not know the parameter: 400.
    without_analytics
        The plan has no analytics: 403.
    only_medias_and_events
        Everything but those two lists is 404.
    missing_media_ids
        Medias that the statistics do not know: 404 without a body.
    token_expires_after
        After so many API requests the token is refused. None = never.
    token_without_stats
        The token lacks "Read detailed stats".
    strict_versions
        Endpoints that the pinned release's published document lacks are 404.
    rules
        The schedule of failures; the first that hits wins.
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
        """Give the quirks of the live API, and no failures."""
        return cls(
            duplicate_every=600,
            region_drift=True,
            missing_user_agent_share=0.01,
            conversion_type="mixed",
        )

    def to_json(self) -> dict[str, Any]:
        """As the control API shows it."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: object) -> "Faults":
        """Read what the control API or a file gives.

        Raises
        ------
        SimulatorInputError
            A switch has an unknown name, or a rule an unknown fault.
        """
        if not isinstance(given, dict):
            raise SimulatorInputError(
                'faults must be a JSON object of switches, as in {"shuffle_events": true}'
            )
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(given) - known):
            raise SimulatorInputError(
                f"no switch is called {', '.join(unknown)}; there are: {', '.join(sorted(known))}"
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
            f"a rule has no {', '.join(unknown)}; it has: {', '.join(sorted(known))}"
        )
    try:
        fault = Fault(str(given.get("fault")))
    except ValueError as error:
        names = ", ".join(Fault)
        raise SimulatorInputError(
            f"no fault is called {given.get('fault')!r}; there are: {names}"
        ) from error
    return Rule(**{**given, "fault": fault, "requests": tuple(given.get("requests", ()))})


class FaultSchedule:
    """Counts requests and says which of them fail."""

    def __init__(self, faults: Faults) -> None:
        self._lock = threading.Lock()
        self.install(faults)

    def install(self, faults: Faults) -> None:
        """Put switches in force; all counters start anew."""
        with self._lock:
            self.faults = faults
            self._matched = [0] * len(faults.rules)
            self._spent = [0] * len(faults.rules)
            self._requests = 0
            self._events_requests = 0
            self._medias_requests = 0

    def next_fault(self, path: str) -> Rule | None:
        """Count one API request and return the rule that it falls under."""
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
        """Whether the request just counted came after the token's end."""
        limit = self.faults.token_expires_after
        return limit is not None and self._requests > limit

    def held_back(self) -> int:
        """Count one events request; how many of the newest rows the list does not show yet."""
        faults = self.faults
        if not faults.growth_per_request:
            return 0
        with self._lock:
            held = max(0, faults.growth_total - faults.growth_per_request * self._events_requests)
            self._events_requests += 1
        return held

    def first_media_has_vanished(self) -> bool:
        """Count one request for the media list; whether its first media is gone."""
        limit = self.faults.medias_vanish_after
        if limit is None:
            return False
        with self._lock:
            self._medias_requests += 1
            return self._medias_requests > limit
