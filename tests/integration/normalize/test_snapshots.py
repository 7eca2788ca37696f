"""A snapshot of the past cannot be fetched; facts can, and only improve."""

import os
import random
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ingestion.normalize.schemas import TABLES
from tests.support.wistia_records import envelope, event, media

EXAMPLES = int(os.environ.get("NORMALIZE_EXAMPLES", "1"))
SEED = int(os.environ.get("NORMALIZE_SEED", "7"))
FIRST, SECOND = datetime(2026, 3, 2, 2, tzinfo=UTC), datetime(2026, 3, 3, 2, tzinfo=UTC)
ASKED = datetime(2026, 3, 9, tzinfo=UTC)
DAY = 24 * 60
HOURS_BETWEEN = 10
SNAPSHOTS = [name for name, table in TABLES.items() if table.is_snapshot]
MAKERS: dict[str, Callable[[str, int], tuple[dict[str, Any], dict[str, Any]]]] = {
    "media": lambda key, version: (media(key, duration=version), {}),
    "deleted_media": lambda key, version: (
        {"hashed_id": key, "name": key, "type": "Video", "duration": version}, {},
    ),
    "media_stats": lambda key, version: ({"load_count": version}, {"media_id": key}),
    "media_engagement": lambda key, version: ({"engagement_data": [version]}, {"media_id": key}),
    "folders": lambda key, version: ({"hashed_id": key, "media_count": version}, {}),
    "visitors": lambda key, version: ({"visitor_key": key, "load_count": version}, {}),
}  # fmt: skip
VERSION_COLUMNS = {
    "media": "duration_seconds", "deleted_media": "duration_seconds", "media_stats": "load_count",
    "media_engagement": "engagement_data", "folders": "media_count", "visitors": "load_count",
}  # fmt: skip


def run_of(as_of: datetime, name: str = "a") -> str:
    return f"{as_of:%Y%m%dT%H%M%SZ}-{name}"


def serve(
    lake, stream: str, as_of: datetime, listed: dict[str, int], *, asked: int, name: str = "a", **manifest: Any
) -> None:  # fmt: skip
    """Land what Wistia lists at the `asked`-th minute, for a run of a logical time."""
    ingested_at = f"{ASKED + timedelta(minutes=asked):%Y-%m-%dT%H:%M:%S}.000Z"
    rows = []
    for position, (key, version) in enumerate(listed.items()):
        record, meta = MAKERS[stream](key, version)
        meta |= {"run_id": run_of(as_of, name), "ingested_at": ingested_at, "position": position}
        rows.append(envelope(record, stream=stream, **meta))
    lake.as_of = as_of
    lake.land(stream, rows, run_of(as_of, name), **manifest)


def normalize(lake, as_of: datetime, *streams: str, name: str = "a") -> dict[str, Any]:
    lake.as_of = as_of
    return lake.normalize(*streams, run_id=run_of(as_of, name))["streams"]


def held(lake, stream: str) -> dict[date, list[int]]:
    """The versions in staging by snapshot date; each world has its own numbers."""
    found: dict[date, list[int]] = {}
    for row in lake.staging(stream):
        value = row[VERSION_COLUMNS[stream]]
        found.setdefault(row["snapshot_date"], []).append(
            int(value[0] if isinstance(value, list) else value)
        )
    return {day: sorted(versions) for day, versions in found.items()}


def test_every_snapshot_table_is_tried_here() -> None:
    assert set(MAKERS) == set(SNAPSHOTS)


@pytest.fixture(scope="module")
def swapped(make_lake):
    """Two nights with a swapped and a vanished item between them; then the first one again."""
    lake = make_lake()
    for stream in SNAPSHOTS:
        serve(lake, stream, FIRST, {"kept": 10, "gone": 11}, asked=1)
        serve(lake, stream, SECOND, {"kept": 20}, asked=2)
        serve(lake, stream, FIRST, {"kept": 30, "new": 31}, asked=3, name="again")
        serve(lake, stream, SECOND, {"kept": 40}, asked=4, name="again")
    normalize(lake, FIRST, *SNAPSHOTS)
    normalize(lake, SECOND, *SNAPSHOTS)
    lake.before = {stream: held(lake, stream) for stream in SNAPSHOTS}
    files = lake.files("staging/")
    lake.account = normalize(lake, FIRST, *SNAPSHOTS, name="again")
    lake.is_untouched = lake.files("staging/") == files
    lake.after = {stream: held(lake, stream) for stream in SNAPSHOTS}
    normalize(lake, SECOND, *SNAPSHOTS, name="again")
    lake.at_last = {stream: held(lake, stream) for stream in SNAPSHOTS}
    return lake


@pytest.mark.parametrize("stream", SNAPSHOTS)
def test_a_night_run_again_leaves_the_snapshots_as_they_were_served(swapped, stream) -> None:
    assert swapped.before[stream] == {FIRST.date(): [10, 11], SECOND.date(): [20]}
    assert swapped.after[stream] == swapped.before[stream]
    assert swapped.is_untouched


@pytest.mark.parametrize("stream", SNAPSHOTS)
def test_rows_of_an_older_night_are_counted_as_superseded(swapped, stream) -> None:
    account = swapped.account[stream]
    assert (account["rows_in"], account["superseded"], account["rows_out"]) == (2, 2, 0)
    assert account["partitions_written"] == 0


@pytest.mark.parametrize("stream", SNAPSHOTS)
def test_the_newest_night_run_again_replaces_its_own_snapshot(swapped, stream) -> None:
    assert swapped.at_last[stream] == {FIRST.date(): [10, 11], SECOND.date(): [40]}


def test_what_has_vanished_does_not_stay_in_the_snapshot_of_a_night_run_again(lake) -> None:
    # GIVEN a night, and the same night again after a media was deleted
    serve(lake, "media", FIRST, {"kept": 1, "gone": 2}, asked=1)
    serve(lake, "media", FIRST, {"kept": 3}, asked=2, name="again")
    normalize(lake, FIRST, "media")
    # WHEN it is normalized
    account = normalize(lake, FIRST, "media", name="again")
    # THEN the snapshot is the list as it was served, no more
    assert held(lake, "media") == {FIRST.date(): [3]}
    assert account["media"]["rows_out"] == 1
    # AND the first attempt, normalized again, is older
    assert normalize(lake, FIRST, "media")["media"]["superseded"] == 2
    assert held(lake, "media") == {FIRST.date(): [3]}


def test_a_later_time_of_the_same_day_replaces_that_days_snapshot(lake) -> None:
    # GIVEN a night, and a run of the same day's noon that was asked before the night was repeated
    noon = FIRST + timedelta(hours=10)
    serve(lake, "media", FIRST, {"m": 1, "gone": 2}, asked=1)
    serve(lake, "media", noon, {"m": 3}, asked=2)
    serve(lake, "media", FIRST, {"m": 4}, asked=3, name="again")
    # WHEN all are normalized
    normalize(lake, FIRST, "media")
    normalize(lake, noon, "media")
    account = normalize(lake, FIRST, "media", name="again")
    # THEN noon stays
    assert held(lake, "media") == {FIRST.date(): [3]}
    assert account["media"]["superseded"] == 1


def test_a_night_is_not_asked_again_days_later_although_no_newer_one_left_a_list(lake) -> None:
    # GIVEN a night of which each list was asked for in time, and again a day later: the next one failed
    for stream in SNAPSHOTS:
        serve(lake, stream, FIRST, {"then": 1, "gone": 2}, asked=1)
        serve(lake, stream, FIRST, {"then": 3}, asked=DAY + 1, name="again")
    # WHEN both are normalized, in either order
    normalize(lake, FIRST, *SNAPSHOTS, name="again")
    normalize(lake, FIRST, *SNAPSHOTS)
    accounts = normalize(lake, FIRST, *SNAPSHOTS, name="again")
    # THEN what was served then stays
    assert {account["superseded"] for account in accounts.values()} == {1}
    assert all(held(lake, stream) == {FIRST.date(): [1, 2]} for stream in SNAPSHOTS)


def test_a_quiet_night_is_seen_past_too(lake) -> None:
    # GIVEN a night with an item of each kind, a newer one that has medias alone, and the first one again
    quiet = [stream for stream in SNAPSHOTS if stream != "media"]
    for stream in quiet:
        serve(lake, stream, FIRST, {"then": 1}, asked=1)
        serve(lake, stream, FIRST, {"now": 3}, asked=3, name="again")
    serve(lake, "media", SECOND, {"m": 2}, asked=2)
    normalize(lake, FIRST, *quiet)
    normalize(lake, SECOND, "media")
    # WHEN it is normalized
    account = normalize(lake, FIRST, *quiet, name="again")
    # THEN what is served now says nothing about it
    assert {account[stream]["superseded"] for stream in quiet} == {1}
    assert all(held(lake, stream) == {FIRST.date(): [1]} for stream in quiet)


def test_a_night_that_was_asked_in_time_keeps_its_lists_however_late_it_is_normalized(lake) -> None:
    # GIVEN a night whose job failed, and the next one, which is normalized
    for stream in SNAPSHOTS:
        serve(lake, stream, FIRST, {"then": 1}, asked=1, created_at="2026-03-02T02:05:00Z")
        serve(lake, stream, SECOND, {"now": 2}, asked=2, created_at="2026-03-03T02:05:00Z")
    normalize(lake, SECOND, *SNAPSHOTS)
    # WHEN the failed one is resumed
    accounts = normalize(lake, FIRST, *SNAPSHOTS)
    # THEN each night has what was served to it
    assert {account["rows_out"] for account in accounts.values()} == {1}
    for stream in SNAPSHOTS:
        assert held(lake, stream) == {FIRST.date(): [1], SECOND.date(): [2]}


def test_a_snapshot_dated_after_the_real_time_holds_nobody_up(lake) -> None:
    # GIVEN a run whose as_of was mistyped, far in the future
    future = datetime.now(UTC) + timedelta(days=400)
    serve(lake, "media", future, {"m": 1}, asked=1)
    normalize(lake, future, "media")
    # WHEN tonight is normalized
    serve(lake, "media", FIRST, {"m": 2}, asked=2)
    account = normalize(lake, FIRST, "media")
    # THEN it is written
    assert account["media"]["rows_out"] == 1
    assert held(lake, "media")[FIRST.date()] == [2]


def test_a_run_for_some_medias_leaves_the_figures_of_the_others(lake) -> None:
    # GIVEN a night, and a run of the same day that was asked about one media
    noon = FIRST + timedelta(hours=10)
    serve(lake, "media_stats", FIRST, {"one": 1, "other": 2}, asked=1)
    serve(lake, "media_stats", noon, {"one": 3}, asked=2, is_narrowed=True)
    # WHEN both are normalized
    normalize(lake, FIRST, "media_stats")
    normalize(lake, noon, "media_stats")
    # THEN the other media's figures are still there
    assert held(lake, "media_stats") == {FIRST.date(): [2, 3]}


@pytest.mark.parametrize("stream", ["media_stats", "media_engagement"])
@pytest.mark.parametrize("is_narrowed", [False, True], ids=["all", "another"])
def test_a_later_run_for_one_media_forbids_no_figures_of_the_others(
    lake, stream, is_narrowed
) -> None:
    # GIVEN a run of noon that was asked about one media
    noon = FIRST + timedelta(hours=10)
    serve(lake, stream, noon, {"one": 1}, asked=1, is_narrowed=True)
    normalize(lake, noon, stream)
    # WHEN the night before it, which had failed, is started again for all, or for another media
    serve(lake, stream, FIRST, {"other": 2}, asked=2, name="again", is_narrowed=is_narrowed)
    account = normalize(lake, FIRST, stream, name="again")
    # THEN the day has the figures of both
    assert account[stream]["superseded"] == 0
    assert held(lake, stream) == {FIRST.date(): [1, 2]}


def session(as_of: datetime, key: str, percent: float, asked: int) -> dict[str, Any]:
    return envelope(
        event(key, percent_viewed=percent, received_at="2026-03-01T12:00:00Z"),
        run_id=run_of(as_of, str(asked)), ingested_at=f"2026-03-09T00:{asked:02d}:00.000Z",
    )  # fmt: skip


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0, 1)])
def test_an_old_night_run_again_improves_events_and_loses_none(lake, order) -> None:
    # GIVEN two nights, and the first asked again later, when one session had grown
    runs = [
        (FIRST, 1, {"grows": 0.1, "stays": 0.2}), (SECOND, 2, {"grows": 0.5, "late": 0.3}),
        (FIRST, 3, {"grows": 0.9}),
    ]  # fmt: skip
    for as_of, asked, sessions in runs:
        lake.as_of = as_of
        rows = [session(as_of, key, percent, asked) for key, percent in sessions.items()]
        lake.land("events", rows, run_of(as_of, str(asked)))
    # WHEN they are normalized in any order
    for number in order:
        as_of, asked, _ = runs[number]
        normalize(lake, as_of, "events", name=str(asked))
    # THEN each session is as it was served last, although that was for an older night
    rows = {row["event_key"]: row["percent_viewed"] for row in lake.staging("events")}
    assert rows == {"grows": 0.9, "stays": 0.2, "late": 0.3}


def served_at(worlds: dict[str, int], stream: str, asked: int) -> dict[str, int]:
    """The list of each stream at a time: one item always, others come and go."""
    listed = {"always": asked * 10}
    listed |= {
        f"key{n}": asked * 10 + n for n in range(1, 4) if (worlds[stream] >> (asked * n)) & 1
    }
    return listed


def expected_snapshots(runs: list[tuple[datetime, int]], order: Iterable[int]) -> dict[date, int]:
    """Which run's list each day should have, from a log of what was served when."""
    diary: list[tuple[date, int, datetime, int]] = []
    for number in order:
        as_of, asked = runs[number]
        waited = (ASKED + timedelta(hours=HOURS_BETWEEN * asked) - as_of).days
        told = as_of.date(), -waited, as_of, asked
        if not any(believed > told for believed in diary):
            diary.append(told)
    return {day: asked for day, _, _, asked in diary}


@pytest.mark.parametrize("seed", [SEED + number for number in range(EXAMPLES)])
def test_in_any_order_of_runs_staging_is_what_was_served(make_lake, seed) -> None:
    # GIVEN runs of nights and half days, in no order of as_of
    chance = random.Random(seed)
    nights = [chance.randrange(6) for _ in range(chance.randrange(4, 6))]
    worlds = {stream: chance.randrange(2**30) for stream in SNAPSHOTS}
    lake = make_lake()
    runs = [(FIRST + timedelta(hours=12 * night), asked) for asked, night in enumerate(nights, 1)]
    for as_of, asked in runs:
        for stream in SNAPSHOTS:
            listed = served_at(worlds, stream, asked)
            minute = 60 * HOURS_BETWEEN * asked
            serve(lake, stream, as_of, listed, asked=minute, name=f"{asked:02d}")
    # WHEN they are normalized in any order, some of them again
    order = chance.sample(range(len(runs)), len(runs))
    order += chance.choices(order, k=chance.randrange(3))
    for number in order:
        as_of, asked = runs[number]
        for account in normalize(lake, as_of, *SNAPSHOTS, name=f"{asked:02d}").values():
            counted = ("rows_out", "duplicates", "unchanged", "superseded", "quarantined")
            assert account["rows_in"] == sum(account[name] for name in counted)
    # THEN each snapshot is one list, whole, as it was served to the run that may hold it
    expected = expected_snapshots(runs, order)
    for stream in SNAPSHOTS:
        assert held(lake, stream) == {
            day: sorted(served_at(worlds, stream, asked).values())
            for day, asked in expected.items()
        }
