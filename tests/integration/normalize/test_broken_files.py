"""Files that differ from their manifest: never trusted, always counted."""

import gzip
import json

import pytest

from ingestion.normalize.erase import erase
from ingestion.normalize.errors import NormalizeError
from ingestion.normalize.privacy import visitor_id
from ingestion.normalize.storage import DataBucket
from tests.support.wistia_records import envelope, event, media

KEY = b"a-pseudonym-key-for-tests"


def lines(*keys: str) -> bytes:
    return b"".join(json.dumps(envelope(event(key))).encode() + b"\n" for key in keys)


def test_broken_files_are_quarantined_whole_and_the_rest_is_normalized(make_lake) -> None:
    # GIVEN a good file beside a truncated, a pretty-printed, an empty and a tampered one
    lake = make_lake(threshold=1.0)
    many = lines(*(f"cut{number:05d}" for number in range(500)))
    truncated = gzip.compress(many)[:-200]
    pretty = gzip.compress(json.dumps([{"_meta": {}, "record": event("p")}], indent=2).encode())
    keys = lake.land_lines(
        "events",
        [gzip.compress(lines("good")), truncated, pretty, b"", gzip.compress(lines("tampered"))],
        rows=[1, 500, 1, 2, 1],
    )
    tampered = gzip.compress(lines("tampered"), mtime=1)  # as long as what was sealed
    lake.s3.put_object(Bucket=lake.bucket, Key=keys[4], Body=tampered)

    # WHEN the job runs
    summary = lake.normalize("events")

    # THEN the good file's row is there, and every other row is accounted for by its reason
    assert [row["event_key"] for row in lake.staging("events")] == ["good"]
    counts = summary["streams"]["events"]
    assert (counts["rows_in"], counts["rows_out"], counts["quarantined"]) == (505, 1, 504)
    assert counts["reasons"] == {
        "truncated_gzip": 500, "empty_file": 2, "pretty_printed": 1, "checksum_differs": 1,
    }  # fmt: skip
    assert {note["source_file"] for note in lake.quarantined("events")} == set(keys[1:])


def test_above_the_threshold_the_job_fails_with_the_reasons_ranked(lake) -> None:
    # GIVEN a run with two sorts of bad records, beside a good media
    records = [envelope(event(f"bad{n}", media_id=None)) for n in range(3)]
    records += [envelope(event("far", received_at="2001-01-01T00:00:00Z")), envelope(event("ok"))]
    lake.land("events", records)
    lake.land("media", [envelope(media(), stream="media")])

    # WHEN the job runs THEN it says what is wrong, most frequent first
    with pytest.raises(NormalizeError, match=r"4 of 5 records of events.*media_id 3, .* 1"):
        lake.normalize("events", "media")

    # AND the stream's staging is unchanged, quarantine has the records, the other stream is done
    assert not lake.staging("events")
    assert len(lake.quarantined("events")) == 4
    assert len(lake.staging("media")) == 1
    summary = json.loads(lake.s3.get_object(
        Bucket=lake.bucket, Key="state/runs/20260302T020000Z-1a2b3c4d/normalize.json"
    )["Body"].read())  # fmt: skip
    assert summary["succeeded"] is False
    assert summary["streams"]["events"]["quarantined"] == 4


def test_an_erased_visitor_is_in_no_file_and_a_replay_does_not_bring_it_back(make_lake) -> None:
    # GIVEN two visitors in raw, quarantine and staging
    lake = make_lake(threshold=1.0)
    records = [
        envelope(event("hers", visitor_key="v1_her")),
        envelope(event("his", visitor_key="v1_him")),
        envelope(event("hers_broken", visitor_key="v1_her", media_id=None)),
    ]
    lake.land("events", records)
    lake.normalize("events")

    # WHEN she asks to be erased
    erasure = erase(DataBucket(lake.s3, lake.bucket), "v1_her", KEY)

    # THEN she is gone everywhere and he is not
    assert erasure.visitor_id == visitor_id("v1_her", KEY)
    assert erasure.rows == {"raw_data/events": 2, "quarantine/events": 1, "staging/events": 1}
    assert [row["event_key"] for row in lake.staging("events")] == ["his"]
    for key in lake.files(""):
        body = lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read()
        assert b"v1_her" not in (gzip.decompress(body) if key.endswith(".gz") else body)

    # AND a second request finds nothing, and a replay from raw balances
    assert erase(DataBucket(lake.s3, lake.bucket), erasure.visitor_id, KEY).rows == {}
    lake.normalize("events")
    assert [row["event_key"] for row in lake.staging("events")] == ["his"]
