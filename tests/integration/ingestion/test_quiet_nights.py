"""A night without new data says so; a night with any new data does not."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ingestion import layout
from tests.support.ingestion_night import FIRST, MEDIA, SECOND, THIRD, Night, event, newest_versions
from wistia_simulator.testing import Change, Event, Media

GivenNight = Callable[..., Night]
SEEN = event(1, "2026-03-01T10:00:00Z")


def test_night_without_new_events_uploads_nothing_and_moves_no_pointer(
    given_night: GivenNight,
) -> None:
    # GIVEN a night whose lookback contains an event that the night before has processed
    night = given_night(SEEN)
    night.run_at(FIRST)
    pointer = night.store.read_json(layout.EVENTS_POINTER)
    # WHEN nothing happens until the next one
    plan, sealed = night.run_at(SECOND)
    # THEN it says so, lands no events, and does not move the pointer
    assert not sealed["has_new_data"]
    assert sealed["streams"]["events"]["rows"] == 0
    assert not sealed["streams"]["media"]["new_data"]
    assert not [key for key in night.object_keys() if plan["run_id"] in key and "/events/" in key]
    assert night.store.read_json(layout.EVENTS_POINTER) == pointer
    # and the next window begins where it would have begun after any other night
    assert night.watermark("events") == SECOND


@pytest.mark.parametrize(
    ("events", "media"),
    [
        ((SEEN, event(2, "2026-03-02T20:00:00Z")), MEDIA),
        ((SEEN, event(2, "2026-03-01T11:00:00Z", visible_at="2026-03-02T12:00:00Z")), MEDIA),
        (
            (event(1, SEEN.received_at, changes=(Change(SECOND, {"percent_viewed": 0.9}),)),),
            MEDIA,
        ),
        ((SEEN,), replace(MEDIA, changes=(Change("2026-03-02T12:00:00Z", {"name": "New"}),))),
        ((SEEN,), replace(MEDIA, changes=(Change("2026-03-02T12:00:00Z", {"duration": 9.0}),))),
    ],
    ids=["new event", "late event", "grown event", "renamed media", "swapped media"],
)
def test_night_that_brings_anything_is_to_be_built(
    given_night: GivenNight, events: tuple[Event, ...], media: Media
) -> None:
    night = given_night(*events, medias=(media,))
    night.run_at(FIRST)
    assert night.run_at(SECOND)[1]["has_new_data"]


def test_media_that_is_deleted_or_added_is_news(given_night: GivenNight) -> None:
    night = given_night(
        SEEN,
        medias=(
            MEDIA,
            Media("klmnopqrst", deleted="2026-03-02T12:00:00Z"),
            Media("uvwxyzabcd", created="2026-03-03T12:00:00Z"),
        ),
    )
    night.run_at(FIRST)
    assert night.run_at(SECOND)[1]["has_new_data"]
    assert night.run_at(THIRD)[1]["has_new_data"]


def test_what_a_failed_night_landed_is_still_new(given_night: GivenNight) -> None:
    # GIVEN a night that landed an event and failed before its end
    night = given_night(SEEN, event(2, "2026-03-02T20:00:00Z"))
    night.run_at(FIRST)
    night.fail_at(SECOND)
    # WHEN the next one finds the same THEN it is new, and is landed again
    again, sealed = night.run_at(THIRD)
    assert sealed["streams"]["events"]["new_data"]
    assert set(newest_versions(night.lines(again, "events"))) == {"key_0001", "key_0002"}


@pytest.mark.parametrize(
    ("as_of", "asked_for"),
    [(SECOND, {"full_refresh": True}), (SECOND, {"start_date": "2026-03-01"}), (FIRST, {})],
    ids=["full refresh", "backfill", "same night again"],
)
def test_what_was_asked_for_by_hand_is_landed_and_built(
    given_night: GivenNight, as_of: str, asked_for: dict[str, object]
) -> None:
    # An operator repeats it to get fresh output from the later steps.
    night = given_night(SEEN)
    first, _ = night.run_at(FIRST)
    plan, sealed = night.run_at(as_of, **asked_for)
    assert sealed["has_new_data"]
    assert not any(stream["new_data"] for stream in sealed["streams"].values())
    assert newest_versions(night.lines(plan, "events")) == newest_versions(
        night.lines(first, "events")
    )


def test_no_more_than_one_night_passes_without_a_build(given_night: GivenNight) -> None:
    night = given_night(SEEN)
    nights = [FIRST, SECOND, THIRD, "2026-03-05T02:00:00Z"]
    assert [night.run_at(as_of)[1]["has_new_data"] for as_of in nights] == [
        True,
        False,
        True,
        False,
    ]


def test_days_without_activity_are_no_news_but_are_built_with_the_next_news(
    given_night: GivenNight,
) -> None:
    # GIVEN statistics, which list each day of each media, and a night on which nothing happened
    night = given_night(SEEN, event(2, "2026-03-03T12:00:00Z"))
    night.having(streams=("media", "events", "media_daily_stats"), lookback_days=0)
    night.run_at(FIRST)
    _, quiet = night.run_at(SECOND)
    assert quiet["streams"]["media_daily_stats"]["rows"] > 0
    assert not quiet["has_new_data"]
    assert night.watermark("media_daily_stats") == FIRST
    # WHEN something happens THEN that night has the days since the last build
    third, sealed = night.run_at(THIRD)
    assert sealed["has_new_data"]
    dates = {line["record"]["date"] for line in night.lines(third, "media_daily_stats")}
    assert dates == {"2026-03-02", "2026-03-03", "2026-03-04"}
    assert night.watermark("media_daily_stats") == THIRD
