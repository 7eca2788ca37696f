"""Wistia's `duration` is seconds for what plays, pages for documents, and nothing for the rest."""

from __future__ import annotations

import pytest
from wistia_records import envelope, media

CASES = {
    "video": ({"type": "Video", "duration": 61.25}, (61.25, None)),
    "audio": ({"type": "Audio", "duration": 12}, (12.0, None)),
    "no_type": ({"duration": 12}, (12.0, None)),
    "null_type": ({"type": None, "duration": 12}, (12.0, None)),
    "new_type": ({"type": "Hologram", "duration": 12}, (12.0, None)),
    "pdf": ({"type": "PdfDocument", "duration": 12}, (None, 12)),
    "pdf_as_text": ({"type": "PdfDocument", "duration": "12"}, (None, 12)),
    "pdf_as_double": ({"type": "PdfDocument", "duration": 12.0}, (None, 12)),
    "office": ({"type": "MicrosoftOfficeDocument", "duration": 3}, (None, 3)),
    "no_pages": ({"type": "PdfDocument", "duration": None}, (None, None)),
    "half_a_page": ({"type": "PdfDocument", "duration": 1.5}, (None, None)),
    "too_many_pages": ({"type": "PdfDocument", "duration": 1e12}, (None, None)),
    "image": ({"type": "Image", "duration": 5}, (None, None)),
    "swf": ({"type": "Swf", "duration": 5}, (None, None)),
    "unknown": ({"type": "UnknownType", "duration": 5}, (None, None)),
}


@pytest.fixture(scope="module")
def lengths(make_lake):
    """Seconds and pages by stream, reading and media."""
    found = {}
    for reading, new_field in (("typed", {}), ("texts", {"a_new_field": 1})):
        lake = make_lake(threshold=1.0)
        medias = {"media": [], "deleted_media": []}
        for key, (changes, _) in CASES.items():
            whole = {name: value for name, value in media(key).items() if name != "type"}
            medias["media"].append(whole | changes | new_field)
            medias["deleted_media"].append({"hashed_id": key, "name": key} | changes | new_field)
        for stream, records in medias.items():
            lake.land(stream, [envelope(record, stream=stream) for record in records])
        lake.normalize(*medias)
        for stream in medias:
            for row in lake.staging(stream):
                found[stream, reading, row["media_id"]] = (
                    row["duration_seconds"],
                    row["page_count"],
                )
    return found


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("reading", ["typed", "texts"])
@pytest.mark.parametrize("stream", ["media", "deleted_media"])
def test_a_duration_is_seconds_or_pages_by_the_medias_type(lengths, stream, reading, case) -> None:
    assert lengths[stream, reading, case] == CASES[case][1]
