"""A media whose row is in quarantine never counts as deleted: its list says that it is partial."""

import gzip
import json

import pytest

from tests.support.wistia_records import envelope, media


def line(hashed_id: object, **meta: object) -> bytes:
    return json.dumps(envelope(media(hashed_id), stream="media", **meta)).encode() + b"\n"


@pytest.mark.parametrize(
    "unusable",
    [
        line([]),
        b"not json\n",
        b'{"_meta": {}, "record": {"hashed_id": "m"}}\n',
        line("m", ingested_at="yesterday"),
    ],
    ids=lambda found: found[:40].decode(),
)
def test_a_list_with_a_row_in_quarantine_says_so(make_lake, unusable: bytes) -> None:
    # GIVEN a list of medias with one row without a usable key or envelope
    lake = make_lake(threshold=0.5)
    lake.land_lines("media", [gzip.compress(line("good") + unusable + line("other"))])
    # WHEN the job runs THEN every row of the list says that others are missing
    counts = lake.normalize("media")["streams"]["media"]
    assert (counts["rows_out"], counts["quarantined"]) == (2, 1)
    assert {row["media_id"]: row["_is_partial"] for row in lake.staging("media")} == {
        "good": True,
        "other": True,
    }


def test_a_list_that_may_lack_rows_by_its_manifest_says_so(make_lake) -> None:
    # GIVEN a list that changed while it was read, or of which the server refused a part
    lake = make_lake()
    lake.land_lines("media", [gzip.compress(line("good"))], is_partial=True)
    # WHEN the job runs THEN its rows say that others may be missing
    lake.normalize("media")
    assert [row["_is_partial"] for row in lake.staging("media")] == [True]


def test_a_list_with_a_broken_file_says_so_and_the_next_whole_one_does_not(make_lake) -> None:
    # GIVEN a list in two files, one of them truncated, and the same night served again
    lake = make_lake(threshold=0.9)
    whole = gzip.compress(line("good"))
    lake.land_lines("media", [whole, gzip.compress(line("cut") * 300)[:-50]], rows=[1, 3])
    lake.normalize("media")
    assert [row["_is_partial"] for row in lake.staging("media")] == [True]
    again = "20260302T020000Z-again"
    lake.land_lines("media", [gzip.compress(line("good", run_id=again))], again)
    # WHEN that is normalized THEN the list is whole
    lake.normalize("media", run_id=again)
    assert [row["_is_partial"] for row in lake.staging("media")] == [False]
