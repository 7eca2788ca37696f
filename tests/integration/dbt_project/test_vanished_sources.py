"""A source that could not be read deletes nothing, an erased viewer is deleted, open days are completed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from tests.support.dbt_runs import DbtProject, failed_nodes
from tests.support.independent_marts import days_between
from tests.support.staged_world import LOOKBACK_DAYS, World
from tests.support.staging_tables import StagingTables

SEED = 20260412
FIRST_NIGHT = date(2026, 4, 12)
LAST_NIGHT = FIRST_NIGHT + timedelta(days=1)
WINDOW = [LAST_NIGHT - timedelta(days=days) for days in range(3 * LOOKBACK_DAYS)]
INCREMENTAL = (
    *("media_versions", "int_media_activity", "fact_events", "fact_media_engagement"),
    *("fact_media_retention", "agg_geo_engagement", "agg_device_engagement"),
    "agg_traffic_engagement",
)
RELATIONS = (*INCREMENTAL, "dim_media", "dim_viewer", "dim_date")
GUARDS = {
    "events": "assert_no_day_of_sessions_vanished_from_staging",
    "media": "assert_no_snapshot_of_medias_vanished_from_staging",
    "media_daily_stats": "assert_no_day_of_reported_plays_vanished_from_staging",
    "media_analytics": "assert_no_day_of_measured_plays_vanished_from_staging",
    "media_engagement": "assert_no_snapshot_of_curves_vanished_from_staging",
}
COMPLETED = tuple(name for name in INCREMENTAL if name.startswith(("agg_", "fact_media_eng")))

Table = list[tuple[str | None, ...]]


@dataclass
class Account:
    """Two built nights, and everything that the relations hold after them."""

    world: World
    built: dict[str, Table]


def as_of(night: date) -> dict[str, str]:
    return {"as_of": f"{night}T02:00:00Z"}


def content(dbt_project: DbtProject) -> dict[str, Table]:
    return {name: dbt_project.table(name) for name in RELATIONS}


@pytest.fixture(scope="module")
def account(staging: StagingTables, dbt_project: DbtProject) -> Account:
    """An account of two nights, built."""
    world = World(seed=SEED, first_night=FIRST_NIGHT)
    for night in (FIRST_NIGHT, LAST_NIGHT):
        world.live(night, 30)
        world.stage(staging, night, night - timedelta(days=LOOKBACK_DAYS), night)
        result = dbt_project.run("run", **as_of(night))
        assert result.success, (result.exception, failed_nodes(result))
    return Account(world, content(dbt_project))


@pytest.fixture
def without(request: pytest.FixtureRequest, staging: StagingTables) -> Iterator[str]:
    """A staging table of which the catalog knows no partition of the window."""
    table = str(request.param)
    for day in WINDOW:
        staging.drop_partition(table, day.isoformat())
    yield table
    for day in WINDOW:
        staging.add_partition(table, day.isoformat())


@pytest.mark.parametrize("options", [(), ("--full-refresh",)])
def test_a_run_with_empty_changes_no_row(
    account: Account, dbt_project: DbtProject, options: tuple[str, ...]
) -> None:
    """GIVEN built nights WHEN `dbt run --empty` is tried THEN every relation is as before."""
    result = dbt_project.run("run", "--empty", *options, **as_of(LAST_NIGHT))
    assert result.success, (result.exception, failed_nodes(result))
    assert content(dbt_project) == account.built


@pytest.mark.parametrize(
    ("without", "test"), list(GUARDS.items()), indirect=["without"], ids=list(GUARDS)
)
def test_a_source_without_its_partitions_fails_a_named_test_before_the_marts(
    account: Account, dbt_project: DbtProject, without: str, test: str
) -> None:
    """GIVEN partitions that the catalog lost WHEN what reads them is built THEN no mart is touched."""
    result = dbt_project.run(
        *("build", "--exclude-resource-type", "unit_test"),
        *("--select", f"stg_wistia__{without}+", *GUARDS.values()),
        **as_of(LAST_NIGHT),
    )
    assert set(failed_nodes(result)) & set(GUARDS.values()) == {test}
    built = {name: dbt_project.table(name) for name in (*INCREMENTAL, "dim_media")}
    assert {name for name, rows in built.items() if rows != account.built[name]} == set()


@pytest.mark.parametrize("without", GUARDS, indirect=True)
def test_a_run_without_tests_deletes_nothing_for_want_of_a_source(
    account: Account, dbt_project: DbtProject, without: str
) -> None:
    """GIVEN partitions that the catalog lost WHEN `dbt run` merges THEN no row is gone."""
    result = dbt_project.run("run", "--select", f"stg_wistia__{without}+", **as_of(LAST_NIGHT))
    assert result.success, (without, result.exception, failed_nodes(result))
    counts = {name: len(dbt_project.table(name)) for name in INCREMENTAL}
    assert counts == {name: len(account.built[name]) for name in INCREMENTAL}


def test_with_its_sources_back_every_row_is_as_before(
    account: Account, dbt_project: DbtProject
) -> None:
    """GIVEN the partitions again WHEN the night is run again THEN nothing differs."""
    result = dbt_project.run("run", **as_of(LAST_NIGHT))
    assert result.success, (result.exception, failed_nodes(result))
    assert content(dbt_project) == account.built


@pytest.mark.parametrize("mart", COMPLETED)
def test_the_day_of_the_night_is_not_complete_and_those_before_are(
    account: Account, dbt_project: DbtProject, mart: str
) -> None:
    """GIVEN a night at 02:00 WHEN asked THEN its own day alone is not over."""
    del account
    days = dict(dbt_project.rows(f"select distinct event_date, is_complete_day from {mart}"))
    assert days == {day: str(str(day) < str(LAST_NIGHT)).lower() for day in days}


def test_skipped_nights_leave_no_day_incomplete_that_is_over(
    account: Account, staging: StagingTables, dbt_project: DbtProject
) -> None:
    """GIVEN nights skipped for longer than the window WHEN the next is run THEN all is complete."""
    night = LAST_NIGHT + timedelta(days=20)
    account.world.live(night, 5)
    account.world.stage(staging, night, night - timedelta(days=LOOKBACK_DAYS), night)
    result = dbt_project.run("run", **as_of(night))
    assert result.success, (result.exception, failed_nodes(result))
    for mart in COMPLETED:
        open_days = dbt_project.rows(
            f"select distinct event_date from {mart} where not is_complete_day"
        )
        assert [day for (day,) in open_days if str(day) < str(night)] == [], mart
    over = dbt_project.rows(
        "select max(date_day) filter (where is_complete_day),"
        " max(date_day) filter (where is_complete_week),"
        " max(date_day) filter (where is_complete_month) from dim_date"
    )
    assert over == [("2026-05-02", "2026-04-26", "2026-04-30")]


def test_without_any_viewer_left_no_mart_has_a_play(
    account: Account, staging: StagingTables, dbt_project: DbtProject
) -> None:
    """GIVEN no session and no figure of Wistia's WHEN all viewers were erased THEN no plays are kept."""
    nights = sorted(account.world.staged_medias)
    days = sorted(account.world.staged_events)
    for day in days_between(days[0], nights[-1]):
        for table in ("events", "media_daily_stats", "media_analytics"):
            staging.drop_partition(table, day.isoformat())
    dbt_project.rows("delete from fact_events")
    window = {"start_date": days[0].isoformat(), "end_date": nights[-1].isoformat()}
    result = dbt_project.run("run", **as_of(nights[-1]), **window)
    assert result.success, (result.exception, failed_nodes(result))
    for mart in COMPLETED:
        assert dbt_project.rows(f"select * from {mart} where plays > 0") == [], mart
    played = "last_played_at is not null or media_id = 'ghost00001'"
    assert dbt_project.rows(f"select * from int_media_activity where {played}") == []
    assert dbt_project.rows(f"select * from dim_media where {played}") == []
