"""Windows, tasks and settings."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.declarations import STREAMS, WindowRule
from ingestion.errors import InvalidSettings
from ingestion.payloads import Window
from ingestion.planning import (
    EVENTS_TASK_DAYS,
    RunRequest,
    retention_warning,
    run_id_of,
    split_window,
    stream_window,
    tasks_of,
)
from ingestion.settings import Settings
from ingestion.streams.windows import window_params
from ingestion.watermarks import Watermark

AS_OF = datetime(2026, 3, 2, 2, tzinfo=UTC)
SETTINGS = Settings(data_bucket="data")


def window_of(watermark: Watermark, **execution_input: object) -> Window:
    request = RunRequest.from_input(execution_input, "2026-03-02T02:00:00.123Z")
    return stream_window(request, watermark, SETTINGS)


def test_first_night_reaches_back_over_the_initial_history() -> None:
    window = window_of(Watermark())
    assert window == Window(datetime(2024, 3, 3, tzinfo=UTC), AS_OF)


def test_default_night_reads_the_last_day_and_the_lookback_in_whole_days() -> None:
    window = window_of(Watermark((AS_OF - timedelta(days=1),)))
    assert window == Window(datetime(2026, 2, 26, tzinfo=UTC), AS_OF)


def test_full_refresh_ignores_the_watermark() -> None:
    watermark = Watermark((AS_OF - timedelta(days=1),))
    assert window_of(watermark, full_refresh=True) == window_of(Watermark())


def test_backfill_of_today_ends_at_as_of() -> None:
    assert window_of(Watermark(), start_date="2026-03-01", end_date="2026-03-02").end == AS_OF


def test_redrive_keeps_the_run_id_and_a_new_execution_gets_a_new_one() -> None:
    assert run_id_of(AS_OF, "arn:one") == run_id_of(AS_OF, "arn:one")
    assert run_id_of(AS_OF, "arn:one") != run_id_of(AS_OF, "arn:two")
    assert run_id_of(AS_OF, "arn:one").startswith("20260302T020000Z-")


@given(day=st.integers(0, 700), hours=st.integers(1, 20_000))
def test_split_window_has_no_gap_and_no_overlap(day: int, hours: int) -> None:
    start = AS_OF - timedelta(days=day)
    whole = Window(start, start + timedelta(hours=hours))
    pieces = split_window(whole, EVENTS_TASK_DAYS)
    assert pieces[0].start == whole.start
    assert pieces[-1].end == whole.end
    assert all(before.end == after.start for before, after in pairwise(pieces))
    assert all(piece.end - piece.start <= timedelta(days=EVENTS_TASK_DAYS + 2) for piece in pieces)


def test_default_night_takes_one_events_task() -> None:
    window = window_of(Watermark((AS_OF - timedelta(days=1),)))
    tasks = tasks_of(
        dict.fromkeys(STREAMS, window), narrowed_to=None, media_ids=("a",), media_ids_key="k"
    )
    assert [task.task_id for task in tasks if task.stream == "events"] == ["events-0001"]


def test_events_are_asked_one_day_wider_on_both_sides_but_not_beyond_the_retention() -> None:
    window = Window(datetime(2026, 2, 10, tzinfo=UTC), datetime(2026, 2, 12, tzinfo=UTC))
    assert window_params(WindowRule.RECEIVED_AT, window, AS_OF) == {
        "start_date": "2026-02-09",
        "end_date": "2026-02-13",
    }
    oldest = window_params(WindowRule.RECEIVED_AT, window_of(Watermark()), AS_OF)
    assert oldest["start_date"] == "2024-03-02"


def test_inclusive_and_exclusive_ends_name_the_same_last_day() -> None:
    window = Window(datetime(2026, 2, 10, tzinfo=UTC), datetime(2026, 2, 12, tzinfo=UTC))
    assert window_params(WindowRule.INCLUSIVE_DATES, window, AS_OF)["end_date"] == "2026-02-11"
    assert window_params(WindowRule.EXCLUSIVE_END, window, AS_OF)["end_date"] == "2026-02-12"


def test_days_near_the_retention_edge_are_warned_about() -> None:
    request = RunRequest.from_input({}, "2026-03-02T02:00:00Z")
    fresh = {"events": Watermark((AS_OF - timedelta(days=1),))}
    stale = {"events": Watermark((AS_OF - timedelta(days=715),))}
    assert retention_warning(fresh, request) is None
    assert "15 days" in str(retention_warning(stale, request))


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "DATA_BUCKET"),
        ({"DATA_BUCKET": "b", "INGEST_STREAMS": "media,vistors"}, "vistors"),
        ({"DATA_BUCKET": "b", "LOOKBACK_DAYS": "three"}, "LOOKBACK_DAYS"),
        ({"DATA_BUCKET": "b", "WISTIA_API_BASE_URL": "api.wistia.com"}, "WISTIA_API_BASE_URL"),
    ],
)
def test_wrong_environment_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidSettings, match=named):
        Settings.from_environment(environment)


def test_track_in_the_base_url_is_not_doubled() -> None:
    environment = {"DATA_BUCKET": "b", "WISTIA_API_BASE_URL": "https://api.wistia.com/modern/"}
    assert Settings.from_environment(environment).base_url == "https://api.wistia.com"
