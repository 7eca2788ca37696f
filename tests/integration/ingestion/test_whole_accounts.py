"""Archived and deleted medias, and accounts without medias."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ingestion import layout
from ingestion.errors import WistiaForbidden
from ingestion.streams import offset_pagination
from tests.support.ingestion_night import FIRST, MEDIA, SECOND, THIRD, Night, event, newest_versions
from wistia_simulator.testing import Event, Fault, Faults, Media, Rule

GivenNight = Callable[..., Night]
ARCHIVED = Media("klmnopqrst", archived="2026-02-01T00:00:00Z", duration=30.0)
ALL = ("media", "events", "media_stats", "deleted_media")


def media_ids(night: Night, plan: dict[str, object], stream: str = "media") -> list[str]:
    return [line["record"]["hashed_id"] for line in night.lines(plan, stream)]


# ── archived medias ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("archived_filter", ["only", "adds", "ignored"])
def test_archived_medias_are_in_the_snapshot_once_however_the_server_takes_the_filter(
    given_night: GivenNight, archived_filter: str
) -> None:
    night = given_night(medias=(MEDIA, ARCHIVED))
    night.simulator.faults = Faults(archived_filter=archived_filter)
    plan, _ = night.run_at(FIRST)
    assert sorted(media_ids(night, plan)) == [MEDIA.hashed_id, ARCHIVED.hashed_id]
    archived = newest_versions(night.lines(plan, "media"), "hashed_id")[ARCHIVED.hashed_id]
    assert archived["archived"] is True
    assert archived["duration"] == 30.0


def test_server_that_does_not_know_archived_medias_has_no_failed_night(
    given_night: GivenNight, caplog: pytest.LogCaptureFixture
) -> None:
    night = given_night(medias=(MEDIA, ARCHIVED)).having(streams=ALL)
    night.simulator.faults = Faults(archived_filter="refused")
    plan, sealed = night.run_at(FIRST)
    # THEN the active medias and their statistics are there
    assert media_ids(night, plan) == [MEDIA.hashed_id]
    assert sealed["streams"]["media_stats"]["rows"] == 1
    # and the run says what is not
    assert sealed["streams"]["media"]["left_out"] == {"archived": "400 at /modern/medias"}
    assert [
        record.list for record in caplog.records if "not serve this list" in record.message
    ] == ["archived"]
    # and nothing that the list lacks counts as deleted
    manifest = night.manifest(plan, "media")
    assert manifest is not None
    assert manifest["is_partial"] is True


def test_list_that_changes_under_every_pass_is_no_proof_of_a_deletion(
    given_night: GivenNight, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a server without cursors, whose first media vanishes while the only pass is under way
    monkeypatch.setattr(offset_pagination, "MAX_PASSES", 1)
    medias = tuple(Media(f"media{number:05d}") for number in range(250))
    night = given_night(medias=medias).having(streams=("media",))
    night.simulator.faults = Faults(
        medias_vanish_after=5,
        # The first request is for archived medias, the second for a cursor of the others.
        rules=(Rule(Fault.STATUS_400, path="*/medias", requests=(2,)),),
    )
    # WHEN a night reads the list THEN its manifest says that rows may be missing
    plan, _ = night.run_at(FIRST)
    manifest = night.manifest(plan, "media")
    assert manifest is not None
    assert manifest["is_partial"] is True
    # and the next one, under which nothing changes, is whole again
    plan, _ = night.run_at(SECOND)
    manifest = night.manifest(plan, "media")
    assert manifest is not None
    assert manifest["is_partial"] is False


def test_archived_medias_that_are_refused_half_way_are_no_whole_list(
    given_night: GivenNight,
) -> None:
    night = given_night(medias=(MEDIA, ARCHIVED)).having(streams=("media",))
    night.simulator.faults = Faults(rules=(Rule(Fault.STATUS_403, path="*/medias", requests=(2,)),))
    with pytest.raises(WistiaForbidden):
        night.run_at(FIRST)


def test_statistics_are_asked_of_archived_medias_too(given_night: GivenNight) -> None:
    night = given_night(medias=(MEDIA, ARCHIVED)).having(streams=ALL)
    plan, _ = night.run_at(FIRST)
    asked = {line["_meta"]["media_id"] for line in night.lines(plan, "media_stats")}
    assert asked == {MEDIA.hashed_id, ARCHIVED.hashed_id}


def test_media_that_is_archived_or_taken_back_is_news(given_night: GivenNight) -> None:
    media = replace(ARCHIVED, archived="2026-03-02T12:00:00Z", unarchived="2026-03-03T12:00:00Z")
    night = given_night(medias=(MEDIA, media))
    night.run_at(FIRST)
    for as_of, is_archived in ((SECOND, True), (THIRD, False)):
        plan, sealed = night.run_at(as_of)
        assert sealed["streams"]["media"]["new_data"]
        newest = newest_versions(night.lines(plan, "media"), "hashed_id")
        assert newest[media.hashed_id]["archived"] is is_archived


def test_nothing_new_among_archived_medias_is_no_news(given_night: GivenNight) -> None:
    night = given_night(medias=(MEDIA, ARCHIVED))
    night.run_at(FIRST)
    assert not night.run_at(SECOND)[1]["has_new_data"]


def test_media_that_is_taken_back_between_the_readings_is_not_lost(given_night: GivenNight) -> None:
    # GIVEN a media that leaves the archive after the archived medias were read
    night = given_night(medias=(MEDIA, ARCHIVED)).having(streams=("media",))
    plan = night.plan(as_of=FIRST)
    connect, requests = night.services().connect, 0

    def counting():  # type: ignore[no-untyped-def]
        client = connect()
        get = client.get

        def changed(*args, **more):  # type: ignore[no-untyped-def]
            nonlocal requests
            requests += 1
            if requests == 3:  # one page and the end of the archived ones were read
                night.simulator.change_media(ARCHIVED.hashed_id, "unarchive")
            return get(*args, **more)

        client.get = changed
        return client

    night.ingest(plan, plan["tasks"][0], lambda: replace(night.services(), connect=counting))
    night.seal(plan)
    # THEN the snapshot has it, in its last version
    newest = newest_versions(night.lines(plan, "media"), "hashed_id")
    assert set(newest) == {MEDIA.hashed_id, ARCHIVED.hashed_id}
    assert newest[ARCHIVED.hashed_id]["archived"] is False


# ── deleted medias ───────────────────────────────────────────────────────────────────────────────


def test_deleted_medias_are_landed_as_a_snapshot(given_night: GivenNight) -> None:
    deleted = Media("klmnopqrst", deleted="2026-03-01T00:00:00Z")
    night = given_night(medias=(MEDIA, deleted)).having(streams=ALL)
    plan, _ = night.run_at(FIRST)
    assert media_ids(night, plan) == [MEDIA.hashed_id]
    (line,) = night.lines(plan, "deleted_media")
    assert line["record"]["deleted_at"] == "2026-03-01T00:00:00+00:00"
    assert not night.run_at(SECOND)[1]["has_new_data"]


def test_media_that_leaves_the_deleted_ones_is_news(given_night: GivenNight) -> None:
    # GIVEN the only deleted media, which can be restored until between two nights
    deleted = Media("klmnopqrst", deleted="2026-01-31T12:00:00Z")
    night = given_night(medias=(MEDIA, deleted)).having(streams=ALL)
    night.run_at(FIRST)
    plan, sealed = night.run_at(SECOND)
    assert sealed["streams"]["deleted_media"]["new_data"]
    manifest = night.manifest(plan, "deleted_media")
    assert manifest is not None
    assert manifest["files"] == []
    assert not night.run_at(THIRD)[1]["streams"]["deleted_media"]["new_data"]


@pytest.mark.parametrize(
    "fault", [Fault.STATUS_400, Fault.STATUS_403, Fault.STATUS_404, Fault.STATUS_422]
)
def test_account_that_does_not_serve_deleted_medias_has_no_failed_night(
    given_night: GivenNight, fault: Fault
) -> None:
    night = given_night(event(1, "2026-03-01T10:00:00Z")).having(streams=ALL)
    night.simulator.faults = Faults(rules=(Rule(fault, path="*/deleted_media"),))
    _, sealed = night.run_at(FIRST)
    assert sealed["streams"]["deleted_media"]["unavailable"]
    assert "deleted_media" not in sealed["manifested_streams"]
    # and the next night rebuilds a few days, not the whole history
    assert night.run_at(SECOND)[0]["window"]["start"] == "2026-02-27T00:00:00Z"


def test_snapshot_that_is_switched_on_later_widens_no_window(given_night: GivenNight) -> None:
    night = given_night(event(1, "2026-03-01T10:00:00Z"))
    night.run_at(FIRST)
    plan, _ = night.having(streams=(*night.settings.streams, "deleted_media")).run_at(SECOND)
    assert plan["window"]["start"] == "2026-02-27T00:00:00Z"


# ── accounts without medias ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("asked_for", [{}, {"full_refresh": True}, {"start_date": "2026-03-01"}])
def test_account_on_its_first_day_has_nothing_to_build(
    given_night: GivenNight, asked_for: dict[str, object]
) -> None:
    night = given_night(medias=()).having(streams=ALL)
    for as_of in (FIRST, SECOND, "2026-03-09T02:00:00Z"):
        plan, sealed = night.run_at(as_of, **asked_for)
        assert (sealed["has_new_data"], sealed["has_medias"], sealed["has_history"]) == (False,) * 3
        assert sealed["manifested_streams"] == ""
        assert night.manifest(plan, "media") is None
    assert night.store.read_json(layout.EVENTS_POINTER) is None


def test_first_media_of_an_account_is_news(given_night: GivenNight) -> None:
    night = given_night(medias=(replace(MEDIA, created="2026-03-02T12:00:00Z"),))
    night.run_at(FIRST)
    _, sealed = night.run_at(SECOND)
    assert (sealed["has_new_data"], sealed["has_medias"], sealed["has_history"]) == (True,) * 3


def test_deletion_of_the_last_media_is_news_and_its_empty_snapshot_is_visible(
    given_night: GivenNight,
) -> None:
    media = replace(MEDIA, deleted="2026-03-02T12:00:00Z")
    night = given_night(event(1, "2026-03-01T10:00:00Z"), medias=(media,)).having(streams=ALL)
    night.run_at(FIRST)
    plan, sealed = night.run_at(SECOND)
    assert sealed["has_new_data"]
    assert not sealed["has_medias"]
    assert sealed["streams"]["media"]["new_data"]
    manifest = night.manifest(plan, "media")
    assert manifest is not None
    assert (manifest["files"], manifest["rows"]) == ([], 0)
    # and an account that stays so has quiet nights
    _, quiet = night.run_at(THIRD)
    assert not quiet["has_new_data"]
    assert quiet["has_history"]


def test_events_of_medias_that_are_all_gone_are_built(given_night: GivenNight) -> None:
    lost = Event("key", "deletedlong", "2026-03-01T10:00:00Z")
    night = given_night(lost, medias=())
    _, sealed = night.run_at(FIRST)
    assert sealed["has_new_data"]
    assert set(sealed["manifested_streams"].split(",")) == {"media", "events"}
