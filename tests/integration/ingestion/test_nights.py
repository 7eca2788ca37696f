"""Whole nights of plan, ingest, seal and commit: what is landed, what is visible, and which watermarks move."""

import json
from collections.abc import Callable

import pytest

from ingestion import layout
from ingestion.errors import (
    InvalidInput,
    LeaseLost,
    RunInProgress,
)
from tests.support.ingestion_night import (
    FIRST,
    SECOND,
    THIRD,
    Night,
    event,
    newest_versions,
    without_tasks,
)
from wistia_simulator.testing import Change, Faults, Simulator

# ── what is landed ───────────────────────────────────────────────────────────────────────────────────


def test_first_night_lands_every_stream_as_the_api_served_it(night: Night) -> None:
    # GIVEN an account that was never ingested
    # WHEN a night runs
    plan, sealed = night.run(as_of=FIRST)
    # THEN the visible lines are the account's events and medias
    truth = night.truth(plan)
    assert newest_versions(night.lines(plan, "events")) == truth.events
    assert set(newest_versions(night.lines(plan, "media"), "hashed_id")) == set(truth.medias)
    assert sealed["has_new_data"]
    streams = {"media", "events", "media_daily_stats", "media_analytics", "media_stats"}
    assert set(sealed["manifested_streams"].split(",")) == streams | {"media_engagement", "folders"}


def test_envelope_says_where_a_row_came_from(night: Night) -> None:
    plan, _ = night.having(streams=("media", "media_daily_stats")).run(as_of=FIRST)
    line = night.lines(plan, "media_daily_stats")[0]
    meta = line["_meta"]
    assert meta["run_id"] == plan["run_id"]
    assert meta["stream"] == "media_daily_stats"
    assert meta["media_id"] in meta["request"]["path"]
    assert meta["request"]["params"] == {"start_date": "2026-01-21", "end_date": "2026-03-02"}
    assert meta["window_end"] == FIRST
    assert {"page", "position", "ingested_at", "api_version", "window_start"} <= set(meta)
    assert list(line) == ["_meta", "record"]


def test_zero_days_are_kept(night: Night) -> None:
    plan, _ = night.having(streams=("media_daily_stats",)).run(as_of=FIRST)
    dates = {line["record"]["date"] for line in night.lines(plan, "media_daily_stats")}
    assert len(dates) == 41  # 40 days of history and the day of as_of itself


def test_unknown_fields_reach_the_landing_zone(night: Night) -> None:
    night.simulator.faults = Faults(unknown_fields=True)
    plan, _ = night.having(streams=("media", "events")).run(as_of=FIRST)
    truth = night.truth(plan)
    assert newest_versions(night.lines(plan, "events")) == truth.events


def test_record_without_a_readable_time_is_landed_not_dropped(
    given_night: Callable[..., Night],
) -> None:
    # GIVEN rows that may or may not be in the window
    night = given_night(
        event(1, "2026-03-01T10:00:00Z", fields={"received_at": ...}),
        event(2, "2026-03-01T10:00:00Z", fields={"received_at": "last Tuesday"}),
        event(3, "2026-03-01T10:00:00Z", fields={"event_key": None}),
    )
    # WHEN a night runs THEN they are there for the normalize job to quarantine
    plan, _ = night.run(as_of=FIRST)
    assert len(night.lines(plan, "events")) == 3


def test_visitors_are_pulled_only_when_asked_for(night: Night) -> None:
    plan = night.plan(as_of=FIRST)
    assert "visitors" not in {task["stream"] for task in plan["tasks"]}
    night.fail(plan)
    asked, _ = night.having(streams=("visitors",)).run(as_of=FIRST)
    keys = [line["record"]["visitor_key"] for line in night.lines(asked, "visitors")]
    assert len(set(keys)) == len(keys) > 10


def test_media_id_is_never_sent_to_the_visitors_list(night: Night) -> None:
    # The endpoint ignores it silently, and every media would get all visitors.
    night.having(
        streams=("media", "visitors"),
        media_ids=tuple(sorted(night.truth({"window": {"start": None, "end": None}}).medias))[:2],
    )
    plan, _ = night.run(as_of=FIRST)
    asked = [line["_meta"]["request"]["params"] for line in night.lines(plan, "visitors")]
    assert asked
    assert not any("media_id" in params for params in asked)


# ── windows ──────────────────────────────────────────────────────────────────────────────────────────


def test_late_row_is_picked_up_by_the_lookback(given_night: Callable[..., Night]) -> None:
    # GIVEN a row that the API shows only a day after it was received
    night = given_night(event(1, "2026-03-01T10:00:00Z", visible_at="2026-03-02T12:00:00Z"))
    _, sealed = night.run(as_of=FIRST)
    assert sealed["streams"]["events"]["rows"] == 0
    # WHEN the next night runs
    night.simulator.clock.set(SECOND)
    second, _ = night.run(as_of=SECOND)
    # THEN it is there, although its time is before the watermark
    assert [line["record"]["event_key"] for line in night.lines(second, "events")] == ["key_0001"]


def test_grown_row_is_read_again_with_its_newest_version(given_night: Callable[..., Night]) -> None:
    grown = Change("2026-03-02T03:00:00Z", {"percent_viewed": 0.9})
    night = given_night(event(1, "2026-03-02T01:59:00Z", changes=(grown,)))
    night.run(as_of=FIRST)
    night.simulator.clock.set(SECOND)
    second, _ = night.run(as_of=SECOND)
    assert night.lines(second, "events")[0]["record"]["percent_viewed"] == 0.9


def test_rows_of_the_same_second_as_the_watermark_are_not_lost(
    given_night: Callable[..., Night],
) -> None:
    # GIVEN ties on the second at which the first night ends
    night = given_night(*(event(number, FIRST) for number in range(5)))
    first, _ = night.run(as_of=FIRST)
    # WHEN the next night runs with no lookback at all THEN all of them are landed once
    night.simulator.clock.set(SECOND)
    second, _ = night.having(lookback_days=0).run(as_of=SECOND)
    assert night.lines(first, "events") == []
    assert len(night.lines(second, "events")) == 5


@pytest.mark.parametrize("skew_hours", [-2, 2])
def test_skew_between_the_clocks_loses_no_row(
    given_night: Callable[..., Night], skew_hours: int
) -> None:
    # GIVEN an API whose clock is two hours away from the scheduler's
    night = given_night(event(1, "2026-03-02T01:00:00Z"), event(2, "2026-03-02T03:30:00Z"))
    night.simulator.clock.advance(hours=skew_hours)
    first, _ = night.run(as_of=FIRST)
    night.simulator.clock.set(SECOND)
    night.simulator.clock.advance(hours=skew_hours)
    second, _ = night.run(as_of=SECOND)
    landed = night.lines(first, "events") + night.lines(second, "events")
    # THEN two nights have both rows, whichever side of as_of they were served on
    assert set(newest_versions(landed)) == {"key_0001", "key_0002"}


@pytest.mark.parametrize("offset_hours", [-12, -6, 0, 9])
@pytest.mark.parametrize("end_exclusive", [False, True])
def test_date_filter_may_mean_any_zone_and_either_end(
    given_night: Callable[..., Night], offset_hours: int, end_exclusive: bool
) -> None:
    # GIVEN events just inside and just outside the days of a backfill
    inside = ["2026-02-10T00:00:00Z", "2026-02-10T23:59:59Z", "2026-02-11T23:59:59Z"]
    outside = ["2026-02-09T23:59:59Z", "2026-02-12T00:00:00Z"]
    night = given_night(*(event(n, at) for n, at in enumerate([*inside, *outside])))
    night.simulator.faults = Faults(
        date_filter_utc_offset_hours=offset_hours, date_filter_end_exclusive=end_exclusive
    )
    # WHEN the days are backfilled THEN exactly their events are landed
    plan, _ = night.run(as_of=FIRST, start_date="2026-02-10", end_date="2026-02-11")
    landed = {line["record"]["event_key"] for line in night.lines(plan, "events")}
    assert landed == {"key_0000", "key_0001", "key_0002"}


def test_order_of_the_feed_does_not_matter(night: Night) -> None:
    night.simulator.faults = Faults(shuffle_events=True)
    plan, _ = night.having(streams=("events",)).run(as_of=FIRST)
    assert newest_versions(night.lines(plan, "events")) == night.truth(plan).events


def test_growth_and_repeated_rows_while_paging_lose_nothing(night: Night) -> None:
    night.simulator.faults = Faults(growth_per_request=2, growth_total=40, duplicate_every=70)
    plan, _ = night.having(streams=("events",)).run(as_of=FIRST)
    assert newest_versions(night.lines(plan, "events")) == night.truth(plan).events


def test_missed_nights_are_made_up_for(given_night: Callable[..., Night]) -> None:
    # GIVEN a first night, then ten nights without a run
    night = given_night(event(1, "2026-03-01T10:00:00Z"), event(2, "2026-03-05T10:00:00Z"))
    night.run(as_of=FIRST)
    night.simulator.clock.set("2026-03-12T02:00:00Z")
    # WHEN the next one runs THEN its window begins before the watermark
    plan, _ = night.run(as_of="2026-03-12T02:00:00Z")
    assert plan["window"] == {"start": "2026-02-27T00:00:00Z", "end": "2026-03-12T02:00:00Z"}
    assert "key_0002" in {line["record"]["event_key"] for line in night.lines(plan, "events")}


def test_same_night_again_has_the_same_window_and_the_same_rows(night: Night) -> None:
    night.having(streams=("media", "events")).run(as_of=FIRST)
    night.simulator.clock.set(SECOND)
    second, _ = night.run(as_of=SECOND)
    again, _ = night.run(as_of=SECOND)
    assert again["run_id"] != second["run_id"]
    assert again["window"] == second["window"]
    assert newest_versions(night.lines(again, "events")) == newest_versions(
        night.lines(second, "events")
    )


def test_dbt_is_told_the_dates_that_were_ingested(night: Night) -> None:
    plan = night.plan(as_of=FIRST, start_date="2026-02-10", end_date="2026-02-11")
    assert plan["is_backfill"]
    assert json.loads(plan["dbt_vars"]) == {
        "as_of": FIRST,
        "start_date": "2026-02-10",
        "end_date": "2026-02-11",
        "run_id": plan["run_id"],
        "sessions_until": "2026-02-12T00:00:00Z",
    }


def test_dbt_is_told_up_to_where_sessions_are_there_without_a_gap(night: Night) -> None:
    # GIVEN a night, and one that failed
    truth = night.truth({"window": {"start": None, "end": None}})
    one = next(iter(truth.events.values()))["media_id"]
    night.having(streams=("media", "events")).run(as_of=FIRST)
    night.fail_at(SECOND)
    # WHEN others are planned THEN only a night for all medias makes up for the missing one
    inputs: dict[str, dict[str, object]] = {
        "backfill": {"start_date": "2026-02-10", "end_date": "2026-02-11"},
        "one media": {"media_ids": [one]},
        "old night": {"as_of": FIRST},
        "next night": {},
    }
    told = {}
    for name, given in inputs.items():
        plan = night.plan(**{"as_of": SECOND, **given})
        night.fail(plan)
        told[name] = json.loads(plan["dbt_vars"])["sessions_until"]
    assert told == {
        "backfill": FIRST,
        "one media": FIRST,
        "old night": FIRST,
        "next night": SECOND,
    }


def test_explicit_medias_narrow_the_facts_but_not_the_dimensions(night: Night) -> None:
    truth = night.truth({"window": {"start": None, "end": None}})
    chosen = next(iter(truth.events.values()))["media_id"]
    plan, _ = night.having(streams=("media", "events", "media_stats")).run(
        as_of=FIRST, media_ids=[chosen]
    )
    assert {line["record"]["media_id"] for line in night.lines(plan, "events")} == {chosen}
    assert {line["_meta"]["media_id"] for line in night.lines(plan, "media_stats")} == {chosen}
    assert len(newest_versions(night.lines(plan, "media"), "hashed_id")) == len(truth.medias)


# ── what a server may lack ─────────────────────────────────────────────────────────────────────────────────────────


def test_server_with_only_medias_and_events_gives_a_green_night(night: Night) -> None:
    night.simulator.faults = Faults(only_medias_and_events=True)
    _, sealed = night.run(as_of=FIRST)
    assert sealed["manifested_streams"] == "media,events"
    assert sealed["streams"]["folders"]["unavailable"] == "404 at /modern/folders"
    assert sealed["streams"]["media_daily_stats"]["unavailable"].startswith("404 at")


def test_plan_without_analytics_is_not_a_failure(night: Night) -> None:
    night.simulator.faults = Faults(without_analytics=True)
    _, sealed = night.run(as_of=FIRST)
    assert sealed["streams"]["media_analytics"]["unavailable"].startswith("403 at")
    assert sealed["streams"]["media_analytics"]["requests"] <= 8
    assert sealed["streams"]["media_daily_stats"]["rows"] > 0


def test_media_without_statistics_is_skipped(night: Night) -> None:
    medias = sorted(night.truth({"window": {"start": None, "end": None}}).medias)
    night.simulator.faults = Faults(missing_media_ids=(medias[0],))
    plan, _ = night.having(streams=("media_stats",)).run(as_of=FIRST)
    asked = {line["_meta"]["media_id"] for line in night.lines(plan, "media_stats")}
    assert asked == set(medias[1:])


# ── two runs at once, watermarks ─────────────────────────────────────────────────────────────────────


def test_second_execution_at_once_says_so_and_stops(night: Night) -> None:
    first = night.plan(as_of=FIRST)
    with pytest.raises(RunInProgress, match=first["run_id"]):
        night.plan(as_of=FIRST)
    night.fail(first)
    night.fail(night.plan(as_of=FIRST))


def test_repeated_plan_of_the_same_execution_keeps_its_run(night: Night) -> None:
    first = night.plan(execution_id="arn:one", as_of=FIRST)
    assert night.plan(execution_id="arn:one", as_of=FIRST) == first


def test_run_that_lost_its_lease_commits_nothing(night: Night) -> None:
    plan = night.having(streams=("media",)).plan(as_of=FIRST)
    night.ingest(plan, plan["tasks"][0])
    sealed = night.seal(plan)
    night.store.write_json(
        layout.LEASE, {"run_id": "another", "execution_id": "x", "expires_at": THIRD}
    )
    with pytest.raises(LeaseLost):
        night.commit(plan, sealed)
    assert night.store.read_json(layout.watermark_key("media")) is None


def test_older_night_does_not_move_the_watermark_backwards(night: Night) -> None:
    night.having(streams=("media",))
    night.run(as_of=SECOND)
    night.run(as_of=FIRST)
    document = night.store.read_json(layout.watermark_key("media"))
    assert document is not None
    assert document[0]["watermark"] == SECOND


def test_backfill_leaves_the_watermark_alone(night: Night) -> None:
    night.having(streams=("events",))
    night.run(as_of=FIRST, start_date="2026-02-10", end_date="2026-02-11")
    assert night.store.read_json(layout.watermark_key("events")) is None


@pytest.mark.parametrize(
    "execution_input",
    [
        {"as_of": "tomorrow"},
        {"start_date": "2026-02-30"},
        {"end_date": "2026-02-01"},
        {"start_date": "2026-02-03", "end_date": "2026-02-01"},
        {"media_ids": "abc"},
        {"full_refresh": "yes"},
        {"as_off": FIRST},
    ],
)
def test_input_that_means_nothing_is_refused(
    night: Night, execution_input: dict[str, object]
) -> None:
    with pytest.raises(InvalidInput):
        night.plan(**execution_input)


def test_only_the_plan_without_tasks_is_passed_on(night: Night, simulator: Simulator) -> None:
    plan = night.plan(as_of=FIRST)
    assert set(without_tasks(plan)) == {
        "run_id", "as_of", "ingest_date", "full_refresh", "is_backfill", "is_narrowed", "window", "dbt_vars", "streams",
    }  # fmt: skip
    assert len(json.dumps(plan)) < 10_000
