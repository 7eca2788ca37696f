"""The window macros, rendered as dbt renders them, without dbt."""

import datetime as dt
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
import pytz

from tests.support.rendered_macros import CompilationError, RenderedMacros

CLOCK = dt.datetime(2026, 11, 28, 12)  # noqa: DTZ001 - naive UTC, as the macros compute


class Macros(RenderedMacros):
    """The macros of window.sql and as_of.sql as Python functions."""

    def __init__(
        self,
        *,
        newest_snapshot: str | None = None,
        is_ahead: bool = False,
        clock: dt.datetime = CLOCK,
        renewed: tuple[str, str] | None = None,
        **variables: Any,
    ) -> None:
        known = dict.fromkeys(("as_of", "start_date", "end_date", "sessions_until"))
        known |= {"lookback_days": 3} | variables
        super().__init__(
            *("window.sql", "as_of.sql", "renewed_days.sql", "complete_days.sql"),
            modules=SimpleNamespace(datetime=dt, re=re, pytz=pytz),
            var=known.get,
            fromjson=json.loads,
            tojson=json.dumps,
            this="fact_events",
            graph={
                # What the catalog says of the media snapshots.
                "wistia_snapshot_dates": {"newest": newest_snapshot, "is_ahead": is_ahead},
                # What the table says of sessions whose version is another now.
                "wistia_renewed_days_of_fact_events": (
                    {"start": renewed[0], "end": renewed[1]} if renewed else None
                ),
            },
            _clock=lambda: clock,
        )


@pytest.mark.parametrize(
    ("as_of", "is_refused"),
    [
        ("2026-11-28T12:05:00Z", False),
        ("2026-11-28T13:04:59+01:00", False),
        ("2026-11-28T12:05:01Z", True),
        ("2026-11-29", True),
        ("2027-01-05T02:00:00Z", True),
    ],
)
def test_an_as_of_after_the_clock_is_refused_with_five_minutes_for_skew(
    as_of: str, is_refused: bool
) -> None:
    """GIVEN an as_of that has not come yet WHEN anything asks for it THEN a clear word."""
    for macro in ("as_of_date", "newest_night_date"):
        macros = Macros(as_of=as_of)
        if is_refused:
            with pytest.raises(CompilationError, match=r"2026-11-28T12:00:00Z now: a night"):
                macros(macro)
        else:
            assert macros(macro) == "2026-11-28"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2026-03-01T02:00:00Z", "timestamp '2026-03-01 02:00:00'"),
        ("2026-03-01T02:00:00+02:00", "timestamp '2026-03-01 00:00:00'"),
        (None, "timestamp '2026-03-02 02:00:00'"),
    ],
)
def test_days_are_complete_up_to_where_the_run_says_that_sessions_are_there(
    told: str | None, expected: str
) -> None:
    """GIVEN a night that is missing WHEN a later run is built THEN it closes no day that has gaps."""
    macros = Macros(as_of="2026-03-02T02:00:00Z", sessions_until=told)
    assert macros("is_complete_day", "event_date") == f"(event_date < cast({expected} as date))"


@pytest.mark.parametrize(
    ("as_of", "snapshot", "expected"),
    [
        ("2026-03-02T02:00:00Z", None, "2026-03-02"),
        ("2026-03-02T02:00:00Z", "2026-03-01", "2026-03-02"),
        ("2026-03-02T02:00:00Z", "2026-03-09", "2026-03-09"),
        (None, "2026-03-09", "2026-03-09"),
        (None, None, "2026-11-28"),
    ],
)
def test_now_is_the_newest_night_and_without_a_snapshot_the_clock(
    as_of: str | None, snapshot: str | None, expected: str
) -> None:
    """GIVEN an old night that is run again WHEN asked for the newest THEN the later one."""
    assert Macros(as_of=as_of, newest_snapshot=snapshot)("newest_night_date") == expected


def test_a_snapshot_after_the_clock_opens_the_window_to_all_days() -> None:
    """GIVEN a wrong run's snapshot WHEN a right night is built THEN every day is read again."""
    macros = Macros(as_of="2026-03-02T02:00:00Z", is_ahead=True, start_date="2025-01-10")
    assert macros("in_window", "d") == "(d >= date '2006-01-01')"
    assert macros("window_start_date") == "2006-01-01"
    assert macros("is_backfill") is False


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            (None, None),
            "(d >= date '2026-02-27' or d between date '2026-01-05' and date '2026-01-09')",
        ),
        (
            ("2026-01-08", "2026-01-20"),
            "(d >= date '2026-02-27' or d between date '2026-01-05' and date '2026-01-20')",
        ),
        (("2026-02-20", "2026-03-02"), "(d >= date '2026-01-05')"),
        (("2026-01-01", None), "(d >= date '2026-01-01')"),
    ],
)
def test_days_whose_sessions_have_another_version_are_read_like_a_backfill(
    asked: tuple[str | None, str | None], expected: str
) -> None:
    """GIVEN renewed days before the window WHEN a night is built THEN they are read again, no less."""
    macros = Macros(
        as_of="2026-03-02T02:00:00Z",
        start_date=asked[0],
        end_date=asked[1],
        renewed=("2026-01-05", "2026-01-09"),
    )
    assert macros("in_window", "d") == expected


def test_a_night_reads_the_lookback_and_everything_later() -> None:
    """GIVEN as_of WHEN no dates are given THEN the window opens lookback_days before."""
    macros = Macros(as_of="2026-03-02T02:00:00Z")
    assert macros("in_window", "event_date") == "(event_date >= date '2026-02-27')"


def test_the_nights_own_dates_leave_one_range() -> None:
    """GIVEN start and end that touch the lookback WHEN rendered THEN one range, prunable."""
    macros = Macros(as_of="2026-03-02T02:00:00Z", start_date="2026-02-20", end_date="2026-03-02")
    assert macros("in_window", "d") == "(d >= date '2026-02-20')"


def test_a_backfill_adds_its_days_to_the_lookback() -> None:
    """GIVEN old dates WHEN rendered THEN both ranges, both ends inclusive."""
    macros = Macros(as_of="2026-03-02T02:00:00Z", start_date="2025-01-01", end_date="2025-01-31")
    expected = "(d >= date '2026-02-27' or d between date '2025-01-01' and date '2025-01-31')"
    assert macros("in_window", "d") == expected
    assert macros("is_backfill") is True


def test_a_night_is_no_backfill() -> None:
    """GIVEN only as_of WHEN asked THEN no closed range."""
    assert Macros(as_of="2026-03-02T02:00:00Z")("is_backfill") is False


def test_the_wide_window_is_wider_by_the_lookback_on_both_sides() -> None:
    """GIVEN a backfill WHEN widened THEN lookback_days more before and after."""
    macros = Macros(as_of="2026-03-02T02:00:00Z", start_date="2025-01-10", end_date="2025-01-10")
    expected = "(d >= date '2026-02-24' or d between date '2025-01-07' and date '2025-01-13')"
    assert macros("in_wide_window", "d") == expected


def test_a_backfill_that_nearly_touches_the_lookback_joins_it() -> None:
    """GIVEN an end on the day before the lookback WHEN rendered THEN one range."""
    macros = Macros(as_of="2026-03-02T02:00:00Z", start_date="2026-02-10", end_date="2026-02-26")
    assert macros("in_window", "d") == "(d >= date '2026-02-10')"


def test_an_offset_is_turned_into_utc() -> None:
    """GIVEN as_of just after local midnight WHEN read THEN its UTC date counts."""
    assert Macros(as_of="2026-03-02T00:30:00+02:00")("as_of_date") == "2026-03-01"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"end_date": "2026-01-31"}, "start_date is missing"),
        ({"start_date": "2026-02-01", "end_date": "2026-01-01"}, "before it starts"),
        ({"start_date": "1 January"}, "YYYY-MM-DD"),
        ({"lookback_days": 0}, "between 1 and 30"),
        ({"lookback_days": 31}, "between 1 and 30"),
        ({"as_of": "yesterday"}, "ISO 8601"),
    ],
)
def test_a_wrong_var_says_what_to_give(variables: dict[str, Any], words: str) -> None:
    """GIVEN a var that cannot be WHEN rendered THEN the error says which and what to give."""
    with pytest.raises(CompilationError, match=words):
        Macros(**({"as_of": "2026-03-02"} | variables))("in_window", "d")
