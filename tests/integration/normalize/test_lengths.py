"""Wistia's `duration` is seconds for what plays, pages for documents, and nothing for the rest."""

import json

import pytest

from tests.support.wistia_records import envelope, media

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
    "pages_in_words": ({"type": "PdfDocument", "duration": "x"}, (None, None)),
    "seconds_in_words": ({"type": "Video", "duration": "x"}, (None, None)),
    "image_in_words": ({"type": "Image", "duration": "x"}, (None, None)),
    "odd_type": ({"type": ["PdfDocument"], "duration": 12}, (None, None)),
    "odd_type_alone": ({"type": ["PdfDocument"], "duration": None}, (None, None)),
    "odd_type_and_words": ({"type": {}, "duration": "x"}, (None, None)),
}
# `_nulled` and `_extra` of those that lack something; for all others they are null.
LACKING = {
    "half_a_page": (["page_count"], {"duration": "1.5"}),
    "too_many_pages": (["page_count"], {"duration": "1000000000000.0"}),
    "pages_in_words": (["page_count"], {"duration": "x"}),
    "seconds_in_words": (["duration_seconds"], {"duration": "x"}),
    "image_in_words": (None, {"duration": "x"}),
    "odd_type": (["media_type", "duration_seconds", "page_count"], {"type": '["PdfDocument"]', "duration": "12"}),
    "odd_type_alone": (["media_type"], {"type": '["PdfDocument"]'}),
    "odd_type_and_words": (["media_type", "duration_seconds", "page_count"], {"type": "{}", "duration": "x"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def medias(make_lake):
    """Rows by stream, reading and media."""
    found = {}
    for reading, new_field in (("typed", {}), ("texts", {"a_new_field": 1})):
        lake = make_lake(threshold=1.0)
        landed = {"media": [], "deleted_media": []}
        for key, (changes, _) in CASES.items():
            whole = {name: value for name, value in media(key).items() if name != "type"}
            landed["media"].append(whole | changes | new_field)
            landed["deleted_media"].append({"hashed_id": key, "name": key} | changes | new_field)
        for stream, records in landed.items():
            lake.land(stream, [envelope(record, stream=stream) for record in records])
        lake.normalize(*landed)
        for stream in landed:
            for row in lake.staging(stream):
                found[stream, reading, row["media_id"]] = row
    return found


BOTH = pytest.mark.parametrize("stream", ["media", "deleted_media"])
READINGS = pytest.mark.parametrize("reading", ["typed", "texts"])


@pytest.mark.parametrize("case", CASES)
@READINGS
@BOTH
def test_a_duration_is_seconds_or_pages_by_the_medias_type(medias, stream, reading, case) -> None:
    row = medias[stream, reading, case]
    assert (row["duration_seconds"], row["page_count"]) == CASES[case][1]


@pytest.mark.parametrize("case", CASES)
@READINGS
@BOTH
def test_what_a_duration_lacks_is_told_of_its_own_column(medias, stream, reading, case) -> None:
    row = medias[stream, reading, case]
    nulled, kept = LACKING.get(case, (None, {}))
    extra = json.loads(row["_extra"] or "{}")
    extra.pop("a_new_field", None)
    assert (row["_nulled"] and set(row["_nulled"]), extra) == (nulled and set(nulled), kept)
