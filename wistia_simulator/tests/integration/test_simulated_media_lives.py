"""Medias that are archived, deleted, restored, swapped, renamed, and those that do not play."""

import pytest
import requests

from wistia_simulator.account import Account
from wistia_simulator.errors import SimulatorInputError
from wistia_simulator.testing import Event, Fault, Faults, Folder, Media, Rule, World, running
from wistia_simulator.truth import observe

FOLDER = Folder("folder0001", "Talks")
WORLD = World.from_records(
    [
        Media("media00001", "One", folder=FOLDER),
        Media("media00002", "Two", archived="2026-03-05T00:00:00Z"),
        Media("media00003", "Three", folder=FOLDER, deleted="2026-03-05T00:00:00Z"),
    ],
    [Event("one", "media00003", "2026-03-01T00:00:00Z")],
)


def ids(rows):
    return [row["hashed_id"] for row in rows]


def test_an_archived_media_is_listed_only_where_archived_ones_are_asked_for(client_of):
    with running(WORLD) as simulator:
        simulator.clock.set("2026-03-06T00:00:00Z")
        client = client_of(simulator)
        assert ids(client.rows("/modern/medias")) == ["media00001"]
        assert ids(client.rows("/modern/medias", archived="false")) == ["media00001"]
        archived = client.rows("/modern/medias", archived="true")
        assert client.get("/modern/medias/media00002").json() == archived[0]
    assert [(row["hashed_id"], row["archived"]) for row in archived] == [("media00002", True)]


@pytest.mark.parametrize(
    ("archived_filter", "plain", "archived"),
    [("only", {1}, {2}), ("adds", {1}, {1, 2}), ("ignored", {1, 2}, {1, 2})],
)
def test_a_server_may_treat_the_archived_filter_in_its_own_way(
    client_of, archived_filter, plain, archived
):
    with running(WORLD, Faults(archived_filter=archived_filter)) as simulator:
        simulator.clock.set("2026-03-06T00:00:00Z")
        client = client_of(simulator)
        for expected, params in ((plain, {}), (archived, {"archived": "true"})):
            listed = client.rows("/modern/medias", **params)
            assert set(ids(listed)) == {f"media0000{number}" for number in expected}


def test_a_deleted_media_leaves_the_list_can_be_restored_for_a_while_and_keeps_its_events(
    client_of,
):
    with running(WORLD) as simulator:
        client = client_of(simulator)
        assert client.rows("/modern/deleted_media") == []
        simulator.clock.set("2026-03-06T00:00:00Z")
        assert client.rows("/modern/deleted_media") == [
            {
                "hashed_id": "media00003",
                "name": "Three",
                "type": "Video",
                "duration": 60.0,
                "deleted_at": "2026-03-05T00:00:00+00:00",
                "restore_expires_at": "2026-04-04T00:00:00+00:00",
                "folder": {"hashed_id": "folder0001", "name": "Talks"},
            }
        ]
        assert client.get("/modern/medias/media00003").status_code == 404
        assert list(simulator.truth().events) == ["one"]
        simulator.clock.set("2026-04-04T00:00:00Z")
        assert client.rows("/modern/deleted_media") == []


def test_a_cursor_leads_through_the_deleted_medias_in_the_order_of_their_deletion(client_of):
    medias = [
        Media(f"media{number:05d}", deleted=f"2026-03-01T00:{59 - number // 2:02d}:00Z")
        for number in range(9)
    ]
    with running(World.from_records(medias, [])) as simulator:
        client = client_of(simulator)
        order = {"sort_by": "deleted", "sort_direction": 1, "per_page": 2}
        page = client.rows("/modern/deleted_media", **{"cursor[enabled]": 1}, **order)
        found = []
        while page:
            found += page
            after = {"cursor[after]": page[-1]["cursor"]}
            page = client.rows("/modern/deleted_media", **after, **order)
        newest_first = client.rows("/modern/deleted_media")
    assert len(set(ids(found))) == len(found) == 9
    assert [row["deleted_at"] for row in found] == sorted(row["deleted_at"] for row in found)
    assert newest_first[0]["deleted_at"] == found[-1]["deleted_at"]


def test_an_old_release_and_the_old_track_have_no_deleted_medias(client_of):
    with running(WORLD, Faults(strict_versions=True)) as simulator:
        client = client_of(simulator, "2026-01")
        assert client.get("/modern/deleted_media").status_code == 404
        assert client.get("/v1/deleted_media").status_code == 404


def test_an_account_may_lack_the_deleted_medias(client_of):
    rule = Rule(Fault.STATUS_403, path="*/deleted_media")
    with running(WORLD, Faults(rules=(rule,))) as simulator:
        client = client_of(simulator)
        assert client.get("/modern/deleted_media").status_code == 403
        assert client.get("/modern/medias").status_code == 200


def test_documents_have_pages_and_images_have_no_length(client):
    medias = client.rows("/modern/medias")
    for row in medias:
        if row["type"] == "PdfDocument":
            assert isinstance(row["duration"], int)
        assert ("duration" in row) == (row["type"] != "Image")
    assert {"Video", "Audio", "Image", "PdfDocument"} <= {row["type"] for row in medias}


def test_pages_are_never_taken_for_seconds(shared_simulator):
    account = shared_simulator.account
    for life in account.world.catalog.lives:
        if life.media.type == "PdfDocument":
            assert account.statistics.lifetime(life, account.now).duration_seconds == 0.0


def test_the_default_world_has_some_of_each():
    account = Account(World(events=0))
    kinds = {life.media.type for life in account.world.catalog.lives}
    assert {"PdfDocument", "MicrosoftOfficeDocument", "Image"} <= kinds
    first = observe(account)
    assert first.archived
    assert first.deleted
    account.clock.set("2026-03-14T02:00:00Z")
    later = observe(account)
    assert set(first.archived) & set(later.medias), "one is taken out of the archive"
    assert set(first.deleted) & set(later.medias), "one is restored"
    assert set(first.medias) & set(later.archived)
    assert set(first.medias) & set(later.deleted)


# ── while it runs ────────────────────────────────────────────────────────────────────────────────


def change(simulator, **given):
    return requests.put(f"{simulator.base_url}/_simulator/medias", json=given, timeout=5)


def test_a_media_is_archived_deleted_restored_renamed_and_swapped_on_request(client_of):
    with running(WORLD) as simulator:
        client = client_of(simulator)
        told = []
        for event, fields in [
            ("archive", {}),
            ("unarchive", {}),
            ("delete", {}),
            ("restore", {}),
            ("rename", {"name": "Another"}),
            ("swap", {"duration": 12.5}),
        ]:
            simulator.clock.advance(minutes=1)
            assert (
                change(simulator, hashed_id="media00001", event=event, **fields).status_code == 200
            )
            told.append(
                tuple(
                    "media00001" in ids(client.rows(path, **params))
                    for path, params in (
                        ("/modern/medias", {}),
                        ("/modern/medias", {"archived": "true"}),
                        ("/modern/deleted_media", {}),
                    )
                )
            )
        media = client.get("/modern/medias/media00001").json()
    listed, archived, deleted = (True, False, False), (False, True, False), (False, False, True)
    assert told == [archived, listed, deleted, listed, listed, listed]
    assert (media["name"], media["duration"]) == ("Another", 12.5)
    assert media["updated"] == "2026-03-02T02:06:00+00:00"


def test_a_change_may_be_set_for_later_and_events_follow_a_new_name(client_of):
    with running(WORLD) as simulator:
        assert client_of(simulator).rows("/modern/stats/events")[0]["media_name"] == "Three"
        at = "2026-03-03T00:00:00Z"
        change(simulator, hashed_id="media00003", event="rename", name="New", at=at)
        assert client_of(simulator).rows("/modern/stats/events")[0]["media_name"] == "Three"
        simulator.clock.set(at)
        assert client_of(simulator).rows("/modern/stats/events")[0]["media_name"] == "New"


def test_a_deletion_on_request_takes_the_place_of_a_later_one():
    with running(WORLD) as simulator:
        simulator.change_media("media00003", "delete")
        simulator.change_media("media00003", "restore", at="2026-03-03T00:00:00Z")
        simulator.clock.set("2026-03-06T00:00:00Z")
        assert "media00003" in simulator.truth().medias


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"hashed_id": "media00001"},
        {"hashed_id": "nobody", "event": "archive"},
        {"hashed_id": "media00001", "event": "explode"},
        {"hashed_id": "media00001", "event": "rename"},
        {"hashed_id": "media00001", "event": "archive", "name": "x"},
        {"hashed_id": "media00001", "event": "archive", "self": 1},
        {"hashed_id": "media00001", "event": "archive", "at": "soon"},
        {"hashed_id": "media00001", "event": "archive", "at": 7},
        {"hashed_id": "media00001", "event": "archive", "at": ["soon"]},
    ],
)
def test_what_cannot_happen_to_a_media_is_refused_with_a_reason(given):
    with running(WORLD) as simulator:
        answer = change(simulator, **given)
    assert answer.status_code == 400
    assert len(answer.json()["error"]) > 20


def test_an_unknown_event_is_refused_in_a_test_too():
    with (
        running(WORLD) as simulator,
        pytest.raises(SimulatorInputError, match="archive, unarchive"),
    ):
        simulator.change_media("media00001", "explode")


def test_the_truth_knows_archived_and_deleted_medias(client_of):
    with running(WORLD) as simulator:
        simulator.clock.set("2026-03-06T00:00:00Z")
        truth = requests.get(f"{simulator.base_url}/_simulator/truth", timeout=5).json()
    assert truth["medias"] == ["media00001"]
    assert truth["archived_medias"] == ["media00002"]
    assert truth["deleted_medias"] == ["media00003"]
