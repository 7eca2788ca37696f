"""Nothing is visible before it is whole, and nothing that is visible changes."""

from collections.abc import Callable

import pytest

from ingestion import layout
from ingestion.errors import RunAlreadySealed, SealIncomplete, WistiaUnavailable
from ingestion.handlers.runtime import Services
from tests.support.ingestion_night import FIRST, SECOND, Night, event, lines_of, newest_versions


def test_night_without_events_uploads_nothing_and_moves_no_pointer(
    given_night: Callable[..., Night],
) -> None:
    night = given_night(event(1, "2026-02-01T10:00:00Z"))
    first, _ = night.run(as_of=FIRST)
    pointer = night.store.read_json(layout.EVENTS_POINTER)
    # WHEN a night finds no events in its window
    night.simulator.clock.set(SECOND)
    second, sealed = night.run(as_of=SECOND)
    # THEN there is no file and no manifest for it, and the run says so
    assert sealed["streams"]["events"] == {
        "rows": 0,
        "files": 0,
        "bytes": 0,
        "requests": 1,
        "new_data": False,
        "unavailable": None,
        "refused": {"medias": 0, "statuses": {}, "media_ids": []},
        "left_out": {},
    }
    assert "events" not in sealed["manifested_streams"].split(",")
    assert not [key for key in night.object_keys() if second["run_id"] in key and "/events/" in key]
    assert night.store.read_json(layout.EVENTS_POINTER) == pointer
    assert pointer is not None
    assert pointer[0]["run_id"] == first["run_id"]


def test_nothing_is_visible_before_every_task_has_finished(night: Night) -> None:
    plan = night.plan(as_of=FIRST)
    for task in plan["tasks"][:-1]:
        night.ingest(plan, task)
    with pytest.raises(SealIncomplete, match=plan["tasks"][-1]["task_id"]):
        night.seal(plan)
    assert not [key for key in night.object_keys() if key.endswith("manifest.json")]
    # WHEN the last one has run THEN everything is
    night.ingest(plan, plan["tasks"][-1])
    assert night.seal(plan)["has_new_data"]


def test_repeated_invocation_overwrites_its_own_files(night: Night) -> None:
    # GIVEN an invocation that the state machine repeats, as after a time-out
    night.having(streams=("events",))
    plan = night.plan(as_of=FIRST)
    task = plan["tasks"][0]
    night.ingest(plan, task)
    keys = [key for key in night.object_keys() if key.startswith("raw_data/")]
    night.ingest(plan, task)
    assert [key for key in night.object_keys() if key.startswith("raw_data/")] == keys
    # THEN no row is visible twice
    night.seal(plan)
    lines = night.lines(plan, "events")
    assert len({line["record"]["event_key"] for line in lines}) == len(lines)


def test_file_that_is_not_what_its_part_says_is_not_made_visible(night: Night) -> None:
    night.having(streams=("media",))
    plan = night.plan(as_of=FIRST)
    night.ingest(plan, plan["tasks"][0])
    [key] = [key for key in night.object_keys() if key.startswith("raw_data/")]
    night.store._client.put_object(Bucket=night.store.bucket, Key=key, Body=b"another attempt's")
    with pytest.raises(SealIncomplete, match="not the file"):
        night.seal(plan)


def test_landed_files_are_immutable_once_sealed(night: Night) -> None:
    night.having(streams=("media",))
    plan = night.plan(as_of=FIRST)
    night.ingest(plan, plan["tasks"][0])
    sealed = night.seal(plan)
    assert night.seal(plan) == sealed  # doing it again changes nothing
    with pytest.raises(RunAlreadySealed):
        night.ingest(plan, plan["tasks"][0])


def test_manifest_counts_what_its_files_hold(night: Night) -> None:
    plan, sealed = night.having(streams=("events",)).run(as_of=FIRST)
    manifest = night.manifest(plan, "events")
    assert manifest is not None
    assert manifest["rows"] == len(lines_of(night.store, manifest)) == sealed["total_rows"]
    assert manifest["rows"] == sum(file["rows"] for file in manifest["files"])
    for file in manifest["files"]:
        assert night.store.describe(file["key"]) == (file["bytes"], file["sha256"])


@pytest.mark.parametrize(("stream", "requests"), [("events", 8), ("media_stats", 4)])
def test_task_that_nears_its_deadline_goes_on_in_the_next_invocation(
    night: Night, monkeypatch: pytest.MonkeyPatch, stream: str, requests: int
) -> None:
    # GIVEN invocations that have time for a few requests each
    night.having(streams=(stream,), connections=1)
    plan = night.plan(as_of=FIRST)

    def services() -> Services:
        services = night.services()
        left = iter([300.0] * requests)
        monkeypatch.setattr(services.deadline, "seconds_left", lambda: next(left, 0.0))
        return services

    # WHEN the task runs THEN it takes several, and nothing is missing
    assert night.ingest(plan, plan["tasks"][0], services)["steps"] > 1
    night.seal(plan)
    if stream == "events":
        assert newest_versions(night.lines(plan, stream)) == night.truth(plan).events
    else:
        asked = {line["_meta"]["media_id"] for line in night.lines(plan, stream)}
        assert asked == set(night.truth(plan).medias)


def test_task_that_gets_no_further_ends_with_an_error(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.having(streams=("events",), connections=1)
    plan = night.plan(as_of=FIRST)

    def services() -> Services:
        services = night.services()
        monkeypatch.setattr(services.deadline, "seconds_left", lambda: 0.0)
        return services

    with pytest.raises(WistiaUnavailable, match="events-0001 made no progress"):
        night.ingest(plan, plan["tasks"][0], services)
