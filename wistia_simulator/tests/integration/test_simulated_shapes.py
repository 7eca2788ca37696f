"""Every body has the shape that Wistia documents; `shapes.json` describes it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from wistia_simulator.testing import Faults, World, running

SHAPES = json.loads((Path(__file__).parent / "shapes.json").read_text())
DATES = {"start_date": "2026-02-01", "end_date": "2026-03-02"}


@pytest.fixture(scope="session")
def assert_shape() -> Callable[[str, Any], None]:
    def check(name: str, body: Any) -> None:
        validator = Draft202012Validator({**SHAPES, "$ref": f"#/$defs/{name}"})
        rows = body if isinstance(body, list) else [body]
        assert rows, "nothing was served, so nothing was checked"
        for row in rows:
            problems = [
                f"{list(error.absolute_path)}: {error.message}"
                for error in validator.iter_errors(row)
            ]
            assert not problems, problems

    return check


@pytest.mark.parametrize(
    ("shape", "path", "params"),
    [
        ("media", "/modern/medias", {}),
        ("media", "/modern/medias", {"cursor[enabled]": 1}),
        ("media", "/modern/medias", {"archived": "true"}),
        ("media", "/modern/medias", {"type": "PdfDocument"}),
        ("media", "/modern/medias", {"type": "Image"}),
        ("deleted_media", "/modern/deleted_media", {}),
        ("deleted_media", "/modern/deleted_media", {"cursor[enabled]": 1}),
        ("v1_media", "/v1/medias.json", {}),
        ("folder", "/modern/folders", {}),
        ("project", "/v1/projects", {}),
        ("token", "/modern/token", {}),
        ("visitor", "/modern/stats/visitors", {"per_page": 100}),
        ("day", "/modern/stats/account/by_date", DATES),
    ],
)
def test_lists_of_the_account_have_their_documented_shape(
    client, assert_shape, shape, path, params
):
    assert_shape(shape, client.get(path, **params).json())


@pytest.mark.parametrize(
    ("release", "shape"),
    [("2026-01", "media"), ("2026-03", "camel_media"), ("2026-05", "media"), ("2026-09", "media")],
)
def test_ids_within_a_folder_are_spelled_as_the_document_of_the_release_does(
    shared_simulator, client_of, assert_shape, release, shape
):
    rows = client_of(shared_simulator, release).rows("/modern/medias")
    assert_shape(shape, rows)
    assert any(row["folder"] for row in rows)
    assert any(row["subfolder"] for row in rows)


@pytest.mark.parametrize(
    ("shape", "path", "params"),
    [
        ("media", "/modern/medias/{id}", {}),
        ("media_stats", "/modern/stats/medias/{id}", {}),
        ("day", "/modern/stats/medias/{id}/by_date", DATES),
        ("engagement", "/modern/stats/medias/{id}/engagement", {}),
        ("bucket", "/modern/analytics/medias/{id}/timeseries", {**DATES, "granularity": "daily"}),
    ],
)
def test_what_is_told_of_one_media_has_its_documented_shape(
    client, assert_shape, shape, path, params
):
    a_media = client.rows("/modern/medias", type="Video")[0]["hashed_id"]
    assert_shape(shape, client.get(path.format(id=a_media), **params).json())


@pytest.mark.parametrize(
    "faults",
    [
        Faults(),
        Faults.observed(),
        Faults(
            old_formats_before="2026-02-20", conversion_type="string", missing_user_agent_share=0.5
        ),
    ],
    ids=["clean", "observed", "old formats"],
)
@pytest.mark.parametrize("path", ["/v1/stats/events", "/modern/stats/events"])
def test_events_have_their_documented_shape_under_every_row_switch(
    shared_simulator, client, assert_shape, faults, path
):
    shared_simulator.faults = faults
    try:
        for page in range(1, 16):
            assert_shape("event", client.rows(path, per_page=100, page=page))
    finally:
        shared_simulator.faults = Faults()


def test_an_old_row_has_the_old_keys_and_no_user_agent(shared_simulator, client):
    shared_simulator.faults = Faults(old_formats_before="2026-02-20")
    try:
        rows = client.all_pages("/modern/stats/events")
    finally:
        shared_simulator.faults = Faults()

    old = [row for row in rows if row["received_at"] < "2026-02-20"]
    assert old
    for row in old:
        assert "e0." in row["event_key"]
        assert len(row["visitor_key"]) == 40
        assert row["received_at"].endswith("Z")
        assert "." not in row["received_at"]
        assert "user_agent_details" not in row


def test_regions_drift_between_codes_and_names(shared_simulator, client):
    shared_simulator.faults = Faults(region_drift=True)
    try:
        rows = client.all_pages("/modern/stats/events")
    finally:
        shared_simulator.faults = Faults()

    regions = {row["region"] for row in rows if row["city"] == "Seattle"}
    assert regions == {"WA", "Washington"}


def test_unknown_fields_come_with_medias_and_events(shared_simulator, client):
    shared_simulator.faults = Faults(unknown_fields=True)
    try:
        event = client.rows("/modern/stats/events")[0]
        media = client.rows("/modern/medias")[0]
    finally:
        shared_simulator.faults = Faults()

    assert "player_version" in event
    assert "aspect_ratio" in media


def test_attributes_come_with_newer_releases_only(client):
    old = client.rows("/modern/stats/events")[0]
    client.session.headers["X-Wistia-API-Version"] = "2026-08"
    try:
        new = client.rows("/modern/stats/events")[0]
    finally:
        client.session.headers["X-Wistia-API-Version"] = "2026-01"

    assert "attributes" not in old
    assert new["attributes"]["event_key"] == new["event_key"]


def test_conversions_carry_integers_and_strings_when_mixed():
    with running(World(events=4_000), Faults(conversion_type="mixed")) as simulator:
        kinds = {
            type(row["conversion_type"])
            for row in simulator.truth().events.values()
            if row["email"]
        }

    assert kinds == {int, str}
