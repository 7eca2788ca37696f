"""What a person types becomes the input, and the history becomes steps."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.cli.night import (
    Night,
    execution_input,
    follow,
    next_simulated_as_of,
    refuse_impossible,
)
from orchestration.cli.progress import show
from orchestration.cli.screen import Screen
from orchestration.errors import PipelineError

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
NOW = datetime(2026, 4, 1, 2, tzinfo=UTC)


_ids = itertools.count(1)


def _entered(name: str, second: int) -> dict[str, Any]:
    return {
        "id": next(_ids),
        "type": "TaskStateEntered",
        "timestamp": AT + timedelta(seconds=second),
        "stateEnteredEventDetails": {"name": name},
    }


def _exited(name: str, second: int, output: Any = None) -> dict[str, Any]:
    return {
        "id": next(_ids),
        "type": "TaskStateExited",
        "timestamp": AT + timedelta(seconds=second),
        "stateExitedEventDetails": {"name": name, "output": json.dumps(output or {})},
    }


def test_dates_become_the_input() -> None:
    made = execution_input(
        as_of="2026-03-02 02:00", start="2026-01-01", end="2026-01-31", media_ids="a, b"
    )
    assert made == {
        "as_of": "2026-03-02T02:00:00Z",
        "start_date": "2026-01-01",
        "end_date": "2026-01-31",
        "media_ids": ["a", "b"],
    }


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"as_of": "yesterday"}, "AS_OF=yesterday is not a valid timestamp"),
        ({"as_of": "2026-03-02+02:00"}, "is not a valid timestamp"),
        ({"start": "2026-W05-1", "end": "2026-02-01"}, "FROM=2026-W05-1 is not a valid date"),
        ({"as_of": ""}, "AS_OF= is blank: give it a value, or leave AS_OF out"),
        ({"start": "2026-01-01", "end": " "}, "TO=  is blank"),
        ({"start": "2026-01-01"}, "FROM and TO go together"),
        ({"start": "1.1.2026", "end": "2026-01-01"}, "FROM=1.1.2026 is not a valid date"),
        ({"media_ids": ""}, "MEDIA_IDS='' contains an empty id"),
        ({"media_ids": " "}, "leave MEDIA_IDS out for all"),
        ({"media_ids": "a,,b"}, "contains an empty id"),
        ({"media_ids": "a,"}, "contains an empty id"),
    ],
)
def test_a_wrong_date_says_what_to_type(given: dict[str, str], says: str) -> None:
    with pytest.raises(PipelineError, match=says):
        execution_input(**given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"as_of": "2026-04-01T02:06:00Z"}, "AS_OF 2026-04-01T02:06:00Z is in the future"),
        ({"as_of": "1999-01-01"}, "AS_OF 1999-01-01T00:00:00Z is before 2006-01-01"),
        ({"as_of": "0001-01-01"}, "AS_OF 0001-01-01T00:00:00Z is before 2006-01-01"),
        ({"as_of": "2026-03-02T02:00:00Z", "start": "2027-01-01"}, "FROM 2027-01-01 is not before"),
        (
            {"as_of": "2026-03-02T00:00:00Z", "start": "2026-03-02"},
            "is not before AS_OF 2026-03-02",
        ),
        ({"start": "2026-04-02"}, "is not before AS_OF 2026-04-01T02:00:00Z"),
        ({"start": "2026-02-01", "end": "2026-01-01"}, "TO 2026-01-01 is before FROM 2026-02-01"),
        ({"start": "2001-01-01", "end": "2026-01-01"}, "FROM 2001-01-01 is before 2006-01-01"),
        ({"start": "2020-01-01", "end": "2020-01-31"}, "Wistia serves the 730 days before AS_OF"),
        ({"media_ids": "abc,a b"}, "MEDIA_IDS contains 'a b', which is not a media id"),
    ],
)
def test_an_impossible_night_is_refused_before_anything_starts(
    given: dict[str, str], says: str
) -> None:
    typed = {"end": "2027-12-31"} | given if "start" in given else given
    with pytest.raises(PipelineError, match=says):
        refuse_impossible(execution_input(**typed), NOW)


@pytest.mark.parametrize(
    "given",
    [{}, {"as_of": "2026-04-01T02:05:00Z"}, {"start_date": "2026-04-01"}],
)
def test_a_night_up_to_the_clock_is_accepted(given: dict[str, str]) -> None:
    refuse_impossible(given, NOW)


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        ("2026-03-02", "2026-03-02T00:00:00Z"),
        ("2026-03-02T02:00:00z", "2026-03-02T02:00:00Z"),
        ("2026-03-02t02:00:00.9+02:00", "2026-03-02T00:00:00Z"),
    ],
)
def test_a_time_may_be_typed_in_every_usual_form(typed: str, made: str) -> None:
    assert execution_input(as_of=typed) == {"as_of": made}


def test_each_simulated_night_is_a_day_later() -> None:
    assert next_simulated_as_of(None, NOW) == "2026-03-02T02:00:00Z"
    assert next_simulated_as_of("2026-03-31T02:00:00Z", NOW) == "2026-04-01T02:00:00Z"


def test_simulated_nights_never_get_ahead_of_the_clock() -> None:
    with pytest.raises(
        PipelineError, match="have reached the present: the last one was 2026-04-01"
    ):
        next_simulated_as_of("2026-04-01T02:00:00Z", NOW)


def test_steps_follow_the_history() -> None:
    night = Night("arn")
    night.apply(
        [
            _entered("Plan", 0),
            _exited("Plan", 2, {"planned": {"plan": {"run_id": "r"}}}),
            _entered("Ingest", 2),
        ]
    )
    assert night.steps["Plan"].status == "done"
    assert night.steps["Plan"].seconds(AT) == 2
    assert night.steps["Ingest"].status == "running"
    assert night.plan == {"run_id": "r"}


class _GrowingHistory:
    """A stand-in for Step Functions: each look at the history finds more events, in pages."""

    def __init__(self, *looks: list[dict[str, Any]]) -> None:
        self._looks = list(looks)
        self._history: list[dict[str, Any]] = []
        self.pages_read = 0

    def describe_execution(self, **_: Any) -> dict[str, Any]:
        self._history += self._looks.pop(0)
        return {"status": "RUNNING" if self._looks else "SUCCEEDED"}

    def get_paginator(self, _: str) -> "_GrowingHistory":
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        assert asked["reverseOrder"]
        size = asked["PaginationConfig"]["PageSize"]
        newest_first = self._history[::-1]
        for start in range(0, len(newest_first), size):
            self.pages_read += 1
            yield {"events": newest_first[start : start + size]}


def test_a_long_night_is_followed_without_reading_its_history_again() -> None:
    """GIVEN 200 events, then two more WHEN followed THEN no event is missed, and only the new page is read."""
    many = [
        event
        for second in range(100)
        for event in (_entered("Seal", second), _exited("Seal", second))
    ]
    steps = _GrowingHistory(many, [_entered("Commit", 200), _exited("Commit", 201)])
    cloud = SimpleNamespace(client=lambda _: steps, settings=SimpleNamespace(is_local=True))
    nights = follow(cloud, "arn")  # type: ignore[arg-type]
    next(nights)
    pages_of_the_first_look, steps.pages_read = steps.pages_read, 0
    night = next(nights)
    assert pages_of_the_first_look == 10
    assert steps.pages_read == 1
    assert night.steps["Seal"].seconds(AT) == 0
    assert night.steps["Commit"].seconds(AT) == 1
    assert night.status == "SUCCEEDED"


def test_waiting_for_the_crawler_is_part_of_refreshing_the_catalog() -> None:
    night = Night("arn")
    night.apply(
        [_entered("RefreshCatalog", 0), _exited("RefreshCatalog", 1), _entered("WaitForCrawler", 1)]
    )
    assert night.steps["RefreshCatalog"].status == "running"
    night.apply([_exited("WaitForCrawler", 4)])
    assert night.steps["RefreshCatalog"].seconds(AT) == 4


def test_a_failed_state_is_named_and_the_rest_skipped() -> None:
    night = Night("arn")
    night.apply([_entered("Seal", 0), _entered("SealFailed", 3)])
    night.finish({"status": "FAILED", "error": "SealIncomplete", "cause": "c"})
    assert night.failed_state == "Seal"
    assert night.steps["Seal"].status == "failed"
    assert night.steps["Commit"].status == "skipped"


def _redriven(second: int) -> dict[str, Any]:
    return {
        "id": next(_ids),
        "type": "ExecutionRedriven",
        "timestamp": AT + timedelta(seconds=second),
    }


def _failed_ingest() -> list[dict[str, Any]]:
    return [
        _entered("Plan", 0),
        _exited("Plan", 1),
        _entered("Ingest", 1),
        _entered("IngestFailed", 9),
        _entered("DescribeFailure", 9),
        _exited("DescribeFailure", 10, {"failure": {"report": {"cause": "the old cause"}}}),
    ]


def test_a_redriven_night_shows_nothing_of_its_old_failure() -> None:
    """GIVEN a night that failed in Ingest WHEN it is redriven THEN Ingest is waiting, not failed."""
    night = Night("arn")
    night.apply([*_failed_ingest(), _redriven(100)])
    assert night.steps["Ingest"].status == "waiting"
    assert night.steps["Ingest"].seconds(AT) is None
    assert (night.failed_state, night.report) == ("", {})
    night.apply([_entered("Ingest", 101), _exited("Ingest", 104)])
    assert night.steps["Ingest"].status == "done"
    assert night.steps["Ingest"].seconds(AT) == 3


def test_a_redriven_night_that_fails_again_shows_its_new_failure() -> None:
    night = Night("arn")
    night.apply([*_failed_ingest(), _redriven(100), _entered("Seal", 101)])
    night.apply([_entered("SealFailed", 102)])
    night.finish({"status": "FAILED", "error": "New", "cause": "c"})
    assert night.failed_state == "Seal"
    assert night.steps["Seal"].status == "failed"
    assert night.report == {}


def test_the_lines_of_a_redriven_night_name_no_failure(capsys: Any) -> None:
    night = Night("arn")
    night.apply([*_failed_ingest(), _redriven(100), _entered("Ingest", 101)])
    show(Screen(), [night])
    assert capsys.readouterr().out.splitlines() == [
        "  Plan: done 1.0 s before the redrive",
        "  Ingest: running",
    ]


def test_the_end_before_a_redrive_is_not_mistaken_for_its_end() -> None:
    """GIVEN an AWS that shows a redrive late WHEN followed THEN the old FAILED does not end it."""
    looks = iter(
        [
            {"status": "FAILED", "redriveCount": 0},
            {"status": "RUNNING", "redriveCount": 1},
            {"status": "SUCCEEDED", "redriveCount": 1},
        ]
    )
    late = SimpleNamespace(
        describe_execution=lambda **_: next(looks),
        get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: []),
    )
    cloud = SimpleNamespace(client=lambda _: late, settings=SimpleNamespace(is_local=True))
    nights = list(follow(cloud, "arn", redrives=1))  # type: ignore[arg-type]
    assert nights[-1].status == "SUCCEEDED"
    assert next(looks, None) is None
