"""A failed night says what failed and where, shows nothing incomplete, and the next one repairs it."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ingestion import layout
from ingestion.errors import (
    InvalidSettings,
    LandingFailed,
    SealIncomplete,
    UnknownMedia,
    WistiaUnauthorized,
    WistiaUnavailable,
)
from ingestion.handlers.runtime import wistia_token
from ingestion.object_store import ObjectStore
from tests.support.ingestion_night import (
    FIRST,
    PASSING_FAULTS,
    SECOND,
    THIRD,
    Night,
    event,
    newest_versions,
)
from wistia_simulator.testing import Fault, Faults, Rule


def test_wrong_token_stops_the_plan_and_gives_the_lease_back(night: Night) -> None:
    night.having(api_token="wrong")
    with pytest.raises(WistiaUnauthorized, match="stream=media"):
        night.plan(as_of=FIRST)
    night.having(api_token=night.simulator.token)
    assert night.run(as_of=FIRST)[1]["has_new_data"]


def test_token_that_expires_half_way_leaves_nothing_visible_and_the_next_run_repairs_it(
    night: Night,
) -> None:
    plan = night.plan(as_of=FIRST)
    media, events, *_ = plan["tasks"]
    night.ingest(plan, media)
    night.simulator.faults = Faults(token_expires_after=3)
    with pytest.raises(WistiaUnauthorized, match="request_id="):
        night.ingest(plan, events)
    night.fail(plan)
    assert visible(night) == []
    assert night.store.read_json(layout.watermark_key("events")) is None
    night.simulator.faults = Faults()
    again, _ = night.run(as_of=FIRST)
    assert newest_versions(night.lines(again, "events")) == night.truth(again).events


def test_secret_that_cannot_be_read_is_named(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    settings = night.having(api_token="", token_secret_id="no/such-secret").settings
    with pytest.raises(InvalidSettings, match=r"no/such-secret.*ResourceNotFoundException"):
        wistia_token(settings)


def test_expired_token_names_the_media_at_which_it_was_refused(night: Night) -> None:
    night.having(streams=("media_stats",), connections=1)
    plan = night.plan(as_of=FIRST)
    night.simulator.faults = Faults(token_expires_after=0)
    medias = night.truth(plan).medias
    with pytest.raises(WistiaUnauthorized, match=r"stream=media_stats .*request_id=") as caught:
        night.ingest(plan, plan["tasks"][0])
    assert caught.value.media_id in medias
    assert caught.value.request_id in str(caught.value)


def test_unknown_media_id_is_named_and_blocks_no_later_run(night: Night) -> None:
    with pytest.raises(UnknownMedia, match=r"nosuchmedia.*stream=media.*request_id=(?!-)"):
        night.plan(as_of=FIRST, media_ids=["nosuchmedia"])
    assert night.run(as_of=FIRST)[1]["has_new_data"]


@pytest.mark.parametrize("fault", [Fault.STATUS_503, Fault.DROP, Fault.HTML])
def test_api_that_goes_down_half_way_leaves_nothing_visible(night: Night, fault: Fault) -> None:
    # GIVEN a night whose third request for events finds the API down
    night.having(streams=("media", "events"), connections=1)
    plan = night.plan(as_of=FIRST)
    media, events = plan["tasks"]
    night.ingest(plan, media)
    night.simulator.faults = Faults(rules=(Rule(fault, path="*/stats/events", first=3),))
    # WHEN it continues THEN the error says where, and with which request if there was an answer
    asked = "-" if fault is Fault.DROP else "(?!-)"
    with pytest.raises(WistiaUnavailable, match=rf"stream=events .*request_id={asked}"):
        night.ingest(plan, events)
    with pytest.raises(SealIncomplete, match="events-0001"):
        night.seal(plan)
    night.fail(plan)
    assert visible(night) == []
    # and the next run has all that is missing
    night.simulator.faults = Faults()
    again, _ = night.run(as_of=FIRST)
    assert newest_versions(night.lines(again, "events")) == night.truth(again).events


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        ("events-0001-0001.json.gz", "AccessDenied"),
        ("parts/events-0001-0000.json", "AccessDenied"),
        ("/manifest.json", "SlowDown"),
        (layout.EVENTS_POINTER, "AccessDenied"),
        (layout.watermark_key("events"), "RequestTimeTooSkewed"),
    ],
)
def test_refused_write_is_named_and_the_next_run_repairs_it(
    night: Night, refused: str, code: str
) -> None:
    # GIVEN a bucket that refuses one kind of object
    night.having(streams=("events",))
    plan = night.plan(as_of=FIRST)
    with refusing(night.store, refused, code):
        # WHEN a night gets there THEN it fails with the object's name and the request's id
        message = rf"Could not write s3://.*{refused}: {code}\..*request_id=S3REQUEST"
        with pytest.raises(LandingFailed, match=message):
            finish(night, plan)
    night.fail(plan)
    # and nothing is incomplete: what is visible is whole, and the watermark has not moved
    for key in visible(night):
        assert refused in {layout.EVENTS_POINTER, layout.watermark_key("events")}, key
        assert newest_versions(night.lines(plan, "events")) == night.truth(plan).events
    assert night.watermark("events") is None
    # and the next run repairs it
    again, sealed = night.run(as_of=FIRST)
    assert sealed["has_new_data"]
    assert newest_versions(night.lines(again, "events")) == night.truth(again).events
    assert night.watermark("events") == FIRST


def test_full_disk_is_named_and_the_next_run_repairs_it(night: Night) -> None:
    night.having(streams=("events",))
    plan = night.plan(as_of=FIRST)
    with full_disk(), pytest.raises(LandingFailed, match=r"events-0001-0001.*scratch disk"):
        finish(night, plan)
    night.fail(plan)
    assert visible(night) == []
    again, _ = night.run(as_of=FIRST)
    assert newest_versions(night.lines(again, "events")) == night.truth(again).events


def test_failed_night_is_repaired_by_the_next(given_night: Callable[..., Night]) -> None:
    # GIVEN a night that failed after its data was landed, before dbt succeeded
    night = given_night(event(1, "2026-03-02T12:00:00Z"))
    night.run(as_of=FIRST)
    night.fail_at(SECOND)
    # THEN the watermark has not moved, and the next night reads its window again
    assert night.watermark("events") == FIRST
    third, _ = night.run_at(THIRD)
    assert "key_0001" in {line["record"]["event_key"] for line in night.lines(third, "events")}


def test_faults_of_every_kind_in_one_night_change_nothing(night: Night) -> None:
    night.simulator.faults = Faults(
        rules=tuple(
            Rule(kind, every=23, first=number) for number, kind in enumerate(PASSING_FAULTS, 2)
        )
    )
    plan, _ = night.having(streams=("media", "events", "media_daily_stats"), max_attempts=12).run(
        as_of=FIRST
    )
    assert newest_versions(night.lines(plan, "events")) == night.truth(plan).events


def finish(night: Night, plan: dict[str, Any]) -> None:
    night.commit(plan, night.land(plan))


def visible(night: Night) -> list[str]:
    return [key for key in night.object_keys() if key.endswith("manifest.json")]


@contextmanager
def refusing(store: ObjectStore, part_of_key: str, code: str) -> Iterator[None]:
    """S3 refuses to write such objects."""
    client, put = store._client, store._client.put_object

    def put_object(**request: Any) -> Any:
        if part_of_key in request["Key"]:
            response = {
                "Error": {"Code": code},
                "ResponseMetadata": {"RequestId": "S3REQUEST"},
            }
            raise ClientError(response, "PutObject")  # type: ignore[arg-type]
        return put(**request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "put_object", put_object)
        yield


@contextmanager
def full_disk() -> Iterator[None]:
    """Limit the size of files to a few bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
