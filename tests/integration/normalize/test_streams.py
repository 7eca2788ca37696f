"""The rows that the job makes from a run's raw files, by stream, on real S3A."""

from datetime import date

from ingestion.normalize.privacy import visitor_id
from tests.support.wistia_records import at, envelope, event, media


def test_a_night_of_media_and_events_becomes_typed_rows(lake) -> None:
    # GIVEN one media and one event
    lake.land("media", [envelope(media(), stream="media")])
    lake.land("events", [envelope(event())])

    # WHEN the job runs
    summary = lake.normalize("media", "events")

    # THEN every column has its type and its value
    assert summary["streams"]["events"]["rows_out"] == 1
    assert lake.staging("media") == [
        {
            "media_id": "abcdefghij",
            "media_numeric_id": 123456,
            "media_name": "A first video",
            "media_type": "Video",
            "status": "ready",
            "is_archived": False,
            "is_protected": None,
            "created_at": at("2025-05-01T10:00:00"),
            "updated_at": at("2025-06-01T10:30:00"),
            "duration_seconds": 61.25,
            "description": "<p>Words</p>",
            "section": None,
            "progress": 1.0,
            "thumbnail_url": "https://embed.wistia.com/a.jpg",
            "thumbnail_width": 200,
            "thumbnail_height": 120,
            "folder_id": "foldfoldfo",
            "folder_numeric_id": 77,
            "folder_name": "Marketing",
            "subfolder_id": "subsubsubs",
            "subfolder_name": "Spring",
            "tags": ["launch", "2025"],
            "asset_count": 2,
            "original_file_bytes": 5_000_000_000,
            "original_width": 1920,
            "original_height": 1080,
            "page_count": None,
            "ingested_at": at("2026-03-02T02:00:05"),
            "run_id": "20260302T020000Z-1a2b3c4d",
            "_extra": None,
            "_nulled": None,
            "_is_partial": False,
            "snapshot_date": date(2026, 3, 2),
        }
    ]
    assert lake.staging("events") == [
        {
            "event_key": "1_a",
            "received_at": at("2026-03-01T17:24:53"),
            "visitor_id": visitor_id(
                "v1_5f2c6f0e-0000-4000-8000-000000000001", b"a-pseudonym-key-for-tests"
            ),
            "media_id": "abcdefghij",
            "media_name": "A first video",
            "media_url": "https://acme.wistia.com/medias/abcdefghij",
            "percent_viewed": 0.25,
            "embed_host": "www.example.com",
            "embed_path": "/blog/post",
            "utm_source": "news letter",
            "utm_medium": "mail",
            "utm_campaign": None,
            "utm_term": None,
            "utm_content": None,
            "country_code": "US",
            "region_code": "WA",
            "region_name": "Washington",
            "city": "Seattle",
            "latitude": 47.6,
            "longitude": -122.3,
            "organization": "Comcast Cable",
            "has_email": False,
            "conversion_type": None,
            "is_conversion": False,
            "is_new_lead": None,
            "browser": "Chrome",
            "browser_version": "131",
            "platform": "Mac",
            "is_mobile": False,
            "ingested_page": 1,
            "ingested_position": 0,
            "ingested_at": at("2026-03-02T02:00:05"),
            "run_id": "20260302T020000Z-1a2b3c4d",
            "_extra": None,
            "_nulled": None,
            "event_date": date(2026, 3, 1),
        }
    ]
