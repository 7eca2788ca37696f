"""Odd values in an answer fail no night: the row is landed, and the normalize job decides about it."""

import json
from collections.abc import Callable

import pytest

from ingestion.declarations import STREAMS
from tests.support.ingestion_night import FIRST, MEDIA, Night, event
from wistia_simulator.testing import Fault, Faults, Media, Rule

GivenNight = Callable[..., Night]
EVENTS = tuple(event(number, f"2026-03-01T10:00:0{number}Z") for number in range(3))


@pytest.mark.parametrize(
    "received_at", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+01:00", "", "yesterday"]
)
def test_an_event_of_an_impossible_time_is_landed_beside_the_others(
    given_night: GivenNight, received_at: str
) -> None:
    night = given_night(*EVENTS)
    served = "2026-03-01T10:00:01.000Z"
    night.simulator.faults = Faults(
        rules=(Rule(Fault.REWRITE, path="*/stats/events", replace=served, by=received_at),)
    )
    plan, _ = night.run_at(FIRST)
    times = {line["record"]["received_at"] for line in night.lines(plan, "events")}
    assert times == {"2026-03-01T10:00:00.000Z", received_at, "2026-03-01T10:00:02.000Z"}


@pytest.mark.parametrize("value", ["NaN", "1e400", "-Infinity", r'"\ud83d"', "[[]]", "null", '""'])
def test_daily_statistics_with_an_odd_value_are_landed(given_night: GivenNight, value: str) -> None:
    night = given_night(*EVENTS).having(streams=("media", "events", "media_daily_stats"))
    night.simulator.faults = Faults(
        rules=(
            Rule(
                Fault.REWRITE,
                path="*/by_date",
                replace='"hours_watched": 0.0}',
                by=f'"hours_watched": {value}}}',
            ),
        )
    )
    plan, _ = night.run_at(FIRST)
    values = [line["record"]["hours_watched"] for line in night.lines(plan, "media_daily_stats")]
    assert len(values) == 41
    assert json.loads(value) in values or value == "NaN"


@pytest.mark.parametrize(
    ("replace", "by"),
    [
        ('"hashed_id"', '"hashedId"'),
        ('"hashed_id": "1234567890"', '"hashed_id": 1234567890'),
        ('"hashed_id": "1234567890"', '"hashed_id": " 1234567890 "'),
        ('"hashed_id": "1234567890"', '"hashed_id": "", "hashedId": "1234567890"'),
    ],
)
def test_statistics_are_asked_of_every_media_that_the_normalize_job_takes_for_one(
    given_night: GivenNight, replace: str, by: str
) -> None:
    night = given_night(*EVENTS, medias=(MEDIA, Media("1234567890")))
    night.having(streams=("media", "events", "media_stats"))
    night.simulator.faults = Faults(
        rules=(Rule(Fault.REWRITE, path="*/medias", replace=replace, by=by),)
    )
    plan, _ = night.run_at(FIRST)
    asked = {line["_meta"]["media_id"] for line in night.lines(plan, "media_stats")}
    assert asked == {MEDIA.hashed_id, "1234567890"}


def test_events_in_the_other_spelling_are_cut_at_the_window_too(given_night: GivenNight) -> None:
    night = given_night(event(1, "2026-03-01T10:00:00Z"), event(2, "2026-03-02T01:59:59Z"))
    night.simulator.faults = Faults(
        rules=(Rule(Fault.REWRITE, path="*/events", replace="received_at", by="receivedAt"),)
    )
    plan, _ = night.run_at(FIRST, start_date="2026-03-01", end_date="2026-03-01")
    assert [line["record"]["event_key"] for line in night.lines(plan, "events")] == ["key_0001"]


@pytest.mark.parametrize("odd", ["Z\xfcrich", "a\x01b", "a\tb", "\xed\xa0\x80"], ids=repr)
@pytest.mark.parametrize("stream", ["media", "events", "deleted_media"])
def test_bytes_that_are_no_json_text_cost_neither_their_row_nor_the_night(
    given_night: GivenNight, stream: str, odd: str
) -> None:
    deleted = Media("klmnopqrst", deleted="2026-03-01T00:00:00Z")
    night = given_night(*EVENTS, medias=(MEDIA, deleted))
    night.having(streams=("media", "events", "deleted_media"))
    _, whole = night.run_at(FIRST)
    night.simulator.faults = Faults(
        rules=(
            Rule(Fault.REWRITE, path=STREAMS[stream].path, replace='name": "', by=f'name": "{odd}'),
        )
    )
    plan, sealed = night.run_at(FIRST)
    assert sealed["streams"][stream]["rows"] == whole["streams"][stream]["rows"] > 0
    read = json.dumps(odd.encode("latin-1").decode(errors="surrogateescape"))[1:-1]
    assert all(read in json.dumps(line["record"]) for line in night.lines(plan, stream))
