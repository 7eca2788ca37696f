"""Any world, any faults, any sequence of nights: what is landed is what the API served."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from ingestion.errors import IngestionError, LandingFailed, SealIncomplete
from ingestion.object_store import ObjectStore
from tests.support.ingestion_night import PASSING_FAULTS, Night, newest_versions
from tests.support.memory_s3 import MemoryS3
from wistia_simulator.testing import Change, Event, Faults, Media, Rule, Simulator, World

START = datetime(2026, 3, 2, 2, tzinfo=UTC)
# The first night that succeeds may be the fifth, and takes its history from there: 9 + 4 days.
HISTORY_DAYS = 14
MEDIAS = (Media("abcdefghij"), Media("klmnopqrst"))
# Hours from the first night on, often those beside a midnight or a night's end.
HOURS = st.integers(-9 * 24, 4 * 24) | st.sampled_from(
    [-74, -51, -50, -3, -2, -1, 0, 21, 22, 24, 47]
)


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Events around the nights: late ones, growing ones, ties on one second."""
    count = draw(st.sampled_from([0, 1, 3, 40, 130, 230]))
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
    growth_per_request=st.sampled_from([0, 0, 0, 1, 3]),
    growth_total=st.sampled_from([0, 12]),
    shuffle_events=st.booleans(),
    date_filter_utc_offset_hours=st.sampled_from([-12.0, -6.0, 0.0, 9.0]),
    date_filter_end_exclusive=st.booleans(),
    rules=st.lists(
        st.builds(
            Rule,
            fault=st.sampled_from(PASSING_FAULTS),
            probability=st.sampled_from([0.05, 0.2]),
            seed=st.integers(0, 99),
        ),
        max_size=3,
    ).map(tuple),
)
# The fate of a night: it succeeds, fails at a step, runs twice, or never starts.
FATES = ["whole", "upload refused", "token expires", "fails after seal", "twice", "missed"]
NIGHTS = st.lists(st.sampled_from(FATES), min_size=1, max_size=4)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@example(  # twelve rows are held back for more nights than the lookback has days
    given_events=[
        Event(
            f"key_{number:04d}", MEDIAS[0].hashed_id, (START + timedelta(hours=hours)).isoformat()
        )
        for number in range(20)
        for hours in (25 if number % 2 == 0 else -51,)
    ],
    faults=Faults(growth_per_request=1, growth_total=12),
    nights=["whole", "whole"],
)
@example(
    given_events=[Event("key_0000", MEDIAS[0].hashed_id, (START - timedelta(days=9)).isoformat())],
    faults=Faults(),
    nights=["upload refused"] * 4,
)
@given(given_events=events(), faults=FAULTS, nights=NIGHTS)
def test_landed_events_are_what_the_api_served_whatever_happens(
    simulator: Simulator,
    given_events: list[Event],
    faults: Faults,
    nights: list[str],
) -> None:
    # GIVEN a world, faults that pass, and nights of which some fail or are repeated; an expiring token
    # makes the simulator hold back rows again, which no API does with rows that it has shown
    assume(not faults.growth_per_request or "token expires" not in nights)
    simulator.load(World.from_records(MEDIAS, given_events, clock=START), faults)
    night = Night(ObjectStore(MemoryS3(), "data"), simulator).having(
        streams=("media", "events"),
        initial_history_days=HISTORY_DAYS,
        max_attempts=40,
        lookback_days=3,
    )
    landed: list[dict[str, Any]] = []
    built: list[dict[str, Any]] = []
    seen: set[str] = set()
    too_late: set[str] = set()
    first = (START - timedelta(days=HISTORY_DAYS)).replace(hour=0)
    for number, fate in enumerate([*nights, "whole"]):
        as_of = START + timedelta(days=number)
        simulator.clock.set(as_of)
        for _ in range(2 if fate == "twice" else 1):
            # WHEN the night runs
            before = night.watermark("events")
            plan, is_built = run(night, fate, as_of.strftime("%Y-%m-%dT%H:%M:%SZ"))
            if plan is None:
                assert night.watermark("events") == before
                continue
            lines = night.lines(plan, "events")
            landed += lines
            built += lines if is_built else []
            # THEN all rows of its window that the API had to show are landed in their newest version
            if not faults.growth_per_request:
                shown = night.truth(plan).events
                known = newest_versions(landed)
                assert {key: known.get(key) for key in shown} == shown
                continue
            # A row that the API held back until every window had passed its day is left out, as documented.
            served = simulator.truth(first, as_of, night.settings.api_version).served
            start = datetime.fromisoformat(plan["window"]["start"])
            too_late |= {
                key
                for key in served.keys() - seen
                if datetime.fromisoformat(served[key]["received_at"]) < start
            }
            seen |= served.keys()
    # and over all nights together no row or version that the API ever served is missing,
    # even if the later steps never saw a night that said "nothing new"
    served = simulator.truth(first, as_of, night.settings.api_version).served
    in_time = {key: row for key, row in served.items() if key not in too_late}
    assert newest_versions(landed) == in_time
    assert newest_versions(built) == in_time


def run(night: Night, fate: str, as_of: str) -> tuple[dict[str, Any] | None, bool]:
    """One night with its fate; the plan if its files became visible, and whether it was built."""
    if fate == "missed":
        return None, False
    plan = night.plan(as_of=as_of)
    failing: AbstractContextManager[None] = nullcontext()
    if fate == "upload refused":
        failing = refused_uploads(night.store)
    elif fate == "token expires":
        failing = expiring_token(night.simulator)
    try:
        with failing:
            for task in plan["tasks"]:
                night.ingest(plan, task)
    except IngestionError:
        assert fate in {"upload refused", "token expires"}
        with pytest.raises(SealIncomplete):
            night.seal(plan)
        night.fail(plan)
        assert not [
            key for key in night.object_keys() if key.endswith(f"{plan['run_id']}/manifest.json")
        ]
        return None, False
    sealed = night.seal(plan)
    if fate == "fails after seal":
        night.fail(plan)
        return plan, False
    night.commit(plan, sealed)
    return plan, sealed["has_new_data"]


@contextmanager
def refused_uploads(store: ObjectStore) -> Iterator[None]:
    """S3 refuses to take files under raw_data, as it does without the permission."""
    with pytest.MonkeyPatch.context() as patch:

        def refuse(key: str, *_: object) -> None:
            raise LandingFailed(f"Could not write s3://{store.bucket}/{key}: AccessDenied.")

        patch.setattr(store, "upload", refuse)
        yield


@contextmanager
def expiring_token(simulator: Simulator) -> Iterator[None]:
    """The API refuses the token after three requests. It also resets the other faults."""
    faults = simulator.faults
    simulator.faults = replace(faults, token_expires_after=3)
    try:
        yield
    finally:
        simulator.faults = faults
