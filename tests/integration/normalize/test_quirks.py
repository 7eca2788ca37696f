"""Every quirk of the Wistia API, landed in one run: each test is named after its quirk."""

import gzip
import json
import logging
from datetime import date

import pytest

from ingestion.normalize.landed_rows import LandedRows
from ingestion.normalize.privacy import hmac_pads, visitor_id
from ingestion.normalize.schemas import EVENTS as EVENTS_TABLE
from tests.support.wistia_records import at, envelope, event, media

OLD_VISITOR = "0123456789abcdef0123456789abcdef01234567"
PERSON = ("jane.roe@example.com", "203.0.113.77", "Jane", "Roe", "public_token", "v1_5f2c6f0e")

EVENTS = [
    event("plain"),
    event("1429112345e0.123456789", visitor_key=OLD_VISITOR, received_at="2026-03-01T10:00:00Z"),
    event("region_name", region="Florida"),
    event("region_unknown", country="FR", region="Nowhere-sur-Mer"),
    event("region_code_unknown", country="FR", region="B8"),
    event("conversion_int", conversion_type=3),
    event("conversion_text", conversion_type="pre-roll-email", email="jane.roe@example.com",
          conversion_data={"email": "jane.roe@example.com", "first_name": "Jane", "last_name": "Roe", "is_new_lead": True}),
    event("no_embed_url", embed_url=""),
    event("odd_embed_url", embed_url="www.example.com:8080/a b|c?utm_source=50%&utm_medium=a+b&q=%zz"),
    event("person_in_url", embed_url="https://example.com/u/jane.roe@example.com?utm_content=jane.roe%40example.com&email=jane.roe@example.com"),
    event("no_user_agent", user_agent_details=None),
    event("unknown_browser", user_agent_details={"browser": "Unknown Browser", "browser_version": 0, "platform": "Unknown", "mobile": None}),
    event("no_percent", percent_viewed=None),
    event("number_as_text", percent_viewed="0.5", lat="47.26"),
    event("repeated_in_attributes", attributes={"event_key": "e", "ip": "203.0.113.77", "lat": 47.37}),
    event("new_field", subscription={"plan": "gold", "latest": 1}, viewer={"geo": {"lat": 47.37}}, viewer_email="jane.roe@example.com", note="call 203.0.113.77 or jane.roe@example.com"),
    event("emoji", media_name="🎬 Größe \u2028 ok"),
    event("epoch_second_tie", received_at="2026-03-01T00:00:00.000Z"),
    event("last_millisecond", received_at="2026-02-28T23:59:59.999Z"),
    event("media_url_token", media_url="https://acme.wistia.com/medias/abc?public_token=x#y"),
]  # fmt: skip
GROWN = [
    envelope(event("grows", percent_viewed=0.9), page=2, position=0),
    envelope(event("grows", percent_viewed=0.2), page=1, position=99),
    envelope(event("twice_on_two_pages"), page=1, position=99),
    envelope(event("twice_on_two_pages"), page=2, position=0),
]
REJECTED = {
    "impossible_value:received_at,impossible_value:event_date": event(
        "r2", received_at="2099-01-01T00:00:00Z"
    ),
    "missing:event_key": {k: v for k, v in event().items() if k != "event_key"},
    "missing:media_id": event("r3", media_id=None),
    "wrong_type:received_at,missing:event_date": event("r6", received_at="12:00"),
    "wrong_type:event_key": event("r7", event_key={"a": 1}),
    "not_json": ["a", "list"],
}
NULLED = {
    "percent_viewed": event("n1", percent_viewed=1.7),
    "percent_viewed as text": event("n2", percent_viewed="half"),
    "latitude": event("n3", lat="north"),
    "browser browser_version platform is_mobile": event("n4", user_agent_details="Chrome"),
    "city": event("n5", city={"of": {"jane.roe@example.com": "203.0.113.77"}}),
}  # fmt: skip
MEDIAS = [
    media("plain"),
    media("untimed", type="Image", duration=None),
    media("no_folder", folder=None, subfolder=None, tags=[], assets=[], description=""),
    media("v1_project", folder=None, project={"id": 5, "name": "Old", "hashed_id": "oldproject"}),
    media("five_megabytes", description="é" * 2_500_000),
    media(
        "odd",
        name="   ",
        thumbnail=[],
        folder={"id": 7, "name": "F", "hashedId": "f1", "newPart": "call jane.roe@example.com"},
    ),
    media(
        "",
        hashedId="good_spelling",
        folder={"hashed_id": "", "name": "", "hashedId": []},
        project={"hashed_id": "p1", "name": "P"},
    ),
    media("two_folders", folder={"hashed_id": "a", "hashedId": "b"}),
    media("many_tags", tags=[{"name": f"tag {number}"} for number in range(10_000)]),
]


def analytics(**changes):
    return {"timestamp": "2026-02-27 05:00:00.000Z", "plays": 5, "unique_plays": 4, "unique_loads": 9, "play_rate": 0.44,
            "played_time": 77, "unique_visitors": 8, "engagement_rate": 0.5, "cta_impressions": None, **changes}  # fmt: skip


OTHERS = {
    "media_daily_stats": [
        envelope({"date": "2026-02-27", "load_count": 5, "play_count": 2, "hours_watched": 0.3}, stream="media_daily_stats", media_id="m1"),
        envelope({"date": "2026-02-28", "load_count": 0, "play_count": 0, "hours_watched": 0.0}, stream="media_daily_stats", media_id="m1"),
    ],
    "media_analytics": [
        envelope(analytics(), stream="media_analytics", media_id="west"),
        envelope(analytics(timestamp="2026-02-26 22:00:00.000Z"), stream="media_analytics", media_id="east"),
        envelope({"timestamp": "2026-02-27 05:00:00.000Z"}, stream="media_analytics", media_id="dead"),
    ],
    "media_stats": [
        envelope({"load_count": 94634, "play_count": 50000, "play_rate": 0.4350761882621468, "hours_watched": 12.5, "engagement": 0.6, "visitors": 94634},
                 stream="media_stats", media_id="m1"),
    ],
    "media_engagement": [
        envelope({"engagement": 0.6, "engagement_data": [3, 2, 1], "rewatch_data": [0, 1, 0]}, stream="media_engagement", media_id="m1"),
    ],
    "folders": [
        envelope({"id": 77, "hashed_id": "foldfoldfo", "name": "Marketing", "description": None, "media_count": 3, "public": False,
                  "created": "2025-01-01T00:00:00+00:00", "updated": "2025-01-02T00:00:00+00:00"}, stream="folders"),
    ],
    "visitors": [
        envelope({"visitor_key": "v1_5f2c6f0e", "created_at": "2026-01-01T00:00:00Z", "last_active_at": "2026-03-01T00:00:00Z", "last_event_key": "x",
                  "load_count": 2, "play_count": 1, "visitor_identity": {"name": "Jane Roe", "email": "jane.roe@example.com", "org": {"name": None}},
                  "user_agent_details": {"browser": "Chrome", "browser_version": "1", "platform": "Mac", "mobile": True}}, stream="visitors"),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def night(make_lake):
    """One run with everything above: its summary, the rows of every table, and what it logged."""
    lake = make_lake(threshold=1.0)
    lines = [json.dumps(envelope(record), ensure_ascii=False) for record in EVENTS]
    lines += [json.dumps(record) for record in GROWN]
    lines += [json.dumps(envelope(record)) for record in NULLED.values()]
    lines += [json.dumps(envelope(record)) for record in REJECTED.values()]
    lines += ['{"_meta": {"run_id": "x", "page": 1}, "record": {"event_key": "cut']
    with_bom = b"\xef\xbb\xbf" + json.dumps(envelope(event("bom"))).encode() + b"\n"
    lake.land_lines(
        "events", [gzip.compress("\n".join([*lines, ""]).encode()), gzip.compress(with_bom)],
        rows=[len(lines), 1],
    )  # fmt: skip
    lake.land("media", [envelope(record, stream="media") for record in MEDIAS])
    for stream, records in OTHERS.items():
        lake.land(stream, records)
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("normalize")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        lake.summary = lake.normalize("media", "events", *OTHERS)
    finally:
        logger.removeHandler(handler)
    lake.messages = messages
    lake.rows = {name: lake.staging(name) for name in ("media", "events", *OTHERS)}
    lake.events = {row["event_key"]: row for row in lake.rows["events"]}
    lake.medias = {row["media_id"]: row for row in lake.rows["media"]}
    lake.notes = lake.quarantined("events")
    return lake


def test_rows_in_are_rows_out_plus_duplicates_plus_unchanged_plus_quarantined(night) -> None:
    counts = night.summary["streams"]["events"]
    assert counts["rows_in"] == len(EVENTS) + len(GROWN) + len(NULLED) + len(REJECTED) + 2
    assert counts["rows_out"] == len(EVENTS) + len(NULLED) + 2 + 1 == len(night.events)
    assert counts["duplicates"] == 2
    assert counts["quarantined"] == len(REJECTED) + 1


def test_old_event_and_visitor_keys_are_taken(night) -> None:
    row = night.events["1429112345e0.123456789"]
    assert row["visitor_id"] == visitor_id(OLD_VISITOR, b"a-pseudonym-key-for-tests")


def test_received_at_without_milliseconds_is_a_timestamp(night) -> None:
    assert night.events["1429112345e0.123456789"]["received_at"] == at("2026-03-01T10:00:00")


def test_a_day_ends_at_its_last_millisecond_in_utc(night) -> None:
    assert night.events["last_millisecond"]["event_date"] == date(2026, 2, 28)
    assert night.events["last_millisecond"]["received_at"].microsecond == 999_000
    assert night.events["epoch_second_tie"]["event_date"] == date(2026, 3, 1)


def test_region_drifting_between_code_and_name_gives_both(night) -> None:
    assert [night.events[key][column] for key in ("plain", "region_name") for column in ("region_code", "region_name")] == [
        "WA", "Washington", "FL", "Florida",
    ]  # fmt: skip


def test_a_region_that_is_not_in_iso_is_kept_unchanged(night) -> None:
    assert (
        night.events["region_unknown"]["region_code"],
        night.events["region_unknown"]["region_name"],
    ) == (None, "Nowhere-sur-Mer")
    assert (
        night.events["region_code_unknown"]["region_code"],
        night.events["region_code_unknown"]["region_name"],
    ) == ("B8", None)


def test_conversion_type_of_either_type_is_text(night) -> None:
    assert night.events["conversion_int"]["conversion_type"] == "3"
    assert night.events["conversion_text"]["conversion_type"] == "pre-roll-email"
    assert night.events["conversion_text"]["is_new_lead"] is True
    assert night.events["conversion_text"]["has_email"] is True
    assert night.events["plain"]["is_conversion"] is False


def test_an_empty_embed_url_is_null(night) -> None:
    assert night.events["no_embed_url"]["embed_host"] is None
    assert night.events["no_embed_url"]["embed_path"] is None


def test_an_embed_url_that_no_parser_takes_is_still_split(night) -> None:
    row = night.events["odd_embed_url"]
    assert (row["embed_host"], row["embed_path"]) == ("www.example.com", "/a b|c")
    assert (row["utm_source"], row["utm_medium"]) == ("50%", "a b")


def test_user_agent_absent_in_old_rows_is_null(night) -> None:
    assert night.events["no_user_agent"]["browser"] is None
    assert night.events["unknown_browser"]["browser"] == "Unknown Browser"
    assert night.events["unknown_browser"]["browser_version"] == "0"


def test_a_number_given_as_text_is_a_number(night) -> None:
    assert night.events["number_as_text"]["percent_viewed"] == 0.5
    assert night.events["number_as_text"]["latitude"] == 47.3
    assert night.events["no_percent"]["percent_viewed"] is None


def test_an_unknown_new_field_is_kept_masked_and_reported(night) -> None:
    assert json.loads(night.events["new_field"]["_extra"]) == {
        "subscription": '{"plan":"gold","latest":1}', "viewer": "[masked]",
        "viewer_email": "[masked]", "note": "call [masked] or [masked]",
    }  # fmt: skip
    assert night.summary["streams"]["events"]["extra_fields"] == {
        "subscription": 1,
        "viewer": 1,
        "viewer_email": 1,
        "note": 1,
    }
    assert any("viewer_email" in message for message in night.messages)


def test_what_attributes_repeat_of_a_person_is_dropped(night) -> None:
    assert night.events["repeated_in_attributes"]["_extra"] is None


def test_an_emoji_survives(night) -> None:
    assert night.events["emoji"]["media_name"] == "🎬 Größe \u2028 ok"


def test_a_byte_order_mark_is_skipped(night) -> None:
    assert "bom" in night.events


def test_a_row_that_grows_keeps_its_newest_version(night) -> None:
    assert night.events["grows"]["percent_viewed"] == 0.9


def test_a_row_on_two_pages_is_one_row(night) -> None:
    assert night.events["twice_on_two_pages"]["ingested_page"] == 2


@pytest.mark.parametrize("reason", REJECTED)
def test_a_record_that_does_not_fit_is_quarantined_with_reason_file_and_line(night, reason) -> None:
    note = next(note for note in night.notes if note["reason"] == reason)
    expected_line = len(EVENTS) + len(GROWN) + len(NULLED) + list(REJECTED).index(reason) + 1
    assert note["line"] == expected_line
    assert note["source_file"].endswith("events-0001-0000.json.gz")
    assert json.loads(note["record"])["record"] == json.loads(json.dumps(REJECTED[reason]))


@pytest.mark.parametrize("columns", NULLED)
def test_a_value_that_does_not_fit_is_null_and_its_column_is_named(night, columns) -> None:
    row = night.events[NULLED[columns]["event_key"]]
    names = columns.removesuffix(" as text").split()
    assert row["_nulled"] == names
    assert [row[name] for name in names] == [None] * len(names)


def test_nulled_columns_and_unknown_fields_are_told_apart(night) -> None:
    nulled = night.summary["streams"]["events"]["nulled"]
    assert (nulled["percent_viewed"], nulled["city"], nulled["browser"]) == (2, 1, 1)
    assert not {"city", "percent_viewed"} & set(night.summary["streams"]["events"]["extra_fields"])


def test_a_truncated_line_is_quarantined(night) -> None:
    assert any(note["record"].endswith('"event_key": "cut') for note in night.notes)


def test_duration_is_null_for_a_media_without_time(night) -> None:
    assert night.medias["untimed"]["duration_seconds"] is None


def test_a_media_without_folder_tags_assets_and_description_has_nulls(night) -> None:
    row = night.medias["no_folder"]
    assert (row["folder_id"], row["subfolder_id"], row["description"]) == (None, None, None)
    assert (row["tags"], row["asset_count"], row["original_width"]) == ([], 0, None)


def test_a_media_is_never_lost_to_an_odd_field(night) -> None:
    row = night.medias["odd"]
    assert row["_nulled"] == ["thumbnail_url", "thumbnail_width", "thumbnail_height"]
    assert night.summary["streams"]["media"]["quarantined"] == 0
    assert night.summary["streams"]["media"]["nulled"] == dict.fromkeys(row["_nulled"], 1)


def test_a_nested_field_is_read_in_both_spellings_and_an_unknown_part_is_drift(night) -> None:
    row = night.medias["odd"]
    assert (row["folder_id"], row["folder_numeric_id"], row["folder_name"]) == ("f1", 7, "F")
    assert json.loads(row["_extra"]) == {"thumbnail": "[]", "folder.newPart": "call [masked]"}
    assert night.summary["streams"]["media"]["extra_fields"] == {"folder.newPart": 1}


def test_a_name_of_blanks_is_kept_as_served(night) -> None:
    assert night.medias["odd"]["media_name"] == "   "


def test_v1_calls_a_folder_project(night) -> None:
    assert night.medias["v1_project"]["folder_id"] == "oldproject"


def test_a_blank_or_odd_value_does_not_hide_the_good_one_in_another_spelling(night) -> None:
    row = night.medias["good_spelling"]
    assert (row["folder_id"], row["folder_name"], row["_nulled"]) == ("p1", "P", None)
    assert json.loads(row["_extra"]) == {"folder.hashed_id": "[]"}


def test_of_two_different_values_of_a_field_both_are_kept(night) -> None:
    row = night.medias["two_folders"]
    assert (row["folder_id"], json.loads(row["_extra"])) == ("a", {"folder.hashed_id": "b"})


def test_a_description_of_five_megabytes_is_kept(night) -> None:
    assert len(night.medias["five_megabytes"]["description"].encode()) == 5_000_000


def test_ten_thousand_tags_are_kept(night) -> None:
    assert night.medias["many_tags"]["tags"][-1] == "tag 9999"


def test_zero_days_are_rows(night) -> None:
    assert [
        (str(row["event_date"]), row["play_count"]) for row in night.rows["media_daily_stats"]
    ] == [("2026-02-27", 2), ("2026-02-28", 0)]


def test_a_bucket_of_the_accounts_zone_lands_on_the_accounts_day(night) -> None:
    days = {row["media_id"]: row["event_date"] for row in night.rows["media_analytics"]}
    assert days == {"west": date(2026, 2, 27), "east": date(2026, 2, 27), "dead": date(2026, 2, 27)}


def test_analytics_of_a_dead_media_are_null_and_not_zero(night) -> None:
    dead = next(row for row in night.rows["media_analytics"] if row["media_id"] == "dead")
    assert dead["plays"] is None


def test_lifetime_figures_and_curves_are_typed(night) -> None:
    assert night.rows["media_stats"][0]["visitor_count"] == 94634
    assert night.rows["media_engagement"][0]["engagement_data"] == [3, 2, 1]
    assert night.rows["folders"][0]["media_count"] == 3


def test_a_visitor_has_no_name_and_no_address(night) -> None:
    row = night.rows["visitors"][0]
    assert row["visitor_id"] == visitor_id("v1_5f2c6f0e", b"a-pseudonym-key-for-tests")
    assert row["has_identity"] is True


def test_no_person_is_in_staging_in_a_reason_or_in_a_log_line(night) -> None:
    kept = json.dumps(
        [night.rows, night.summary, [note["reason"] for note in night.notes], night.messages],
        default=str,
    )
    assert not [trace for trace in PERSON if trace in kept]


def test_the_hash_key_is_not_in_the_query_plan(night, spark, clock) -> None:
    pads = hmac_pads(b"a-pseudonym-key-for-tests")
    frame = LandedRows(spark, None, EVENTS_TABLE, clock, pads).incoming([], with_odd=True)
    plan = frame._jdf.queryExecution().toString().lower()
    assert "_inner_pad" in plan
    assert not [pad for pad in pads if pad[:8].hex() in plan]


def test_media_url_loses_its_token(night) -> None:
    assert night.events["media_url_token"]["media_url"] == "https://acme.wistia.com/medias/abc"
