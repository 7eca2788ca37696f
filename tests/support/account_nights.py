"""An account's nights without a state machine: each part runs for real, one after the other."""

import json
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pyspark.sql import SparkSession

from ingestion.normalize import job
from ingestion.normalize.transforms import RunClock
from ingestion.settings import Settings
from ingestion.timestamps import parse_timestamp
from tests.support.dbt_runs import DbtProject
from tests.support.independent_marts import MARTS, Staged, differences
from tests.support.ingestion_night import Night
from tests.support.raw_world import RawBucket, read
from tests.support.sequences import FIRST_AS_OF, WHOLE, Step
from tests.support.staging_tables import StagingTables

CRAWLER = "nights"
PSEUDONYM_SECRET, PSEUDONYM_KEY = "nights-pseudonym", "a-pseudonym-key-for-tests"
SHOWN = 20
_POLL_SECONDS = 0.2


@dataclass
class AccountNights:
    """One account and its warehouse.

    Parameters
    ----------
    tables
        The staging database.
    night
        Drives the ingestion.
    """

    tables: StagingTables
    night: Night
    spark: SparkSession
    dbt: DbtProject
    newest: int = 0
    normalized: list[str] = field(default_factory=list)
    """Runs whose rows are in staging, in the order in which they came there."""
    sessions_until: datetime | None = None
    """Where the windows of the nights that went through end; a backfill counts that begins in them."""

    def prepare(self) -> None:
        """Create the crawler and the key of the pseudonyms."""
        glue = self.tables.client("glue")
        names = [
            table["Name"]
            for table in glue.get_tables(DatabaseName=self.tables.database)["TableList"]
        ]
        glue.create_crawler(
            Name=CRAWLER,
            Role="arn:aws:iam::123456789012:role/crawler",
            Targets={"CatalogTargets": [{"DatabaseName": self.tables.database, "Tables": names}]},
            SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
        )
        secrets = self.tables.client("secretsmanager")
        secrets.create_secret(Name=PSEUDONYM_SECRET, SecretString=PSEUDONYM_KEY)

    def run(self, step: Step) -> bool:
        """Run a night up to its fate; return whether the marts were built."""
        self.newest = max(self.newest, step.night)
        now = FIRST_AS_OF + timedelta(days=self.newest, hours=step.hours_later)
        self.night.simulator.clock.set(now)
        plan = self.night.plan(**step.execution_input)
        sealed = self.night.land(plan)
        is_built = False
        if step.fate != "fails before normalize":
            self._normalize(plan, sealed["manifested_streams"].split(","))
            self._crawl()
            if step.fate == "fails within dbt":
                self._dbt(plan, "run", "--select", "+fact_events")
            elif step.fate == WHOLE:
                if sealed["has_new_data"]:
                    self._dbt(plan, "build", "--selector", "nightly")
                is_built = True
        if is_built:
            self.night.commit(plan, sealed)
            start, end = (parse_timestamp(plan["window"][side]) for side in ("start", "end"))
            until = self.sessions_until or end
            if step.backfill_days is None or start <= until:
                self.sessions_until = max(until, end)
        else:
            self.night.fail(plan)
        return is_built

    def rebuild(self) -> None:
        """Rebuild every model from staging, at the time of the newest night."""
        variables = {
            "as_of": f"{FIRST_AS_OF + timedelta(days=self.newest):%Y-%m-%dT%H:%M:%SZ}",
            "sessions_until": f"{self.sessions_until:%Y-%m-%dT%H:%M:%SZ}",
        }
        self._succeed("run", "--full-refresh", **variables)

    def staged(self) -> Staged:
        """Return what the API had served to the runs that reached staging."""
        bucket = RawBucket(self.tables.client("s3"), self.tables.bucket)
        staged = read(bucket, PSEUDONYM_KEY, self.normalized)
        return replace(staged, sessions_until=self.sessions_until)

    def differences(self) -> list[str]:
        """Compare every value of every mart with its computation in Python."""
        staged, told = self.staged(), []
        for mart in MARTS:
            columns, rows = self.dbt.result(f"select * from {mart}")
            told += differences(mart, staged, columns, rows)[:SHOWN]
        return told

    def mart(self, name: str) -> list[tuple[str | None, ...]]:
        """Return the rows of a mart."""
        return self.dbt.table(name)

    def _normalize(self, plan: dict[str, Any], streams: list[str]) -> None:
        as_of = parse_timestamp(plan["as_of"])
        arguments = job.Arguments(
            run_id=plan["run_id"],
            streams=tuple(stream for stream in streams if stream),
            data_bucket=self.tables.bucket,
            pseudonym_secret_id=PSEUDONYM_SECRET,
            quarantine_threshold=0.01,
            clock=RunClock(as_of, as_of.date()),
            scratch="auto",
        )
        client = self.tables.client
        job.run(arguments, self.spark, client("s3"), client("secretsmanager"))
        self.normalized.append(plan["run_id"])

    def _crawl(self) -> None:
        glue = self.tables.client("glue")
        glue.start_crawler(Name=CRAWLER)
        while (crawler := glue.get_crawler(Name=CRAWLER)["Crawler"])["State"] != "READY":
            time.sleep(_POLL_SECONDS)
        assert crawler["LastCrawl"]["Status"] == "SUCCEEDED", crawler["LastCrawl"]

    def _dbt(self, plan: dict[str, Any], *command: str) -> None:
        full_refresh = ["--full-refresh"] if plan["full_refresh"] else []
        self._succeed(*command, *full_refresh, **json.loads(plan["dbt_vars"]))

    def _succeed(self, *command: str, **variables: Any) -> None:
        result = self.dbt.run(*command, **variables)
        if not result.success:
            ran = result.result.results if result.result is not None else []
            failed = [
                f"{found.node.name}: {found.message}"
                for found in ran
                if found.status in ("error", "fail")
            ]
            raise AssertionError(f"dbt {' '.join(command)}: {result.exception or failed}")


def night_settings(settings: Settings) -> dict[str, Any]:
    """Return the ingestion's settings for these nights."""
    return {
        "streams": tuple(name for name in settings.streams if name != "visitors"),
        "initial_history_days": 30,
        "lookback_days": 3,
    }
