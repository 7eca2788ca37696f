"""A night for some medias never counts for the others: no row is lost, whatever is requested."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion import layout
from ingestion.errors import InvalidInput
from tests.support.ingestion_night import FIRST, MEDIA, SECOND, THIRD, Json, Night, newest_versions
from wistia_simulator.testing import Change, Event, Media

GivenNight = Callable[..., Night]
FOURTH = "2026-03-05T02:00:00Z"
OTHER = Media("klmnopqrst")
THIRD_MEDIA = Media("uvwxyzabcd")
MEDIAS = (MEDIA, OTHER, THIRD_MEDIA)
ONE = [MEDIA.hashed_id]
HISTORY_STARTS = "2026-01-21T00:00:00Z"

_keys = count(1)


def event_of(media: Media, received_at: str, **more: object) -> Event:
    return Event(f"key_{next(_keys):04d}", media.hashed_id, received_at, **more)  # type: ignore[arg-type]


def events_of(night: Night, plan: Json) -> set[tuple[str, str]]:
    rows = newest_versions(night.lines(plan, "events")).values()
    return {(row["media_id"], row["received_at"][:10]) for row in rows}


def watermarks(night: Night, stream: str) -> tuple[list[str], list[list[str]]]:
    """The nights for all medias, and the other medias that have their own watermark."""
    found = night.store.read_json(layout.watermark_key(stream))
    assert found is not None
    return found[0]["nights"], [mark["media_ids"] for mark in found[0]["narrowed"]]


# ── the watermark of all medias ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stream", ["events", "media_daily_stats", "media_analytics"])
def test_first_night_for_one_media_leaves_the_history_of_the_others_to_the_next(
    given_night: GivenNight, stream: str
) -> None:
    # GIVEN an account whose first night asked about one media
    night = given_night(
        event_of(MEDIA, "2026-03-01T10:00:00Z"),
        event_of(OTHER, "2026-02-01T10:00:00Z"),
        medias=MEDIAS,
    ).having(streams=("media", "events", stream))
    night.run_at(FIRST, media_ids=ONE)
    # WHEN a night asks about all THEN it fetches the history of the others
    second, _ = night.run_at(SECOND)
    of_the_other = [
        line["record"]
        for line in night.lines(second, stream)
        if OTHER.hashed_id in {line["_meta"].get("media_id"), line["record"].get("media_id")}
    ]
    assert "2026-02-01" in str(of_the_other)


def test_night_for_one_media_between_others_skips_no_day_of_the_rest(
    given_night: GivenNight,
) -> None:
    # GIVEN nights without a success for longer than the lookback, and then one for one media
    night = given_night(event_of(OTHER, "2026-03-02T10:00:00Z"), medias=MEDIAS)
    night.having(lookback_days=0)
    night.run_at(FIRST)
    night.run_at("2026-03-10T02:00:00Z", media_ids=ONE)
    # WHEN the next night asks about all THEN it begins where the last one for all had ended
    plan, _ = night.run_at("2026-03-11T02:00:00Z")
    assert plan["window"]["start"] == "2026-03-02T00:00:00Z"
    assert events_of(night, plan) == {(OTHER.hashed_id, "2026-03-02")}


def test_lists_are_whole_in_a_night_for_one_media_and_are_committed(
    given_night: GivenNight,
) -> None:
    night = given_night(event_of(MEDIA, "2026-03-01T10:00:00Z"), medias=MEDIAS)
    plan, _ = night.run_at(FIRST, media_ids=ONE)
    assert len(night.lines(plan, "media")) == len(MEDIAS)
    assert watermarks(night, "media") == ([FIRST], [])
    assert watermarks(night, "events") == ([], [ONE])


# ── a stack that always asks for some ────────────────────────────────────────────────────────────────


def test_stack_for_some_medias_reads_their_history_once(given_night: GivenNight) -> None:
    night = given_night(event_of(MEDIA, "2026-03-01T10:00:00Z"), medias=MEDIAS)
    night.having(media_ids=(MEDIA.hashed_id, OTHER.hashed_id))
    assert night.run_at(FIRST)[0]["window"]["start"] == HISTORY_STARTS
    assert night.run_at(SECOND)[0]["window"]["start"] == "2026-02-27T00:00:00Z"
    assert night.watermark("events") == SECOND


@pytest.mark.parametrize(
    "then",
    [(), (MEDIA.hashed_id, THIRD_MEDIA.hashed_id), tuple(media.hashed_id for media in MEDIAS)],
    ids=["all", "another", "one more"],
)
def test_media_that_joins_the_stacks_list_brings_its_history(
    given_night: GivenNight, then: tuple[str, ...]
) -> None:
    # GIVEN a stack that asked about two medias
    night = given_night(event_of(THIRD_MEDIA, "2026-02-01T10:00:00Z"), medias=MEDIAS)
    night.having(media_ids=(MEDIA.hashed_id, OTHER.hashed_id)).run_at(FIRST)
    # WHEN it asks about a third one as well THEN the next night has that one's history, once
    night.having(media_ids=then)
    plan, _ = night.run_at(SECOND)
    assert (THIRD_MEDIA.hashed_id, "2026-02-01") in events_of(night, plan)
    assert night.run_at(THIRD)[0]["window"]["start"] == "2026-02-28T00:00:00Z"


def test_list_that_gets_shorter_and_longer_again_is_read_from_where_all_were(
    given_night: GivenNight,
) -> None:
    night = given_night(event_of(OTHER, "2026-03-02T10:00:00Z"), medias=MEDIAS)
    night.having(lookback_days=0).run_at(FIRST)
    night.having(media_ids=(MEDIA.hashed_id,))
    starts = [night.run_at(as_of)[0]["window"]["start"][:10] for as_of in (SECOND, THIRD)]
    assert starts == ["2026-03-02", "2026-03-03"]
    plan, _ = night.having(media_ids=()).run_at(FOURTH)
    assert plan["window"]["start"][:10] == "2026-03-02"
    assert events_of(night, plan) == {(OTHER.hashed_id, "2026-03-02")}


# ── fingerprints ─────────────────────────────────────────────────────────────────────────────────────


def test_figure_that_moves_and_moves_back_is_new_to_whoever_did_not_see_it(
    given_night: GivenNight,
) -> None:
    # GIVEN an event that a night for all built, and that had grown when a night for its media did
    grown = Change("2026-03-02T12:00:00Z", {"percent_viewed": 0.9})
    back = Change("2026-03-03T12:00:00Z", {"percent_viewed": 0.5})
    viewed = replace(
        event_of(MEDIA, "2026-03-01T10:00:00Z", percent_viewed=0.5), changes=(grown, back)
    )
    night = given_night(viewed, medias=MEDIAS)
    night.run_at(FIRST)
    night.run_at(SECOND, media_ids=ONE)
    # WHEN it is again as the night for all had built it THEN that is new for the next one
    plan, sealed = night.run_at(THIRD)
    assert sealed["streams"]["events"]["new_data"]
    assert events_of(night, plan) == {(MEDIA.hashed_id, "2026-03-01")}


def test_build_for_one_media_does_not_put_off_that_of_the_others(
    given_night: GivenNight,
) -> None:
    # GIVEN a night for all, nothing new since, and a backfill of one media
    night = given_night(event_of(MEDIA, "2026-02-10T10:00:00Z"), medias=MEDIAS)
    night.having(streams=("media", "events", "media_daily_stats"))
    night.run_at(FIRST)
    night.run_at("2026-03-03T01:00:00Z", media_ids=ONE, start_date="2026-03-02")
    # WHEN the last build of all is more than 36 hours ago THEN a night for all is built
    assert night.run_at("2026-03-03T15:00:00Z")[1]["has_new_data"]


# ── what else ────────────────────────────────────────────────────────────────────────────────────────


def test_run_whose_list_of_medias_is_gone_commits_nothing_and_says_what_to_do(
    given_night: GivenNight,
) -> None:
    night = given_night(event_of(MEDIA, "2026-03-01T10:00:00Z"), medias=MEDIAS)
    plan = night.plan(as_of=FIRST, media_ids=ONE)
    sealed = night.land(plan)
    night.store._client.delete_object(
        Bucket=night.store.bucket, Key=layout.media_ids_key(plan["run_id"])
    )
    with pytest.raises(
        InvalidInput, match=r"which lists them, is missing\. .*Start a new execution"
    ):
        night.commit(plan, sealed)
    assert night.watermark("events") is None


def test_who_looks_at_one_media_after_the_other_does_not_make_the_state_grow(
    given_night: GivenNight,
) -> None:
    medias = tuple(Media(f"media{number:05d}") for number in range(30))
    night = given_night(event_of(medias[0], "2026-03-01T10:00:00Z"), medias=medias)
    for media in medias:
        night.run_at(FIRST, media_ids=[media.hashed_id])
    assert len(watermarks(night, "events")[1]) == 20
    # and a night for all says the same about each of them
    night.run_at(SECOND)
    assert watermarks(night, "events") == ([SECOND], [])


_DAYS = st.integers(1, 9)
_ASKED = st.sets(st.sampled_from([media.hashed_id for media in MEDIAS]))
_NIGHTS = st.lists(st.tuples(_DAYS, _ASKED, st.booleans()), min_size=1, max_size=5)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(nights=_NIGHTS)
def test_any_sequence_of_nights_for_some_and_for_all_loses_no_event(
    given_night: GivenNight, nights: list[tuple[int, set[str], bool]]
) -> None:
    # GIVEN an event of each media on each day
    days = [f"2026-03-{day:02d}" for day in range(1, 11)]
    events = [event_of(media, f"{day}T10:00:00Z") for media in MEDIAS for day in days]
    night = given_night(*events, medias=MEDIAS).having(lookback_days=0)
    landed: set[tuple[str, str]] = set()
    # WHEN nights for some medias, or for all, succeed or fail in any order
    for day, asked, succeeds in nights:
        as_of = f"2026-03-{day:02d}T02:00:00Z"
        night.simulator.clock.set(as_of)
        plan = night.plan(as_of=as_of, media_ids=sorted(asked) or None)
        sealed = night.land(plan)
        if succeeds:
            night.commit(plan, sealed)
            landed |= events_of(night, plan)
        else:
            night.fail(plan)
    # THEN a night for all has brought every event before it
    last, _ = night.run_at("2026-03-11T02:00:00Z")
    assert landed | events_of(night, last) == {
        (media.hashed_id, day) for media in MEDIAS for day in days
    }
