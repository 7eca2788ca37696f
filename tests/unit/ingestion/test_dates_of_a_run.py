"""Which logical times, windows and lists of medias a run accepts, and how it refuses the others."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.declarations import STREAMS
from ingestion.errors import InvalidInput, InvalidSettings
from ingestion.payloads import RunPlan
from ingestion.planning import CLOCK_SKEW, INPUT_FIELDS, OLDEST_DATE, RunRequest, stream_window
from ingestion.settings import Settings
from ingestion.streams.windows import RETENTION_DAYS, window_params
from ingestion.watermarks import Watermark

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
SETTINGS = Settings(data_bucket="data")
BLANKS = ["", " ", "\t", "\n", "\u00a0", "\u3000", "\u200b"]


def request_of(now: datetime = NOW, **execution_input: Any) -> RunRequest:
    return RunRequest.from_input(execution_input, "2026-03-02T02:00:00.123Z", now=lambda: now)


def text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


MOMENTS = st.integers(-(20 * 366 * 1440), 450 * 1440).map(
    lambda minutes: NOW + timedelta(minutes=minutes)
)
NEAR_NOW = st.integers(-400, 400).map(lambda minutes: NOW + timedelta(minutes=minutes))
DAYS = st.dates(date(2005, 12, 1), date(2027, 6, 1)) | st.integers(-800, 30).map(
    lambda number: NOW.date() + timedelta(days=number)
)


def is_possible(as_of: datetime, start: date | None, end: date | None) -> bool:
    """Return the same from the other side: is there a moment that Wistia can have served at as_of?"""
    if as_of > NOW + timedelta(minutes=5) or as_of.date() < OLDEST_DATE:
        return False
    if start is None:
        return end is None
    last = min(end or as_of.date(), as_of.date())
    has_a_moment = (
        start <= last and datetime(start.year, start.month, start.day, tzinfo=UTC) < as_of
    )
    is_served = last >= (as_of - timedelta(days=RETENTION_DAYS)).date()
    return has_a_moment and start >= OLDEST_DATE and is_served and (end is None or end >= start)


@settings(max_examples=600)
@given(as_of=MOMENTS | NEAR_NOW, start=st.none() | DAYS, end=st.none() | DAYS)
def test_a_run_is_refused_exactly_when_nothing_can_lie_in_its_window(
    as_of: datetime, start: date | None, end: date | None
) -> None:
    as_of = as_of.replace(microsecond=0)
    given_dates = {"start_date": start, "end_date": end}
    execution_input = {"as_of": text(as_of)} | {
        name: None if day is None else day.isoformat() for name, day in given_dates.items()
    }
    if not is_possible(as_of, start, end):
        with pytest.raises(InvalidInput):
            request_of(**execution_input)
        return
    # WHEN it is accepted THEN its window and every requested date run forward
    request = request_of(**execution_input)
    window = stream_window(request, Watermark(), SETTINGS)
    assert window.start < window.end <= as_of
    for stream in STREAMS.values():
        asked = window_params(stream.window, window, request.as_of)
        assert not asked or asked["start_date"] <= asked["end_date"]
    plan = RunPlan("run", request.as_of, window, ("media",))
    assert '"start_date"' in plan.dbt_vars


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=1), CLOCK_SKEW])
def test_a_logical_time_within_the_skew_of_the_clock_is_accepted(late: timedelta) -> None:
    assert request_of(as_of=text(NOW + late)).as_of == NOW + late


@pytest.mark.parametrize("late", [timedelta(minutes=5, seconds=1), timedelta(days=400)])
def test_a_logical_time_after_the_clock_is_refused(late: timedelta) -> None:
    with pytest.raises(InvalidInput, match="in the future: the clock says 2026-03-02T02:00:00Z"):
        request_of(as_of=text(NOW + late))


def test_without_a_clock_of_its_own_the_real_one_counts() -> None:
    tomorrow = text(datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(InvalidInput, match="in the future"):
        RunRequest.from_input({"as_of": tomorrow}, "2026-03-02T02:00:00Z")


@pytest.mark.parametrize(
    ("execution_input", "words"),
    [
        ({"start_date": "2027-01-01", "end_date": "2027-01-31"}, "start_date 2027-01-01 is not before"),
        ({"start_date": "2026-03-03"}, "start_date 2026-03-03 is not before as_of"),
        ({"as_of": "2026-03-02T00:00:00Z", "start_date": "2026-03-02"}, "is not before as_of"),
        ({"start_date": "2026-03-02", "end_date": "2026-03-01"}, "swap them"),
        ({"end_date": "2026-03-01"}, "needs a start_date"),
        ({"start_date": "2020-01-01", "end_date": "2020-01-31"}, "ends before 2024-03-02"),
        ({"start_date": "0001-01-01"}, "when Wistia did not exist"),
        ({"as_of": "0001-01-01T00:00:00+12:00"}, "is not a timestamp"),
        ({"as_of": "9999-12-31T23:59:59-12:00"}, "is not a timestamp"),
        ({"as_of": ""}, "is not a timestamp"),
        ({"as_of": 20260302}, "is not a timestamp"),
        ({"start_date": ""}, "is not a date"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_dates_is_said(execution_input: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        request_of(**execution_input)


# Python itself reads each of these as a moment or a day.
@pytest.mark.parametrize(
    "given_text",
    [
        "2026-03-02+02:00",
        "2026-03-02-02:00",
        "2026-03-02x02",
        "2026-03-02x02:00:00",
        "2026-03-02T02",
        "20260302T020000Z",
        "2026-W10",
        "2026-W05-1",
        "20260302",
        "\uff12\uff10\uff12\uff16-03-02",
        "2026-03-02\n",
    ],
)
@pytest.mark.parametrize("name", ["as_of", "start_date", "end_date"])
def test_a_date_in_a_form_that_can_be_mistaken_is_refused(name: str, given_text: str) -> None:
    with pytest.raises(InvalidInput, match=f"{name} .* is not a "):
        request_of(**{"start_date": "2026-01-01", name: given_text})


@pytest.mark.parametrize(
    "given_text", ["2026-03-02T02:00:00z", "2026-03-02 03:00+01:00", "2026-03-01T21:00:00.5-0500"]
)
def test_a_logical_time_in_a_usual_form_is_read(given_text: str) -> None:
    assert request_of(as_of=given_text).as_of == NOW


def test_the_errors_use_the_names_that_the_caller_knows() -> None:
    """GIVEN other names for all fields WHEN refused THEN no error contains the input's own name."""
    names = {name: name.upper().replace("_", "-") for name in INPUT_FIELDS}
    for wrong in (
        {"as_of": "x"},
        {"as_of": "2027-01-01"},
        {"as_of": "1999-01-01"},
        {"start_date": "x"},
        {"end_date": "2026-03-01"},
        {"start_date": "2026-03-02", "end_date": "2026-03-01"},
        {"start_date": "2027-01-01"},
        {"start_date": "2001-01-01"},
        {"start_date": "2020-01-01", "end_date": "2020-01-31"},
        {"media_ids": []},
        {"media_ids": "x"},
        {"media_ids": [""]},
        {"full_refresh": "x"},
    ):
        with pytest.raises(InvalidInput) as refused:
            RunRequest.from_input(wrong, text(NOW), now=lambda: NOW, names=names)
        assert not [name for name in INPUT_FIELDS if name in str(refused.value)]
        assert [name for name in names.values() if name in str(refused.value)]


def test_a_last_day_far_in_the_future_ends_at_the_logical_time() -> None:
    request = request_of(start_date="2026-03-01", end_date="9999-12-31")
    assert stream_window(request, Watermark(), SETTINGS).end == NOW


def test_null_counts_as_left_out() -> None:
    names = ("as_of", "start_date", "end_date", "media_ids")
    assert request_of(**dict.fromkeys(names)) == request_of()


@pytest.mark.parametrize(
    "media_ids",
    [[], "abc", {"a": 1}, 7, False, *([blank] for blank in BLANKS), ["abc", ""], ["a b"], [" abc"],
     [None], [7], [["abc"]], [True]],
)  # fmt: skip
def test_a_list_of_medias_that_names_none_is_refused(media_ids: Any) -> None:
    with pytest.raises(InvalidInput, match="media_ids"):
        request_of(media_ids=media_ids)


def test_a_media_may_be_named_twice() -> None:
    assert request_of(media_ids=["b", "a", "b"]).media_ids == ("b", "a")


@pytest.mark.parametrize("given_text", [*BLANKS, ",", " , ", "abc,", ",abc", "abc,,def", "a b"])
def test_the_setting_media_ids_that_names_none_is_refused(given_text: str) -> None:
    with pytest.raises(InvalidSettings, match="unset MEDIA_IDS to take all"):
        Settings.from_environment({"DATA_BUCKET": "b", "MEDIA_IDS": given_text})


def test_only_an_unset_media_ids_takes_all_medias() -> None:
    assert Settings.from_environment({"DATA_BUCKET": "b"}).media_ids == ()
    named = Settings.from_environment({"DATA_BUCKET": "b", "MEDIA_IDS": "abc, def,abc"})
    assert named.media_ids == ("abc", "def")
