"""The world is the same however the clock got there, and its counts are consistent with its events."""

import json
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wistia_simulator.account import Account
from wistia_simulator.clock import to_epoch
from wistia_simulator.errors import SimulatorInputError
from wistia_simulator.event_days import RowStyle
from wistia_simulator.faults import Faults
from wistia_simulator.feed import Query, Window
from wistia_simulator.randomness import KeyCodec
from wistia_simulator.testing import Change, Event, Media, World
from wistia_simulator.truth import observe
from wistia_simulator.world import LivingWorld

SMALL = World(events=600, history_days=30, medias=20)


@pytest.fixture(scope="module")
def account() -> Account:
    return Account(SMALL)


def rows_at(account: Account, moment: str) -> dict[str, dict[str, object]]:
    account.clock.set(moment)
    return dict(observe(account).events)


def test_the_same_seed_gives_the_same_world():
    assert observe(Account(SMALL)).events == observe(Account(SMALL)).events


def test_another_seed_gives_another_world():
    other = observe(Account(replace(SMALL, seed=8))).events
    assert not set(other) & set(observe(Account(SMALL)).events)


def test_a_night_looks_the_same_whether_the_clock_jumped_or_walked_or_came_back():
    # GIVEN one clock that jumps a week, one that walks there, one that goes beyond and returns
    jumped, walked, returned = Account(SMALL), Account(SMALL), Account(SMALL)
    for day in (3, 4, 6):
        rows_at(walked, f"2026-03-{day:02d}T02:00:00Z")
    rows_at(returned, "2026-03-20T02:00:00Z")
    # WHEN all stand at the same moment
    worlds = [rows_at(account, "2026-03-09T02:00:00Z") for account in (jumped, walked, returned)]
    # THEN they serve the same rows
    assert worlds[0] == worlds[1] == worlds[2]
    assert len(worlds[0]) > 600


@pytest.mark.parametrize("events", [0, 1, 37, 5_000])
def test_exactly_as_many_events_are_visible_at_the_first_clock_as_asked_for(events):
    world = LivingWorld(replace(SMALL, events=events))
    assert len(world.feed.select(Query(), world.start_clock)) == events


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("events", [1, 3, 50, 120])
def test_a_world_of_fewer_events_than_days_has_exactly_these(seed, events):
    account = Account(World(seed=seed, events=events))
    assert len(observe(account).events) == events


def test_the_world_goes_on_at_the_same_rate():
    world = LivingWorld(replace(SMALL, events=3_000))
    later = world.feed.select(Query(), to_epoch("2026-03-30T02:00:00Z"))
    assert len(later) - 3_000 == pytest.approx(2_800, rel=0.1)


def test_some_events_become_visible_a_night_after_they_were_received():
    account = Account(replace(SMALL, events=1_500))
    first = rows_at(account, "2026-03-02T02:00:00Z")
    second = rows_at(account, "2026-03-03T02:00:00Z")
    late = [
        row
        for key, row in second.items()
        if key not in first and str(row["received_at"]) < "2026-03-02T02"
    ]
    assert late


def test_no_event_is_later_than_sixty_hours():
    account = Account(replace(SMALL, events=1_500))
    before = set(rows_at(account, "2026-03-02T02:00:00Z"))
    after = rows_at(account, "2026-03-05T02:00:00Z")
    late = [row for key, row in after.items() if key not in before]
    assert min(str(row["received_at"]) for row in late) >= "2026-02-27T14:00:00"


def test_rows_grow_and_never_shrink_and_are_settled_after_sixty_hours():
    # GIVEN three nights, compared without the media's name, which follows renames at any age
    account = Account(replace(SMALL, events=1_500))
    nights = [
        {key: {**row, "media_name": ""} for key, row in rows_at(account, moment).items()}
        for moment in ("2026-03-02T02:00:00Z", "2026-03-03T02:00:00Z", "2026-03-05T02:00:00Z")
    ]
    # WHEN each is laid over the one before
    changes = [
        (row, later[key]) for earlier, later in pairwise(nights) for key, row in earlier.items()
    ]
    grown = [(row, newer) for row, newer in changes if row != newer]
    # THEN some rows have grown, none has shrunk, and those that have are young
    assert grown
    assert all(
        float(str(newer["percent_viewed"])) >= float(str(row["percent_viewed"]))
        for row, newer in grown
    )
    assert min(str(row["received_at"]) for row, _ in grown) >= "2026-02-27T14:00:00"


def test_medias_come_go_and_change_at_known_times():
    account = Account(replace(SMALL, medias=40))
    medias = []
    for moment in ("2026-03-02T02:00:00Z", "2026-03-20T02:00:00Z"):
        account.clock.set(moment)
        medias.append(observe(account).medias)
    before, after = medias
    assert set(after) - set(before), "some appear"
    assert set(before) - set(after), "some are deleted or archived"
    both = set(before) & set(after)
    assert [key for key in both if before[key].get("duration") != after[key].get("duration")], (
        "a swap"
    )
    assert [key for key in both if before[key]["name"] != after[key]["name"]], "a new name"


def test_plays_and_loads_stand_to_events_as_observed():
    account = Account(replace(SMALL, events=6_000))
    lives = [life for life in account.world.catalog.lives if life.exists_at(account.now)]
    totals = [account.statistics.lifetime(life, account.now) for life in lives]
    events = sum(
        len(account.world.feed.select(Query(media=life.index), account.now)) for life in lives
    )
    assert events / sum(total.plays for total in totals) == pytest.approx(0.987, abs=0.003)
    assert events / sum(total.loads for total in totals) == pytest.approx(0.15, abs=0.015)


def test_days_add_up_to_the_lifetime_and_play_rate_times_visitors_is_whole(account):
    account.clock.set("2026-03-02T02:00:00Z")
    first, last = account.world.feed.first_day, account.now // 86_400
    for life in account.world.catalog.lives[:12]:
        total = account.statistics.lifetime(life, account.now)
        days = [
            account.statistics.on_day(life, number, account.now)
            for number in range(first, last + 1)
        ]
        assert sum(day.plays for day in days) == total.plays
        assert sum(day.loads for day in days) == total.loads
        assert total.play_rate * total.visitors == pytest.approx(total.players, abs=1e-6)


def test_analytics_count_up_to_a_seventh_fewer_plays_than_the_days():
    account = Account(replace(SMALL, events=6_000))
    life = account.world.catalog.lives[0]
    buckets = account.analytics.daily(life, date(2026, 1, 1), date(2026, 3, 3), account.now)
    plays = sum(bucket.shown_plays for _, bucket in buckets)
    assert 0.85 <= plays / account.statistics.lifetime(life, account.now).plays < 1


def test_a_curve_has_a_cell_for_each_second_up_to_a_thousand_and_falls(account):
    for life in account.world.catalog.lives[:12]:
        total = account.statistics.lifetime(life, account.now)
        assert len(total.viewed) <= 1_000
        if total.viewed:
            assert total.viewed[0] >= total.viewed[-1]
            assert min(total.viewed) >= 0


@given(
    seed=st.integers(0, 10**6),
    number=st.integers(0, (1 << 62)),
    epoch=st.integers(10**9, 2 * 10**9),
)
def test_keys_of_every_format_can_be_read_back(seed, number, epoch):
    codec = KeyCodec(seed, "event")
    for key in (
        codec.key(number),
        codec.old_event_key(number, epoch),
        codec.old_visitor_key(number),
    ):
        assert codec.number(key) == number


@given(
    every=st.sampled_from([0, 1, 7, 100]),
    held_back=st.integers(0, 40),
    shuffle=st.booleans(),
    size=st.integers(1, 100),
)
@settings(max_examples=30, deadline=None)
def test_whatever_the_switches_the_pages_of_a_list_hold_every_row(
    account, every, held_back, shuffle, size
):
    now = to_epoch("2026-03-02T02:00:00Z")
    faults = Faults(duplicate_every=every, shuffle_events=shuffle)
    feed = account.world.feed
    shown, page = [], 0
    while runs := feed.page(Query(media=0), now, Window(page * size, size, held_back), faults):
        shown += [(day.number, position) for day, positions in runs for position in positions]
        page += 1
    everything = [(day.number, position) for day, position in feed.select(Query(media=0), now)][
        held_back:
    ]
    assert set(shown) == set(everything)
    assert len(shown) == len(everything) + (len(everything) // every if every else 0)
    if not shuffle:
        assert list(dict.fromkeys(shown)) == everything


def test_a_small_cache_gives_the_same_rows():
    large, small = LivingWorld(SMALL), LivingWorld(SMALL, cache_bytes=10_000)
    for start in range(0, 600, 90):
        pages = []
        for world in (large, small):
            now = world.start_clock
            runs = world.feed.page(Query(), now, Window(start, 90), Faults())
            pages.append(world.feed.render(runs, now, RowStyle()))
        assert pages[0] == pages[1]
        assert all(json.loads(row) for row in pages[0])


def test_given_events_appear_change_and_are_counted_as_given():
    world = World.from_records(
        [Media("media00001", duration=100.0)],
        [
            Event(
                "one", "media00001", "2026-03-01T10:00:00Z", visible_at="2026-03-02T12:00:00Z", percent_viewed=0.2,
                changes=(Change("2026-03-03T00:00:00Z", {"percent_viewed": 0.9, "email": "a@example.com"}),),
            ),
            Event("two", "media00001", "2026-03-01T10:00:00Z", fields={"user_agent_details": ..., "region": "WA"}),
        ],
    )  # fmt: skip
    account = Account(world)
    assert set(rows_at(account, "2026-03-02T02:00:00Z")) == {"two"}
    later = rows_at(account, "2026-03-02T13:00:00Z")
    assert later["one"]["percent_viewed"] == 0.2
    assert "user_agent_details" not in later["two"]
    assert rows_at(account, "2026-03-04T00:00:00Z")["one"]["email"] == "a@example.com"
    life = account.world.catalog.lives[0]
    assert account.statistics.lifetime(life, account.now).engagement == pytest.approx(0.7)


def test_two_events_with_one_key_are_refused():
    twice = [Event("one", "media00001", "2026-03-01T10:00:00Z")] * 2
    with pytest.raises(SimulatorInputError, match="two events have the key 'one'"):
        LivingWorld(World.from_records([Media("media00001")], twice))


def test_a_history_too_short_for_late_rows_is_refused():
    with pytest.raises(SimulatorInputError, match="at least 7"):
        LivingWorld(replace(SMALL, history_days=3))
