"""Random nights through real dbt: incremental equals rebuilt, and both equal a computation in Python."""

import os
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from tests.support import independent_marts
from tests.support.dbt_runs import DbtProject, failed_nodes
from tests.support.staged_world import LOOKBACK_DAYS, World
from tests.support.staging_tables import StagingTables

MARTS = (
    "media_versions",
    "dim_media",
    "fact_events",
    "fact_media_engagement",
    "fact_media_retention",
    "agg_geo_engagement",
    "agg_device_engagement",
    "agg_traffic_engagement",
    "dim_viewer",
    "dim_date",
    "int_media_activity",
    "int_media_lifetime",
    "int_media_lifespans",
)
# Ten builds of all models before the first test, on a machine that may be busy.
pytestmark = pytest.mark.timeout(2400)

SEED = 20260302
FIRST_NIGHT = date(2026, 3, 2)
SESSIONS_PER_NIGHT = 40
NIGHTLY = ("build", "--selector", "nightly")
HAPPENINGS = (
    *("new_night", "same_night_again", "old_night_again"),
    *("skipped_night", "failed_night", "late_night", "backfill"),
)
OLD_MEDIA = "media_of_old_sessions"
OLD_SESSIONS = datetime.combine(FIRST_NIGHT, time(12)) - timedelta(days=9)
COUNT = int(os.environ.get("DBT_NIGHTS", "2"))

Table = list[tuple[str | None, ...]]


def lookback(night: date) -> tuple[date, date]:
    return night - timedelta(days=LOOKBACK_DAYS), night


def variables(night: date, window: tuple[date, date]) -> dict[str, Any]:
    start, end = window
    return {
        "as_of": f"{night}T02:00:00Z",
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "run_id": "tests",
    }


@dataclass
class Nights:
    world: World
    last_night: date
    incremental: dict[str, Table]
    rebuilt: dict[str, Table]


@dataclass
class Story:
    """Nights as they come: each is staged and built, and then every mart must be right."""

    world: World
    staging: StagingTables
    dbt: DbtProject
    night: date = FIRST_NIGHT
    committed: date = FIRST_NIGHT
    told: list[str] = field(default_factory=list)

    def happen(self, what: str) -> None:
        """Let one thing happen, and compare every mart with the independent computation."""
        self.told.append(f"{what} {self.night}")
        getattr(self, what)()

    def new_night(self, *command: str) -> None:
        self._next_night()
        self._build(self.night, self._due(), *command)
        self.committed = self.night

    def new_night_with_its_tests(self) -> None:
        self.new_night(*NIGHTLY)

    def skipped_night(self) -> None:
        self.night += timedelta(days=1)
        self.world.live(self.night, SESSIONS_PER_NIGHT)

    def failed_night(self) -> None:
        """Break the build after fact_events: nothing is committed, the next night reads on."""
        self._next_night()
        self._dbt("run", "--select", "+fact_events", night=self.night, window=self._due())

    def same_night_again(self) -> None:
        self.world.live(self.night, 10)
        window = self._due()
        self._stage(self.night, window)
        self._build(self.night, window)
        self.committed = self.night

    def late_night(self) -> None:
        """Run a night a day late: its lists show what happened since. Then run the night after it."""
        self.skipped_night()
        late, self.night = self.night, self.night + timedelta(days=1)
        self.world.live(self.night, SESSIONS_PER_NIGHT)
        due = self._due()[0]
        for night in (late, self.night):
            self._stage(night, (due, night))
            self._build(night, (due, night))
        self.committed = self.night

    def erased_viewer(self) -> None:
        """Erase the viewer with the fewest sessions, then build its days again, as the runbook teaches."""
        self._repeat_what_failed()
        visitor_id, days = self.world.erase_a_viewer(self.staging)
        result = self.dbt.run(
            "run-operation", "erase_viewer", "--args", f"{{visitor_id: {visitor_id}}}"
        )
        assert result.success, result.exception
        self._build(self.night, (min(days), max(days)))

    def old_night_again(self) -> None:
        """Run a night that newer ones have passed, as the runbook teaches."""
        self._repeat_what_failed()
        old = self.night - timedelta(days=self.world.random.randrange(1, 5))
        self._stage(old, lookback(old))
        self._build(old, lookback(old), *NIGHTLY)

    def backfill(self) -> None:
        """Let old sessions come; some belong to a media that is known from nowhere else."""
        self._repeat_what_failed()
        first = FIRST_NIGHT - timedelta(days=self.world.random.randrange(15, 25))
        for number in range(12):
            event_key = self.world.add_event(
                datetime.combine(first, time(12)) + timedelta(days=number % 4)
            )
            if number % 3 == 0:
                self.world.events[event_key]["media_id"] = "ghost00002"
        window = first, first + timedelta(days=5)
        self._stage(self.night, window)
        self._build(self.night, window, *NIGHTLY)

    def night_that_takes_a_media_back(self) -> None:
        """List a media of which only old sessions are known; a repeated night breaks, and shows it no more.

        It is the only version of the window that reaches back: the nights before have staged all others. Its
        sessions are older than Wistia's date of the media, so that only they tell how far back.
        """
        if "ghost00001" not in self.world.medias:
            self.world.add_media(OLD_SESSIONS, "ghost00001")
        for _ in range(LOOKBACK_DAYS + 3):
            self._next_night()
        self.new_night()
        self.skipped_night()
        media = self.world.add_media(datetime.combine(self.night, time(1)), OLD_MEDIA)
        media |= {"media_type": "Video", "duration_seconds": 100.0, "page_count": None}
        while not self.world.shows(self.night, OLD_MEDIA):
            self._stage(self.night, self._due())
        self._build(self.night, self._due())
        del self.world.medias[OLD_MEDIA]
        self._stage(self.night, self._due())
        self._dbt("run", "--select", "media_versions", night=self.night, window=self._due())
        self._build(self.night, self._due())
        self.committed = self.night

    def _repeat_what_failed(self) -> None:
        if self.committed < self.night:
            self.same_night_again()

    def _next_night(self) -> None:
        self.skipped_night()
        self._stage(self.night, self._due())

    def _due(self) -> tuple[date, date]:
        return lookback(self.committed)[0], self.night

    def _stage(self, night: date, window: tuple[date, date]) -> None:
        self.world.stage(self.staging, night, *window)

    def _build(self, night: date, window: tuple[date, date], *command: str) -> None:
        self._dbt(*(command or ("run",)), night=night, window=window)
        staged = self.world.staged()
        told: list[str] = []
        for mart in independent_marts.MARTS:
            columns, rows = self.dbt.result(f"select * from {mart}")
            told += independent_marts.differences(mart, staged, columns, rows)[:10]
        assert not told, "\n".join([f"seed {self.world.seed}", *self.told, *told])

    def _dbt(self, *command: str, night: date, window: tuple[date, date]) -> None:
        result = self.dbt.run(*command, **variables(night, window))
        told = (self.world.seed, self.told, result.exception, failed_nodes(result))
        assert result.success, told


@pytest.fixture(scope="module")
def nights(staging: StagingTables, dbt_project: DbtProject) -> Nights:
    """Random nights: new, repeated, skipped and failed ones, and backfills; then a full refresh.

    `DBT_NIGHTS_SEED` is another story, `DBT_NIGHTS` a longer one: with 6 each thing happens, as in CI.
    """
    world = World(seed=int(os.environ.get("DBT_NIGHTS_SEED", SEED)), first_night=FIRST_NIGHT)
    for number in range(5):
        world.add_event(OLD_SESSIONS + timedelta(hours=number), OLD_MEDIA)
    story = Story(
        *(world, staging, dbt_project),
        night=FIRST_NIGHT - timedelta(days=1),
        committed=OLD_SESSIONS.date(),
    )
    each_once = len(HAPPENINGS)
    happenings = world.random.sample(HAPPENINGS, min(COUNT, each_once))
    happenings += world.random.choices(HAPPENINGS, k=max(0, COUNT - each_once))
    always = "night_that_takes_a_media_back", "erased_viewer", "new_night_with_its_tests"
    for happening in ("new_night", *happenings, *always):
        story.happen(happening)
    last = lookback(story.night)
    incremental = {name: dbt_project.table(name) for name in MARTS}
    result = dbt_project.run("run", "--full-refresh", **variables(story.night, last))
    assert result.success, (result.exception, failed_nodes(result))
    rebuilt = {name: dbt_project.table(name) for name in MARTS}
    return Nights(world, story.night, incremental, rebuilt)


@pytest.mark.parametrize("mart", MARTS)
def test_incremental_nights_equal_a_full_refresh_row_for_row(nights: Nights, mart: str) -> None:
    """GIVEN random nights WHEN everything is rebuilt THEN not one value changes."""
    incremental, rebuilt = set(nights.incremental[mart]), set(nights.rebuilt[mart])
    assert rebuilt
    assert sorted(incremental - rebuilt, key=repr) == []
    assert sorted(rebuilt - incremental, key=repr) == []
    assert len(nights.incremental[mart]) == len(nights.rebuilt[mart])


@pytest.mark.parametrize("mart", independent_marts.MARTS)
def test_every_value_equals_the_independent_computation(
    nights: Nights, dbt_project: DbtProject, mart: str
) -> None:
    """GIVEN staged rows WHEN computed in Python THEN every value of every row says the same."""
    columns, _ = dbt_project.result(f"select * from {mart} limit 1")
    staged = nights.world.staged()
    told = independent_marts.differences(mart, staged, columns, nights.rebuilt[mart])
    assert not told, "\n".join(told[:20])


def test_the_rules_of_the_models_hold(nights: Nights, dbt_project: DbtProject) -> None:
    """GIVEN made-up rows for every rule WHEN dbt's unit tests run THEN each model keeps its rules."""
    del nights  # fixtures take the types of their columns from the tables
    result = dbt_project.run("test", "--selector", "rules")
    assert failed_nodes(result) == []
    assert len(result.result.results) > 10


def test_a_day_that_staging_lost_fails_a_named_test_and_the_marts_stay(
    nights: Nights, staging: StagingTables, dbt_project: DbtProject
) -> None:
    """GIVEN a lost partition WHEN the night is built THEN a named test shows the day, marts answer."""
    lost = nights.last_night - timedelta(days=1)
    staging.drop_partition("events", lost.isoformat())
    result = dbt_project.run(
        "test",
        "--select",
        "assert_no_day_of_sessions_vanished_from_staging",
        **variables(nights.last_night, lookback(nights.last_night)),
    )
    assert failed_nodes(result) == ["assert_no_day_of_sessions_vanished_from_staging"]
    stored = dbt_project.table("assert_no_day_of_sessions_vanished_from_staging")
    assert [row[0] for row in stored] == [lost.isoformat()]
    assert dbt_project.table("fact_events") == nights.rebuilt["fact_events"]


def test_a_duplicate_or_missing_key_stops_the_marts(
    nights: Nights, staging: StagingTables, dbt_project: DbtProject
) -> None:
    """GIVEN a key twice and a key missing WHEN a night is built THEN no mart is touched."""
    night = nights.last_night + timedelta(days=1)
    media = nights.world.staged_medias[nights.last_night][0]
    staging.write("media", night.isoformat(), [media, media, {**media, "media_id": None}])
    result = dbt_project.run(
        "build",
        "--select",
        "+media_versions",
        "--exclude-resource-type",
        "unit_test",
        **variables(night, lookback(night)),
    )
    staging.write("media", night.isoformat(), [])
    assert failed_nodes(result) == ["stg_wistia__media_lists_every_media_once_per_snapshot"]
    stored = dbt_project.table("stg_wistia__media_lists_every_media_once_per_snapshot")
    assert sorted(row[-1] or "" for row in stored) == ["duplicate key", "incomplete key"]
    assert dbt_project.table("media_versions") == nights.rebuilt["media_versions"]


def test_freshness_is_judged_at_as_of_and_fails_when_nights_are_missing(
    nights: Nights, dbt_project: DbtProject
) -> None:
    """GIVEN staged nights WHEN as_of is the last THEN fresh; two days later THEN an error."""
    fresh = dbt_project.run(
        "source",
        "freshness",
        "--select",
        "source:wistia_staging.media",
        as_of=f"{nights.last_night}T02:00:00Z",
    )
    stale = dbt_project.run(
        "source",
        "freshness",
        "--select",
        "source:wistia_staging.media",
        as_of=f"{nights.last_night + timedelta(days=3)}T02:00:00Z",
    )
    assert [r.status for r in fresh.result.results] == ["pass"]
    assert [r.status for r in stale.result.results] == ["error"]


def test_an_erased_viewer_is_in_no_mart(nights: Nights, dbt_project: DbtProject) -> None:
    """GIVEN a viewer with sessions WHEN erased THEN sessions and viewer are gone, others stay."""
    viewer = dbt_project.rows("select visitor_id, plays from dim_viewer order by plays desc")[0]
    before = len(nights.rebuilt["fact_events"])
    result = dbt_project.run(
        "run-operation", "erase_viewer", "--args", f"{{visitor_id: {viewer[0]}}}"
    )
    assert result.success, result.exception
    assert dbt_project.rows(f"select 1 from dim_viewer where visitor_id = '{viewer[0]}'") == []
    assert len(dbt_project.table("fact_events")) == before - int(viewer[1] or 0)


def test_upkeep_leaves_every_row(nights: Nights, dbt_project: DbtProject) -> None:
    """GIVEN merged tables WHEN optimized and vacuumed THEN they hold the same rows."""
    before = dbt_project.table("fact_media_engagement")
    result = dbt_project.run("run-operation", "upkeep")
    assert result.success, result.exception
    assert dbt_project.table("fact_media_engagement") == before


def test_a_day_that_is_missing_in_the_window_is_a_gap(
    nights: Nights, dbt_project: DbtProject
) -> None:
    """GIVEN a media without a row between two others WHEN tested THEN the named test shows that day."""
    gap = nights.last_night - timedelta(days=1)
    media_id = dbt_project.rows(
        "select media_id from int_media_lifespans join fact_media_engagement using (media_id)"
        f" where there_from_date <= date '{gap}' and coalesce(there_to_date, date '{gap}') >= date '{gap}'"
        f" and event_date between date '{gap}' - interval '1' day and date '{gap}' + interval '1' day"
        " group by media_id having count(distinct event_date) = 3 limit 1"
    )[0][0]
    dbt_project.rows(
        f"delete from fact_media_engagement where media_id = '{media_id}'"
        f" and event_date = date '{gap}'"
    )
    result = dbt_project.run(
        *("test", "--select", "every_media_has_a_row_for_every_day"),
        **variables(nights.last_night, lookback(nights.last_night)),
    )
    assert failed_nodes(result) == ["every_media_has_a_row_for_every_day"]
    assert [found.failures for found in result.result.results] == [1]
