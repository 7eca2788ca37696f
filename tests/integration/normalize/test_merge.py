"""Merging into staging: re-runs, growth, crashes midway, and only the affected partitions."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.normalize.errors import NormalizeError
from ingestion.normalize.storage import DataBucket
from tests.support.wistia_records import envelope, event, media

SECOND_RUN = "20260303T020000Z-5e6f7a8b"


def row(key: str, run: int = 0, percent: float = 0.1, day: int = 1, **meta):
    """One event as run number `run` saw it."""
    return envelope(
        event(key, percent_viewed=percent, received_at=f"2026-02-2{day}T12:00:00Z"),
        run_id=f"run-{run}",
        ingested_at=f"2026-03-02T02:0{run}:00.000Z",
        **meta,
    )


def test_running_the_same_run_twice_keeps_every_file(lake) -> None:
    # GIVEN a run that was normalized
    lake.land("events", [row("a"), row("b", day=2), row("a", position=5)])
    lake.land("media", [envelope(media(), stream="media")])
    lake.normalize("events", "media")
    before, rows = lake.files("staging/"), lake.staging("events")

    # WHEN it runs again
    summary = lake.normalize("events", "media")

    # THEN no object was written and the account says why
    assert lake.files("staging/") == before
    assert lake.staging("events") == rows
    assert summary["streams"]["events"]["unchanged"] == 2
    assert summary["streams"]["events"]["duplicates"] == 1
    assert summary["streams"]["events"]["partitions_written"] == 0


def test_a_later_run_rewrites_only_the_partitions_that_it_touches(lake) -> None:
    # GIVEN three days of history
    lake.land("events", [row("a", day=1), row("b", day=2), row("c", day=3)])
    lake.normalize("events")
    before = lake.files("staging/events/")

    # WHEN one row of the second day grew, and one is new there
    lake.land("events", [row("b", 1, 0.8, day=2), row("d", 1, day=2)], SECOND_RUN)
    summary = lake.normalize("events", run_id=SECOND_RUN)

    # THEN only that day's file has changed
    after = lake.files("staging/events/")
    assert {key for key in after if after[key] != before.get(key)} == {
        "staging/events/event_date=2026-02-22/part-00000.zstd.parquet"
    }
    assert summary["streams"]["events"]["partitions"] == ["2026-02-22"]
    assert [(r["event_key"], r["percent_viewed"]) for r in lake.staging("events")] == [
        ("a", 0.1), ("b", 0.8), ("d", 0.1), ("c", 0.1),
    ]  # fmt: skip


def test_rows_outside_the_manifests_window_are_merged_too(lake) -> None:
    # GIVEN a row of a day long before the window, and a later run that has it again
    old = {"received_at": "2025-06-01T00:00:00Z"}
    lake.land("events", [envelope(event("x", **old)), envelope(event("y", **old))])
    lake.normalize("events")
    newer = envelope(event("x", percent_viewed=1, **old), ingested_at="2026-03-03T00:00:00Z")
    lake.land("events", [newer], SECOND_RUN)

    # WHEN that run is normalized
    lake.normalize("events", run_id=SECOND_RUN)

    # THEN the other row of that day is still there
    assert [(r["event_key"], r["percent_viewed"]) for r in lake.staging("events")] == [
        ("x", 1.0), ("y", 0.25),
    ]  # fmt: skip


def test_a_crash_between_two_partitions_is_repaired_by_a_rerun(lake, monkeypatch) -> None:
    # GIVEN history, and a run whose job dies after it swapped one of two partitions
    lake.land("events", [row("a", day=1), row("b", day=2)])
    lake.normalize("events")
    lake.land("events", [row("a", 1, 0.5, day=1), row("b", 1, 0.6, day=2)], SECOND_RUN)
    upload, calls = DataBucket.upload, []

    def dying(self, path, key):
        calls.append(key)
        if len(calls) > 1:
            raise OSError("the machine is gone")
        upload(self, path, key)

    monkeypatch.setattr(DataBucket, "upload", dying)
    with pytest.raises(NormalizeError, match="the machine is gone"):
        lake.normalize("events", run_id=SECOND_RUN)
    monkeypatch.undo()

    # THEN every partition is wholly old or wholly new, nothing twice, nothing missing
    assert [r["event_key"] for r in lake.staging("events")] == ["a", "b"]

    # AND WHEN the run is started again THEN staging is what it should be
    lake.normalize("events", run_id=SECOND_RUN)
    assert [r["percent_viewed"] for r in lake.staging("events")] == [0.5, 0.6]
    assert not lake.files("staging/_tmp/")


def test_a_run_without_rows_writes_nothing(lake) -> None:
    summary = lake.normalize("events", "media")
    assert summary["streams"]["events"]["rows_in"] == 0
    assert not lake.files("staging/")


def test_on_a_cluster_the_result_is_written_aside_in_the_bucket_and_copied(lake) -> None:
    lake.scratch = "s3"
    lake.land("events", [row("a"), row("b", day=2)])
    lake.normalize("events")
    assert set(lake.files("staging/")) == {
        "staging/events/event_date=2026-02-21/part-00000.zstd.parquet",
        "staging/events/event_date=2026-02-22/part-00000.zstd.parquet",
    }
    assert [r["event_key"] for r in lake.staging("events")] == ["a", "b"]


def test_versions_at_the_same_place_of_a_run_are_not_chosen_by_chance(make_lake) -> None:
    # GIVEN rows with the same run, page and position, landed in two orders
    versions = [row(f"key-{key}", percent=percent / 100) for key in range(30) for percent in (1, 2)]
    kept = []
    for order in (versions, versions[::-1]):
        lake = make_lake()
        lake.land("events", order, files=2)
        # WHEN they are normalized
        lake.normalize("events")
        kept.append(lake.staging("events"))
    # THEN the same ones are kept
    assert kept[0] == kept[1]
    assert {r["percent_viewed"] for r in kept[0]} == {0.02}


VERSIONS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(0, 3), st.integers(0, 100)),
    max_size=12,
)  # (run, key, page, percent)
WORLDS = st.lists(st.tuples(VERSIONS, st.permutations([0, 1, 2, 3])), min_size=8, max_size=8)


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    worlds=WORLDS,
    order=st.permutations([0, 1, 2, 3]),
    repeated=st.integers(0, 3),
    files=st.integers(1, 3),
)
def test_staging_is_the_newest_version_of_each_key(
    make_lake, worlds, order, repeated, files
) -> None:
    # GIVEN worlds of versions of keys, spread over runs; many worlds share one run's files
    lake = make_lake()
    runs: dict[int, list] = {0: [], 1: [], 2: [], 3: []}
    expected: dict[str, tuple] = {}
    for number, (versions, _) in enumerate(worlds):
        for position, (run, key, page, percent) in enumerate(versions):
            name = f"world{number}-key{key}"
            runs[run].append(row(name, run, percent / 100, key, page=page, position=position))
            version = (run, page, position, percent / 100)
            expected[name] = max(expected.get(name, version), version)
    for run, records in runs.items():
        if records:
            lake.land("events", records[::-1], f"run-{run}", files)

    # WHEN the runs are normalized in any order, one of them twice
    for run in (*order, repeated):
        lake.normalize("events", run_id=f"run-{run}")

    # THEN staging has each key once, in its newest version
    assert {r["event_key"]: r["percent_viewed"] for r in lake.staging("events")} == {
        name: version[-1] for name, version in expected.items()
    }
    assert len(lake.staging("events")) == len(expected)
