"""Which snapshot may be written: it depends on what was served when, never on who runs last."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.normalize.snapshots import Version, as_of, newer_night, newer_run

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
NIGHT = date(2026, 3, 2)


def run(moment: str, asked_at: int = 0, name: str = "a") -> Version:
    return Version(f"{moment}-{name}", asked_at)


def micros(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000


def newer(own: Version, *held: Version) -> str | None:
    return newer_run(held, own, datetime(2026, 3, 2, 2, tzinfo=UTC), NOW)


@pytest.mark.parametrize(
    "name", ["run-0", "20260302", "20261302T020000Z-a", "", "20260302T020000Zx"]
)
def test_a_name_that_begins_with_no_time_has_no_logical_time(name: str) -> None:
    assert as_of(name) is None


def test_a_later_night_is_newer_and_an_earlier_one_is_not() -> None:
    assert newer_night([date(2026, 3, 1), NIGHT], NIGHT, NOW) is None
    assert newer_night([date(2026, 3, 1), NIGHT, date(2026, 3, 5)], NIGHT, NOW) == date(2026, 3, 5)


def test_the_snapshot_of_today_is_newer_and_one_of_tomorrow_is_a_mistyped_date() -> None:
    assert newer_night([NOW.date()], NIGHT, NOW) == NOW.date()
    assert newer_night([NOW.date() + timedelta(days=1), date(2031, 1, 1)], NIGHT, NOW) is None


def test_a_night_that_began_after_a_list_was_asked_for_says_nothing_against_it() -> None:
    asked_in_time = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)
    later = [date(2026, 3, 3), date(2026, 3, 5)]
    assert newer_night(later, NIGHT, asked_in_time) is None
    assert newer_night(later, NIGHT, asked_in_time + timedelta(days=2)) == date(2026, 3, 3)


def test_rows_of_a_later_as_of_stay_however_late_the_older_one_was_asked() -> None:
    later = run("20260302T090000Z", asked_at=1)
    assert newer(run("20260302T020000Z", asked_at=9), later) == later.run_id
    assert newer(later, run("20260302T020000Z", asked_at=9)) is None


def test_of_two_runs_of_one_as_of_the_one_asked_later_stays() -> None:
    first, second = (run("20260302T020000Z", asked, name) for asked, name in ((1, "z"), (2, "b")))
    assert newer(first, second) == second.run_id
    assert newer(second, first) is None


def test_what_was_asked_for_whole_days_earlier_stays_whatever_the_as_of() -> None:
    night = datetime(2026, 3, 2, 2, tzinfo=UTC)
    in_time = run("20260302T020000Z", micros(night + timedelta(hours=1)))
    same_day = run("20260302T020000Z", micros(night + timedelta(hours=23)), "b")
    late = run("20260302T020000Z", micros(night + timedelta(hours=25)), "c")
    later = run("20260302T020000Z", micros(night + timedelta(hours=49)), "d")
    noon_late = run("20260302T120000Z", micros(night + timedelta(hours=35)), "e")
    assert newer(late, in_time) == in_time.run_id
    assert newer(noon_late, in_time) == in_time.run_id
    assert newer(in_time, late) is None
    assert newer(same_day, in_time) is None
    assert newer(later, late) == late.run_id


def test_rows_of_an_as_of_after_the_real_time_do_not_count() -> None:
    assert newer(run("20260302T020000Z"), run("20260302T020000Z", 0, "b"), run("20990101T000000Z"))
    assert newer(run("20260302T020000Z"), run("20990101T000000Z")) is None


def test_a_run_never_stands_in_its_own_way() -> None:
    assert newer(run("20260302T020000Z"), run("20260302T020000Z")) is None


RUNS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 100)),
    min_size=1, max_size=10, unique_by=lambda run: run[2],
)  # (day, hour, asked so many hours after the first night)  # fmt: skip


@settings(max_examples=300)
@given(runs=RUNS, orders=st.data())
def test_in_any_order_the_newest_night_holds_what_was_served_in_time_for_its_latest_as_of(
    runs: list[tuple[int, int, int]], orders: st.DataObject
) -> None:
    # GIVEN runs of nights, asked in any real order, and normalized in any order, some repeatedly
    names = {
        (day, hour, asked): Version(
            f"202603{day + 1:02d}T{hour:02d}0000Z-{asked}",
            micros(datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=asked)),
        )
        for day, hour, asked in runs
    }
    order = orders.draw(st.permutations(runs * 2))
    staging: dict[date, Version] = {}

    # WHEN the rule decides over each
    for day, hour, asked in order:
        night, version = date(2026, 3, day + 1), names[day, hour, asked]
        moment = datetime(2026, 3, day + 1, hour, tzinfo=UTC)
        held = [staging[night]] if night in staging else []
        if newer_night(staging, night, NOW) or newer_run(held, version, moment, NOW):
            continue
        staging[night] = version

    # THEN the newest night is the latest as_of, as it was served last of the day that came first
    newest = [one for one in runs if one[0] == max(day for day, *_ in runs)]
    waited = {
        (day, hour, asked): max(0, (asked - 24 * day - hour) // 24) for day, hour, asked in newest
    }
    in_time = [one for one in newest if waited[one] == min(waited.values())]
    assert staging[max(staging)] == names[max(in_time)]
    # AND no order of repeats changes anything but by a newer snapshot
    settled = dict(staging)
    for day, hour, asked in orders.draw(st.permutations(runs)):
        night, version = date(2026, 3, day + 1), names[day, hour, asked]
        moment = datetime(2026, 3, day + 1, hour, tzinfo=UTC)
        held = [staging[night]] if night in staging else []
        if not newer_night(staging, night, NOW) and not newer_run(held, version, moment, NOW):
            staging[night] = version
    assert staging == settled
