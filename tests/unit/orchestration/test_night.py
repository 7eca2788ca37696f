"""What a person types becomes the input; the history becomes steps."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.errors import PipelineError
from orchestration.night import Night, execution_input, follow, next_simulated_as_of

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)


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
        ({"as_of": "yesterday"}, "AS_OF=yesterday is no time"),
        ({"start": "2026-01-01"}, "FROM and TO go together"),
        ({"start": "2026-02-01", "end": "2026-01-01"}, "exchange them"),
        ({"start": "1.1.2026", "end": "2026-01-01"}, "FROM=1.1.2026 is no date"),
    ],
)
def test_a_wrong_date_says_what_to_type(given: dict[str, str], says: str) -> None:
    with pytest.raises(PipelineError, match=says):
        execution_input(**given)


def test_each_simulated_night_is_a_day_later() -> None:
    assert next_simulated_as_of(None) == "2026-03-02T02:00:00Z"
    assert next_simulated_as_of("2026-03-31T02:00:00Z") == "2026-04-01T02:00:00Z"


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
    """Stands for Step Functions: each look at the history finds more of it, in pages."""

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
