"""Paging, filters, traps and errors, as documented or observed."""

from itertools import pairwise

import pytest
import requests

from wistia_simulator.testing import Change, Event, Folder, Media, World, running


def test_without_a_token_every_answer_is_401_with_a_code(shared_simulator):
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic local-wistia-token"},
    ):
        answer = requests.get(
            f"{shared_simulator.base_url}/modern/medias", headers=headers, timeout=5
        )
        assert answer.status_code == 401
        assert answer.json()["code"] == "unauthorized_credentials"


def test_a_token_in_the_query_string_does_not_count(shared_simulator):
    answer = requests.get(
        f"{shared_simulator.base_url}/modern/medias",
        params={"access_token": shared_simulator.token},
        timeout=5,
    )
    assert answer.status_code == 401


def test_every_answer_carries_its_own_request_id(client):
    ids = [
        client.get(path).headers["x-request-id"]
        for path in ("/modern/medias", "/modern/nothing", "/modern/medias")
    ]
    assert len(set(ids)) == 3


def test_a_connection_is_kept_alive(client):
    answers = [client.get("/modern/token") for _ in range(3)]
    assert all(answer.raw.version == 11 for answer in answers)
    assert all(answer.headers.get("Connection", "").lower() != "close" for answer in answers)


def test_statistics_give_ten_rows_a_page_and_at_most_a_hundred(client):
    assert len(client.rows("/modern/stats/events")) == 10
    assert len(client.rows("/modern/stats/events", per_page=500)) == 100
    assert len(client.rows("/modern/stats/visitors")) == 10


def test_the_events_list_ends_with_a_short_page_and_then_empty_ones(client):
    assert len(client.rows("/modern/stats/events", per_page=100, page=15)) == 100
    assert client.rows("/modern/stats/events", per_page=100, page=16) == []
    assert client.rows("/modern/stats/events", per_page=100, page=1_000) == []


def test_as_many_events_are_visible_at_the_first_clock_as_were_asked_for(client):
    keys = [row["event_key"] for row in client.all_pages("/modern/stats/events")]
    assert len(keys) == len(set(keys)) == 1_500


def test_events_come_newest_first(client):
    moments = [row["received_at"] for row in client.all_pages("/modern/stats/events")]
    assert all(newer >= older for newer, older in pairwise(moments))


def test_v1_and_the_json_suffix_serve_the_same_events(client):
    modern = client.rows("/modern/stats/events", per_page=50)
    assert client.rows("/v1/stats/events.json", per_page=50) == modern


def test_events_filter_by_media_and_by_visitor_and_by_both(client):
    rows = client.all_pages("/modern/stats/events")
    sample = rows[700]
    of_media = client.all_pages("/modern/stats/events", media_id=sample["media_id"])
    of_visitor = client.all_pages("/modern/stats/events", visitor_key=sample["visitor_key"])
    of_both = client.all_pages(
        "/modern/stats/events", media_id=sample["media_id"], visitor_key=sample["visitor_key"]
    )

    assert of_media == [row for row in rows if row["media_id"] == sample["media_id"]]
    assert of_visitor == [row for row in rows if row["visitor_key"] == sample["visitor_key"]]
    assert of_both == [row for row in of_media if row in of_visitor]
    assert client.rows("/modern/stats/events", media_id="nosuchmedi") == []


def test_the_date_filter_takes_both_days(client):
    rows = client.all_pages("/modern/stats/events")
    found = client.all_pages("/modern/stats/events", start_date="2026-02-10", end_date="2026-02-11")
    assert found == [row for row in rows if row["received_at"][:10] in ("2026-02-10", "2026-02-11")]


def test_an_unreadable_date_is_422_and_an_unreadable_page_400(client):
    assert client.get("/modern/stats/events", start_date="yesterday").status_code == 422
    assert client.get("/modern/stats/events", page="two").status_code == 400


def test_events_older_than_two_years_of_the_clock_are_not_served():
    world = World.from_records(
        [Media("media00001", created="2020-01-01T00:00:00Z")],
        [
            Event("too-old", "media00001", "2024-03-02T01:59:59Z"),
            Event("just-in", "media00001", "2024-03-02T02:00:00Z"),
        ],
    )
    with running(world) as simulator:
        assert list(simulator.truth().events) == ["just-in"]


@pytest.mark.parametrize("sort_by", ["name", "created", "updated"])
def test_medias_sort_both_ways(client, sort_by):
    up = client.rows("/modern/medias", sort_by=sort_by, sort_direction=1)
    down = client.rows("/modern/medias", sort_by=sort_by, sort_direction=0)
    assert [row["id"] for row in up] == [row["id"] for row in reversed(down)]


@pytest.mark.parametrize("direction", [0, 1])
def test_a_cursor_leads_through_all_medias_once(client, direction):
    order = {"sort_by": "created", "sort_direction": direction, "per_page": 7}
    page = client.rows("/modern/medias", **{"cursor[enabled]": 1}, **order)
    rows = list(page)
    while page := client.rows("/modern/medias", **{"cursor[after]": page[-1]["cursor"]}, **order):
        rows += page

    everything = client.rows("/modern/medias", sort_by="created", sort_direction=direction)
    assert [row["id"] for row in rows] == [row["id"] for row in everything]


def test_a_cursor_goes_with_neither_a_page_nor_another_sort(client):
    assert client.get("/modern/medias", **{"cursor[enabled]": 1, "page": 1}).status_code == 400
    assert (
        client.get("/modern/medias", **{"cursor[enabled]": 1, "sort_by": "name"}).status_code == 400
    )


def test_medias_filter_by_hashed_ids_type_folder_and_tags(client):
    rows = client.rows("/modern/medias")
    wanted = [row["hashed_id"] for row in rows[2:5]]
    folder = next(row["folder"]["hashed_id"] for row in rows if row["folder"])
    tag = next(row["tags"][0]["name"] for row in rows if row["tags"])

    assert {
        row["hashed_id"] for row in client.rows("/modern/medias", **{"hashed_ids[]": wanted})
    } == set(wanted)
    assert {row["type"] for row in client.rows("/modern/medias", type="Audio")} == {"Audio"}
    assert {
        row["folder"]["hashed_id"] for row in client.rows("/modern/medias", folder_id=folder)
    } == {folder}
    assert all(
        {"name": tag} in row["tags"] for row in client.rows("/modern/medias", **{"tags[]": tag})
    )


def test_v1_calls_the_folder_a_project_and_spells_its_id_in_camel_case(client):
    modern, v1 = client.rows("/modern/medias")[0], client.rows("/v1/medias")[0]
    assert "folder" not in v1
    assert v1["project"] == {
        "id": modern["folder"]["id"],
        "name": modern["folder"]["name"],
        "hashedId": modern["folder"]["hashed_id"],
    }
    assert [asset["fileSize"] for asset in v1["assets"]] == [
        asset["file_size"] for asset in modern["assets"]
    ]


def test_a_media_that_is_renamed_keeps_its_old_events_under_the_new_name():
    world = World.from_records(
        [
            Media(
                "media00001", "Before", changes=(Change("2026-03-05T00:00:00Z", {"name": "After"}),)
            )
        ],
        [Event("one", "media00001", "2026-03-01T00:00:00Z")],
    )
    with running(world) as simulator:
        before = simulator.truth().events["one"]["media_name"]
        simulator.clock.advance(days=7)
        after = simulator.truth().events["one"]["media_name"]
    assert (before, after) == ("Before", "After")


def test_an_unknown_media_has_no_statistics_and_no_body(client):
    for path in ("", "/by_date", "/engagement"):
        answer = client.get(f"/modern/stats/medias/nosuchmedi{path}")
        assert (answer.status_code, answer.content) == (404, b"")


def test_visitors_ignore_a_media_id(client):
    media = client.rows("/modern/medias")[0]["hashed_id"]
    assert client.rows("/modern/stats/visitors", media_id=media) == client.rows(
        "/modern/stats/visitors"
    )


def test_the_days_of_the_account_break_without_dates(client):
    assert client.get("/modern/stats/account/by_date").status_code == 500
    assert (
        client.get(
            "/modern/stats/account/by_date", start_date="2026-03-01", end_date="2026-03-01"
        ).status_code
        == 200
    )


def test_days_of_a_media_include_both_ends_and_those_without_a_play(client):
    media = client.rows("/modern/medias", type="Image")[0]["hashed_id"]
    days = client.rows(
        f"/modern/stats/medias/{media}/by_date", start_date="2026-02-01", end_date="2026-02-28"
    )
    assert [day["date"][-2:] for day in days] == [f"{number:02d}" for number in range(1, 29)]
    assert {day["play_count"] for day in days} == {0}


def test_analytics_leave_the_end_date_out_and_begin_days_in_the_zone_of_the_account(client):
    media = client.rows("/modern/medias", type="Video")[0]["hashed_id"]
    path = f"/modern/analytics/medias/{media}/timeseries"
    rows = client.rows(path, start_date="2026-02-10", end_date="2026-02-12", granularity="daily")
    assert [row["timestamp"] for row in rows] == [
        "2026-02-10 06:00:00.000Z",
        "2026-02-11 06:00:00.000Z",
    ]


def test_analytics_need_both_dates_and_at_most_two_years(client):
    media = client.rows("/modern/medias", type="Video")[0]["hashed_id"]
    path = f"/modern/analytics/medias/{media}"
    assert client.get(path, start_date="2026-02-10").status_code == 400
    assert client.get(path, start_date="2024-02-10", end_date="2026-02-12").status_code == 400


def test_analytics_exist_on_modern_only(client):
    media = client.rows("/modern/medias", type="Video")[0]["hashed_id"]
    dates = {"start_date": "2026-02-10", "end_date": "2026-02-12"}
    assert client.get(f"/v1/analytics/medias/{media}", **dates).status_code == 404


def test_a_month_without_a_release_gives_the_one_before_and_nonsense_400(client):
    for version, status in (("2026-02", 200), ("2026-06", 200), ("latest", 400), ("2019-01", 400)):
        answer = client.session.get(
            f"{client.base_url}/modern/token", headers={"x-wistia-api-version": version}, timeout=5
        )
        assert answer.status_code == status


def test_folders_count_their_medias(client):
    folders = client.rows("/modern/folders")
    for folder in folders:
        everything = client.rows("/modern/medias", folder_id=folder["hashed_id"]) + client.rows(
            "/modern/medias", folder_id=folder["hashed_id"], archived="true"
        )
        assert folder["media_count"] == len(everything)


def test_a_given_folder_is_served():
    folder = Folder("folder0001", "Größe & mehr")
    with running(World.from_records([Media("media00001", folder=folder)], [])) as simulator:
        answer = requests.get(
            f"{simulator.base_url}/modern/folders",
            headers={"Authorization": f"Bearer {simulator.token}"},
            timeout=5,
        )
    assert [(row["name"], row["media_count"]) for row in answer.json()] == [("Größe & mehr", 1)]


def test_one_event_is_found_by_its_key(client):
    row = client.rows("/modern/stats/events", page=7)[3]
    assert client.get(f"/modern/stats/events/{row['event_key']}").json() == row
    assert client.get("/modern/stats/events/nobody").status_code == 404


def test_visitors_filter_by_email_and_are_found_by_key(client):
    known = client.rows("/modern/stats/visitors", filter="has_email", per_page=100)
    assert known
    assert all(row["visitor_identity"]["email"] for row in known)
    key = known[0]["visitor_key"]
    assert client.get(f"/modern/stats/visitors/{key}").json() == known[0]
    assert client.get("/modern/stats/visitors/nobody").status_code == 404


def test_nothing_can_be_written(client):
    answer = client.session.delete(f"{client.base_url}/modern/medias/abc", timeout=5)
    assert answer.status_code == 405
