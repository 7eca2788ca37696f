"""What dbt takes for now: an account that has nothing yet, a time that has not come, a clock that was wrong."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import dbt.context.base
import pytest

from ingestion.normalize.schemas import TABLES
from tests.support import independent_marts
from tests.support.dbt_runs import DbtProject, failed_nodes
from tests.support.staged_world import LOOKBACK_DAYS, World
from tests.support.staging_tables import StagingTables

SEED = 20260601
FIRST_NIGHT = date(2026, 6, 1)
SESSIONS_PER_NIGHT = 25

Content = dict[str, list[tuple[str | None, ...]]]


def variables(night: date) -> dict[str, str]:
    return {
        "as_of": f"{night}T02:00:00Z",
        "start_date": (night - timedelta(days=LOOKBACK_DAYS)).isoformat(),
        "end_date": night.isoformat(),
    }


def stage(world: World, staging: StagingTables, night: date) -> None:
    world.live(night, SESSIONS_PER_NIGHT)
    world.stage(staging, night, night - timedelta(days=LOOKBACK_DAYS), night)


def content(dbt_project: DbtProject) -> Content:
    return {mart: dbt_project.table(mart) for mart in independent_marts.MARTS}


def differences(world: World, dbt_project: DbtProject) -> list[str]:
    staged = world.staged()
    return [
        difference
        for mart in independent_marts.MARTS
        for difference in independent_marts.differences(
            mart, staged, *dbt_project.result(f"select * from {mart}")
        )
    ]


@pytest.fixture
def clock_of_dbt(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Let dbt run on a machine with another clock."""

    def wrong(moment: datetime) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:
                return moment.astimezone(tz)

        modules = dbt.context.base.get_datetime_module_context() | {"datetime": Clock}
        monkeypatch.setattr(dbt.context.base, "get_datetime_module_context", lambda: modules)

    return wrong


def test_an_account_without_medias_is_fresh_and_builds(
    staging: StagingTables, dbt_project: DbtProject
) -> None:
    """GIVEN staging tables without a partition WHEN a first night is built THEN all is well, and empty."""
    night = variables(FIRST_NIGHT - timedelta(days=10))
    fresh = dbt_project.run("source", "freshness", as_of=night["as_of"])
    assert {result.status for result in fresh.result.results} == {"pass"}
    for _ in ("as the first night", "as the next one"):
        result = dbt_project.run("build", "--selector", "nightly", **night)
        assert result.success, (result.exception, failed_nodes(result))
    assert {mart for mart, rows in content(dbt_project).items() if rows} == {"dim_date"}
    by_hand = dbt_project.run("run")
    assert by_hand.success, (by_hand.exception, failed_nodes(by_hand))
    del staging


def test_a_night_that_has_not_come_is_refused_and_changes_nothing(dbt_project: DbtProject) -> None:
    """GIVEN an as_of after the clock WHEN run THEN it says so, and every mart is as before."""
    before = content(dbt_project)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    result = dbt_project.run("run", as_of=f"{tomorrow:%Y-%m-%dT%H:%M:%SZ}")
    assert not result.success
    told = [r.message for r in result.result.results if r.status == "error"]
    assert told
    assert all("a night cannot be built before its time" in message for message in told)
    assert content(dbt_project) == before


def test_what_a_run_with_a_wrong_clock_added_is_taken_back_by_the_next_right_one(
    staging: StagingTables,
    dbt_project: DbtProject,
    clock_of_dbt: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """GIVEN a night that was staged and built a year ahead WHEN right ones follow THEN no trace is left."""
    world = World(seed=SEED, first_night=FIRST_NIGHT)

    def build(night: date, *options: str) -> None:
        result = dbt_project.run("run", *options, **variables(night))
        assert result.success, (result.exception, failed_nodes(result))

    stage(world, staging, FIRST_NIGHT)
    build(FIRST_NIGHT)
    wrong = (datetime.now(UTC) + timedelta(days=40)).date()
    clock_of_dbt(datetime.now(UTC) + timedelta(days=41))
    stage(world, staging, wrong)
    build(wrong)
    after = f"event_date > date '{FIRST_NIGHT}'"
    for mart in ("fact_events", "fact_media_engagement"):
        assert dbt_project.rows(f"select 1 from {mart} where {after} limit 1")
    monkeypatch.undo()

    night = FIRST_NIGHT + timedelta(days=1)
    stage(world, staging, night)
    build(night)
    assert not differences(world, dbt_project)

    name = "assert_media_snapshots_are_not_dated_after_the_clock"
    warned = dbt_project.run("test", "--select", name, **variables(night))
    assert [result.status for result in warned.result.results] == ["warn"]
    assert [row[0] for row in dbt_project.table(name)] == [wrong.isoformat()]

    # Somebody removes the wrong partitions; nothing hinges on them any more.
    for table in TABLES:
        for days in range(-LOOKBACK_DAYS, 1):
            staging.drop_partition(table, (wrong + timedelta(days=days)).isoformat())
    night += timedelta(days=1)
    stage(world, staging, night)
    build(night)
    assert not differences(world, dbt_project)
    incremental = content(dbt_project)
    build(night, "--full-refresh")
    assert content(dbt_project) == incremental


def test_an_account_that_deletes_its_last_media_stays_fresh_and_keeps_its_history(
    staging: StagingTables, dbt_project: DbtProject
) -> None:
    """GIVEN no media left WHEN nights go on THEN they pass, and every media is known to be deleted."""
    night = date.fromisoformat(
        dbt_project.rows("select max(first_snapshot_date) from media_versions")[0][0] or ""
    ) + timedelta(days=4)
    listed: list[dict[str, Any]] = [
        {
            "media_id": media_id,
            "deleted_at": datetime.combine(night, datetime.min.time()) - timedelta(hours=3),
        }
        for (media_id,) in dbt_project.rows("select media_id from dim_media where not is_deleted")
    ]
    staging.write("deleted_media", night.isoformat(), listed)
    fresh = dbt_project.run(
        *("source", "freshness", "--select", "source:wistia_staging.media"),
        as_of=f"{night}T02:00:00Z",
    )
    assert [result.status for result in fresh.result.results] == ["pass"]
    result = dbt_project.run("build", "--selector", "nightly", **variables(night))
    assert result.success, (result.exception, failed_nodes(result))
    states = dbt_project.rows("select distinct media_state from dim_media where not is_inferred")
    assert states == [("deleted",)]
