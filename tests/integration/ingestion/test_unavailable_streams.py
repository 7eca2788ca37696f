"""A stream that the account lacks is left out, and fetched completely once it is available."""

from collections.abc import Callable

import pytest

from ingestion.errors import WistiaBadRequest
from ingestion.handlers.runtime import Services
from tests.support.ingestion_night import FIRST, SECOND, THIRD, Night, event
from wistia_simulator.testing import Fault, Faults, Media, Rule

FOURTH = "2026-03-05T02:00:00Z"
STREAMS = ("media", "events", "media_analytics")
EVENTS = [
    event(number, f"2026-03-0{day}T10:00:00Z") for number, day in enumerate([1, 2, 3, 4], start=1)
]


def test_unavailable_stream_keeps_its_watermark(given_night: Callable[..., Night]) -> None:
    night = given_night(*EVENTS).having(streams=STREAMS)
    night.run_at(FIRST)
    night.simulator.faults = Faults(without_analytics=True)
    night.run_at(SECOND)
    assert night.watermark("media_analytics") == FIRST
    assert night.watermark("events") == SECOND


def test_stream_that_never_was_there_does_not_widen_every_night(
    given_night: Callable[..., Night],
) -> None:
    # GIVEN a plan that never had analytics
    night = given_night(*EVENTS).having(streams=STREAMS)
    night.simulator.faults = Faults(without_analytics=True)
    night.run_at(FIRST)
    assert night.watermark("media_analytics") is None
    # THEN dbt is not told to rebuild the whole history because of it
    second, _ = night.run_at(SECOND)
    assert second["window"]["start"] == "2026-02-27T00:00:00Z"


def test_stream_that_comes_back_is_fetched_from_where_it_stopped(
    given_night: Callable[..., Night],
) -> None:
    # GIVEN a stream that was unavailable for two nights
    night = given_night(*EVENTS).having(streams=STREAMS, lookback_days=0)
    night.simulator.faults = Faults(without_analytics=True)
    night.run_at(FIRST)
    night.run_at(SECOND)
    # WHEN it is available THEN the first night with it commits nothing for it
    night.simulator.faults = Faults()
    night.run_at(THIRD)
    assert night.watermark("media_analytics") is None
    # and the next one fetches all of its history, and tells dbt so
    fourth, _ = night.run_at(FOURTH)
    assert fourth["window"]["start"] == "2026-01-24T00:00:00Z"
    assert night.watermark("media_analytics") == FOURTH
    days = {line["record"]["timestamp"][:10] for line in night.lines(fourth, "media_analytics")}
    assert "2026-01-24" in days


def test_stream_that_was_away_for_one_night_misses_no_day(
    given_night: Callable[..., Night],
) -> None:
    night = given_night(*EVENTS).having(streams=STREAMS, lookback_days=0)
    night.run_at(FIRST)
    night.simulator.faults = Faults(without_analytics=True)
    night.run_at(SECOND)
    night.simulator.faults = Faults()
    # WHEN it is back THEN two nights later its watermark is at the others', without a gap
    landed = [night.run_at(THIRD)[0], night.run_at(FOURTH)[0]]
    assert night.watermark("media_analytics") == FOURTH
    days = {
        line["record"]["timestamp"][:10]
        for plan in landed
        for line in night.lines(plan, "media_analytics")
    }
    assert {"2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"} <= days


# ── medias that are refused one by one ───────────────────────────────────────────────────────────


def medias(number: int) -> tuple[Media, ...]:
    return tuple(Media(f"media{at:05d}") for at in range(number))


def refusing(status: str, *refused: Media) -> Faults:
    """Refuse the statistics of these medias, or of all medias if there are none."""
    paths = [f"*/stats/medias/{media.hashed_id}" for media in refused] or ["*/stats/medias/*"]
    return Faults(rules=tuple(Rule(Fault(status), path=path) for path in paths))


@pytest.mark.parametrize("status", ["400", "403", "404", "422"])
def test_media_that_is_refused_costs_only_its_own_rows_and_the_run_says_so(
    given_night: Callable[..., Night], caplog: pytest.LogCaptureFixture, status: str
) -> None:
    account = medias(4)
    night = given_night(*EVENTS, medias=account).having(streams=("media", "media_stats"))
    night.simulator.faults = refusing(status, account[1], account[2])
    _, sealed = night.run_at(FIRST)
    stats = sealed["streams"]["media_stats"]
    assert (stats["rows"], stats["unavailable"]) == (2, None)
    assert stats["refused"] == {
        "medias": 2,
        "statuses": {status: 2},
        "media_ids": stats["refused"]["media_ids"],
    }
    named = sorted(stats["refused"]["media_ids"])
    assert named == [account[1].hashed_id, account[2].hashed_id]
    (said,) = [record for record in caplog.records if "refused some medias" in record.message]
    assert said.statuses == {status: 2}
    assert said.levelname == ("INFO" if status == "404" else "WARNING")


def test_refused_medias_are_counted_over_several_invocations(
    given_night: Callable[..., Night], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = medias(9)
    night = given_night(*EVENTS, medias=account).having(streams=("media_stats",), connections=1)
    night.simulator.faults = refusing("403", *account[:4])
    plan = night.plan(as_of=FIRST)

    def services() -> Services:
        services = night.services()
        left = iter([300.0] * 4)
        monkeypatch.setattr(services.deadline, "seconds_left", lambda: next(left, 0.0))
        return services

    assert night.ingest(plan, plan["tasks"][0], services)["steps"] > 1
    refused = night.seal(plan)["streams"]["media_stats"]["refused"]
    assert (refused["medias"], refused["statuses"]) == (4, {"403": 4})


@pytest.mark.parametrize(("status", "refused"), [("404", 39), ("422", 39), ("403", 30)])
def test_the_last_medias_of_the_list_are_asked_although_the_first_are_refused(
    given_night: Callable[..., Night], status: str, refused: int
) -> None:
    account = medias(40)
    night = given_night(*EVENTS, medias=account).having(streams=("media", "media_stats"))
    night.simulator.faults = refusing(status, *account[:refused])
    _, sealed = night.run_at(FIRST)
    stats = sealed["streams"]["media_stats"]
    assert (stats["rows"], stats["unavailable"]) == (40 - refused, None)
    assert stats["refused"]["medias"] == refused
    assert len(stats["refused"]["media_ids"]) == 10


def test_plan_without_a_feature_costs_few_requests(given_night: Callable[..., Night]) -> None:
    night = given_night(*EVENTS, medias=medias(120)).having(streams=("media", "media_stats"))
    night.simulator.faults = refusing("403")
    _, sealed = night.run_at(FIRST)
    stats = sealed["streams"]["media_stats"]
    assert stats["unavailable"] == "403 at /modern/stats/medias/{media_id} for all 25 medias asked"
    assert stats["requests"] <= 25 + 2 * night.settings.connections


@pytest.mark.parametrize("status", ["400", "422"])
@pytest.mark.parametrize("number", [1, 30])
def test_request_that_wistia_refuses_for_every_media_fails_the_night(
    given_night: Callable[..., Night], status: str, number: int
) -> None:
    night = given_night(*EVENTS, medias=medias(number)).having(streams=("media", "media_stats"))
    night.simulator.faults = refusing(status)
    with pytest.raises(WistiaBadRequest, match=f"{status} for all {number} medias"):
        night.run_at(FIRST)


@pytest.mark.parametrize(("status", "stays"), [("403", True), ("422", True), ("404", False)])
def test_statistics_of_a_refused_media_stay_when_a_night_is_run_again(
    given_night: Callable[..., Night], status: str, *, stays: bool
) -> None:
    # If a stream asked about some medias only, the normalize job keeps the rows of the others.
    account = medias(3)
    night = given_night(*EVENTS, medias=account).having(streams=("media", "media_stats"))
    night.simulator.faults = refusing(status, account[1])
    plan, _ = night.run_at(FIRST)
    manifest = night.manifest(plan, "media_stats")
    assert manifest is not None
    assert manifest["is_narrowed"] is stays


# ── lists that are refused ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", ["403", "404"])
def test_list_that_is_refused_half_way_is_not_taken_for_the_whole(
    given_night: Callable[..., Night], status: str
) -> None:
    # GIVEN deleted medias on two pages, the second of which is refused
    deleted = [Media(f"media{at:05d}", deleted="2026-03-01T00:00:00Z") for at in range(150)]
    night = given_night(*EVENTS, medias=tuple(deleted)).having(streams=("media", "deleted_media"))
    night.run_at(FIRST)
    night.simulator.faults = Faults(
        rules=(Rule(Fault(status), path="*/deleted_media", requests=(2,)),)
    )
    plan, sealed = night.run_at(SECOND)
    # THEN none of it becomes visible, and the run says why
    assert sealed["streams"]["deleted_media"]["unavailable"].startswith(status)
    assert sealed["streams"]["deleted_media"]["rows"] == 0
    assert night.manifest(plan, "deleted_media") is None
    assert night.watermark("deleted_media") == FIRST
