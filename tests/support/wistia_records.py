"""Records as Wistia serves them, in the envelope of the landing zone."""

from datetime import datetime
from typing import Any

RUN_ID = "20260302T020000Z-1a2b3c4d"


def at(text: str) -> datetime:
    """A UTC time as Spark's collect returns it: naive."""
    return datetime.fromisoformat(text)


def envelope(record: Any, *, stream: str = "events", **meta: Any) -> dict[str, Any]:
    return {
        "_meta": {
            "run_id": RUN_ID,
            "stream": stream,
            "request": {"path": f"/modern/{stream}", "params": {"page": "1"}},
            "window_start": "2026-02-26T00:00:00Z",
            "window_end": "2026-03-02T02:00:00Z",
            "page": 1,
            "position": 0,
            "ingested_at": "2026-03-02T02:00:05.000Z",
            "api_version": "2026-03",
            **meta,
        },
        "record": record,
    }


def event(key: str = "1_a", **changes: Any) -> dict[str, Any]:
    return {
        "received_at": "2026-03-01T17:24:53.000Z",
        "event_key": key,
        "ip": "203.0.113.77",
        "country": "US",
        "region": "WA",
        "city": "Seattle",
        "lat": 47.6062,
        "lon": -122.3321,
        "org": "Comcast Cable",
        "email": None,
        "percent_viewed": 0.25,
        "embed_url": "https://www.Example.com:443/blog/post?utm_source=news%20letter&utm_medium=mail#top",
        "conversion_type": "",
        "conversion_data": {},
        "iframe_heatmap_url": "https://fast.wistia.net/embed/iframe/abc/heatmap?public_token=s3cr3t",
        "visitor_key": "v1_5f2c6f0e-0000-4000-8000-000000000001",
        "user_agent_details": {
            "browser": "Chrome",
            "browser_version": "131",
            "platform": "Mac",
            "mobile": False,
        },
        "media_id": "abcdefghij",
        "media_name": "A first video",
        "media_url": "https://acme.wistia.com/medias/abcdefghij",
        "thumbnail": {
            "url": "https://embed.wistia.com/a.jpg",
            "width": 200,
            "height": 120,
            "fileSize": 1,
            "contentType": "image/jpg",
            "type": "StillImageFile",
        },
        **changes,
    }


def media(hashed_id: str = "abcdefghij", **changes: Any) -> dict[str, Any]:
    return {
        "id": 123456,
        "hashed_id": hashed_id,
        "name": "A first video",
        "type": "Video",
        "status": "ready",
        "archived": False,
        "protected": None,
        "created": "2025-05-01T10:00:00+00:00",
        "updated": "2025-06-01T12:30:00+02:00",
        "duration": 61.25,
        "description": "<p>Words</p>",
        "progress": 1.0,
        "section": None,
        "thumbnail": {"url": "https://embed.wistia.com/a.jpg", "width": 200, "height": 120},
        "folder": {"id": 77, "name": "Marketing", "hashed_id": "foldfoldfo"},
        "subfolder": {"hashed_id": "subsubsubs", "name": "Spring", "position": 1},
        "tags": [{"name": "launch"}, {"name": "2025"}],
        "assets": [
            {
                "url": "https://embed.wistia.com/o.bin",
                "width": 1920,
                "height": 1080,
                "file_size": 5000000000,
                "content_type": "video/mp4",
                "type": "OriginalFile",
            },
            {
                "url": "https://embed.wistia.com/s.bin",
                "width": 640,
                "height": 360,
                "file_size": 100,
                "content_type": "video/mp4",
                "type": "IphoneVideoFile",
            },
        ],
        **changes,
    }
