"""Any world, any faults, any sequence of nights: what is landed is what the API served."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingestion_night import Night, newest_versions

from ingestion.errors import IngestionError
from ingestion.object_store import ObjectStore
from wistia_simulator.testing import Change, Event, Fault, Faults, Media, Rule, World, running

START = datetime(2026, 3, 2, 2, tzinfo=UTC)
MEDIAS = (Media("abcdefghij"), Media("klmnopqrst"))
PASSING = [
    "429",
    "500",
    "502",
    "503",
    "504",
    "reset",
    "drop",
    "truncated_json",
    "html",
    "empty_body",
]
HOURS = st.integers(-9 * 24, 4 * 24)


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Events around the nights: late ones, growing ones, ties on one second."""
    count = draw(st.integers(0, 260))
    hours = draw(st.lists(HOURS, min_size=1, max_size=12))
    late = draw(st.integers(0, 60))
    made = []
    for number in range(count):
        received = START + timedelta(hours=hours[number % len(hours)])
        grown = Change(received + timedelta(hours=late + 5), {"percent_viewed": 0.75})
        made.append(
            Event(
                f"key_{number:04d}",
                MEDIAS[number % 2].hashed_id,
                received.isoformat(),
                visible_at=(received + timedelta(hours=late if number % 5 == 0 else 0)).isoformat(),
                changes=(grown,) if number % 3 == 0 else (),
            )
        )
    return made


FAULTS = st.builds(
    Faults,
    duplicate_every=st.sampled_from([0, 7, 150]),
    growth_per_request=st.sampled_from([0, 1, 3]),
    growth_total=st.sampled_from([0, 12]),
    shuffle_events=st.booleans(),
    date_filter_utc_offset_hours=st.sampled_from([-12.0, -6.0, 0.0, 9.0]),
    date_filter_end_exclusive=st.booleans(),
    rules=st.lists(
        st.builds(
            Rule,
            fault=st.sampled_from([Fault(kind) for kind in PASSING]),
            probability=st.sampled_from([0.05, 0.2]),
            seed=st.integers(0, 99),
        ),
        max_size=3,
    ).map(tuple),
)
# What becomes of a night: it goes through, or fails at a step, or is run twice.
NIGHTS = st.lists(
    st.sampled_from(["whole", "no ingest", "no commit", "twice", "missed"]), min_size=1, max_size=4
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(given_events=events(), faults=FAULTS, nights=NIGHTS)
def test_landed_events_are_what_the_api_served_whatever_happens(
    new_store: Callable[[], ObjectStore],
    given_events: list[Event],
    faults: Faults,
    nights: list[str],
) -> None:
    # GIVEN a world, faults that pass, and nights of which some fail or are repeated
    world = World.from_records(MEDIAS, given_events, clock=START)
    with running(world, faults) as simulator:
        night = Night(new_store(), simulator).having(
            streams=("media", "events"), initial_history_days=12, max_attempts=40, lookback_days=3
        )
        landed: list[dict[str, Any]] = []
        for number, fate in enumerate([*nights, "whole"]):
            as_of = START + timedelta(days=number)
            simulator.clock.set(as_of)
            for _ in range(2 if fate == "twice" else 1):
                # WHEN the night runs
                plan = run(night, fate, as_of.strftime("%Y-%m-%dT%H:%M:%SZ"))
                if plan is None:
                    continue
                lines = night.lines(plan, "events")
                landed += lines
                # THEN its lines are all rows of its window that the API had to show, newest version
                if not faults.growth_per_request:
                    assert newest_versions(lines) == night.truth(plan).events
        # and over all nights together nothing is missing of what the API ever served, and no version
        first = (START - timedelta(days=12)).replace(hour=0)
        served = simulator.truth(first, as_of, night.settings.api_version).served
        assert newest_versions(landed) == served


def run(night: Night, fate: str, as_of: str) -> dict[str, Any] | None:
    """One night with its fate; the plan if its files became visible."""
    if fate == "missed":
        return None
    plan = night.plan(as_of=as_of)
    for task in plan["tasks"]:
        if fate == "no ingest" and task["stream"] == "events":
            break
        night.ingest(plan, task)
    try:
        sealed = night.seal(plan)
    except IngestionError:
        assert fate == "no ingest"
        night.fail(plan)
        assert night.manifest(plan, "events") is None
        return None
    if fate == "no commit":
        night.fail(plan)
    else:
        night.commit(plan, sealed)
    return plan
