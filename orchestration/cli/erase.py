"""Removes one viewer from raw, quarantine, staging and marts, and proves it."""

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError
from tenacity import (
    Retrying,
    retry_if_exception,
    retry_if_result,
    stop_after_attempt,
    wait_fixed,
)

from ingestion.normalize.erase import erase as erase_landed
from ingestion.normalize.errors import NormalizeError
from ingestion.normalize.storage import DataBucket
from orchestration.cli import athena
from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.infrastructure import stack
from orchestration.infrastructure.object_versions import delete_versions

# As macros/iceberg.sql sets them (a test compares). An erasure expires snapshots at once, then
# restores these.
_KEPT_SNAPSHOTS = "'vacuum_max_snapshot_age_seconds'='604800', 'vacuum_min_snapshots_to_keep'='3'"
_NO_SNAPSHOTS = "'vacuum_max_snapshot_age_seconds'='1', 'vacuum_min_snapshots_to_keep'='1'"
# By default OPTIMIZE leaves a large file alone until two delete files mark it.
_EVERY_DELETE = "'optimize_rewrite_delete_file_threshold'='1'"
_SOME_DELETES = "'optimize_rewrite_delete_file_threshold'='2'"
ERASED_PREFIXES = ("athena-results/",)
"""Prefixes of the data bucket that an erasure empties: results of queries may show the viewer."""
_VACUUMS = 5
_SECONDS_BETWEEN_VACUUMS = 1.2
# Athena does 100 partitions or 20,000 files at a time: enough for 10 million files.
_MORE_RUNS_NEEDED = "_MORE_RUNS_NEEDED:"
_RUNS = 500


def erase(cloud: Cloud, visitor: str, say: Callable[[str], None]) -> dict[str, int]:
    """Erase a viewer everywhere.

    Delete the viewer at Wistia first: a night reads its window again and would bring back what
    Wistia still serves.

    Parameters
    ----------
    cloud
        The AWS whose data is erased.
    visitor
        Wistia's key of the viewer, or the ``visitor_id`` of the tables.
    say
        Callback that receives a progress message.

    Returns
    -------
    dict
        Number of records removed from each place.

    Raises
    ------
    PipelineError
        The viewer is blank, a night is running, or something is left.
    """
    _refuse_while_a_night_runs(cloud)
    analytics = stack.databases(cloud).analytics  # fails, if it does, before anything is erased
    say("Rewriting raw, quarantined and staged records")
    key = cloud.client("secretsmanager").get_secret_value(
        SecretId=f"{cloud.settings.stack_name}/pseudonym-key"
    )["SecretString"]
    bucket = DataBucket(cloud.client("s3"), cloud.data_bucket)
    try:
        erasure = erase_landed(bucket, visitor, key.encode())
    except NormalizeError as error:
        raise PipelineError(str(error)) from None
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"AccessDenied", "403"}:
            raise
        raise PipelineError(
            f"Raw records could not be read or rewritten as {cloud.caller_arn}: {error}. The "
            "bucket's policy denies it to everybody, administrators too, except to the stack's "
            "RawReaderArn: deploy with RAW_READER_ARN set to that ARN, then run the command again."
        ) from None
    removed = dict(erasure.rows)
    for table in _tables(cloud, analytics):
        if not table.has_viewers:
            continue
        mart = _Mart(cloud, analytics, table.name)
        if table.is_iceberg:
            say(f"Deleting from {table.name}, with its old snapshots")
            removed[f"{analytics}.{table.name}"] = mart.delete_viewer(erasure.visitor_id)
        else:
            say(f"Dropping {table.name}: a single row of it cannot be deleted")
            removed[f"{analytics}.{table.name}"] = mart.count(erasure.visitor_id)
            _drop(cloud, analytics, table)
    say("Deleting query results and old versions")
    s3, name = cloud.client("s3"), cloud.data_bucket
    # Until its next build, a table of an earlier release may still lie among the query results.
    used = [table.prefix for table in _tables(cloud, analytics) if table.prefix]
    for prefix in ERASED_PREFIXES:
        delete_versions(s3, name, prefix, keep_newest=False, kept_under=used)
    delete_versions(s3, name, "processed/", keep_newest=True)
    return removed


def _refuse_while_a_night_runs(cloud: Cloud) -> None:
    running = cloud.client("stepfunctions").list_executions(
        stateMachineArn=cloud.state_machine_arn(), statusFilter="RUNNING", maxResults=1
    )["executions"]
    if running:
        raise PipelineError(
            f"A night is running ({running[0]['executionArn']}): it would write the erased records "
            "again. Wait until it ends, then run the command again."
        )


@dataclass(frozen=True)
class _Table:
    """A table of the marts: what dbt builds, and the failing rows that its tests store."""

    name: str
    prefix: str | None
    """Where it lies in the data bucket, None if elsewhere."""
    has_viewers: bool
    is_iceberg: bool


def _tables(cloud: Cloud, database: str) -> list[_Table]:
    """Return the tables of the database; views have no data of their own."""
    pages = cloud.client("glue").get_paginator("get_tables").paginate(DatabaseName=database)
    return [
        _Table(
            name=table["Name"],
            prefix=_prefix(cloud, table["StorageDescriptor"].get("Location") or ""),
            has_viewers="visitor_id"
            in {column["Name"] for column in table["StorageDescriptor"]["Columns"]},
            is_iceberg=table.get("Parameters", {}).get("table_type", "").upper() == "ICEBERG",
        )
        for page in pages
        for table in page["TableList"]
        if table.get("TableType") != "VIRTUAL_VIEW"
    ]


def _prefix(cloud: Cloud, location: str) -> str | None:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return f"{key.rstrip('/')}/" if bucket == cloud.data_bucket and key else None


def _drop(cloud: Cloud, database: str, table: _Table) -> None:
    """Drop a Hive table with its files: failing rows that an earlier release stored."""
    cloud.client("glue").delete_table(DatabaseName=database, Name=table.name)
    if table.prefix:
        delete_versions(cloud.client("s3"), cloud.data_bucket, table.prefix, keep_newest=False)


class _Mart:
    """An Iceberg table from which a viewer is deleted."""

    def __init__(self, cloud: Cloud, database: str, table: str) -> None:
        self._cloud, self._database, self._table = cloud, database, table
        self._name = f'"{database}"."{table}"'
        # ALTER TABLE is read by Hive's grammar. OPTIMIZE and VACUUM accept backticks around the
        # table only, so the database comes from the context of the query.
        self._hive_name = f"`{database}`.`{table}`"
        self._table_name = f"`{table}`"

    def delete_viewer(self, visitor_id: str) -> int:
        """Delete the rows, their files and all older snapshots; return the number of rows."""
        name = self._name
        found = self.count(visitor_id)
        self._run(f"delete from {name} where visitor_id = '{visitor_id}'")  # noqa: S608
        # A delete only marks rows: the files go with a rewrite, and then with their snapshots.
        self._set(_NO_SNAPSHOTS, _EVERY_DELETE)
        try:
            self._run_until_done(f"optimize {self._table_name} rewrite data using bin_pack")
            snapshots = self._expire_snapshots()
        finally:
            self._set(_KEPT_SNAPSHOTS, _SOME_DELETES)
        if left := self.count(visitor_id):
            raise PipelineError(
                f"{left} rows of the viewer are still in {name}: run the command again."
            )
        if snapshots > 1:
            raise PipelineError(
                f"{name} still has {snapshots} snapshots, and the old ones contain the viewer: run "
                "the command again when nothing else is writing to the table."
            )
        return found

    def count(self, visitor_id: str) -> int:
        """Return the number of rows of the viewer."""
        where = f"where visitor_id = '{visitor_id}'"
        return self._number(f"select count(*) from {self._name} {where}")  # noqa: S608

    def _expire_snapshots(self) -> int:
        """Vacuum until one snapshot is left; return how many are left.

        VACUUM keeps snapshots younger than its maximum age, which is one second or more. The
        snapshot before the rewrite may have ended more recently than that.
        """
        count = f'select count(*) from "{self._database}"."{self._table}$snapshots"'  # noqa: S608
        vacuumed = Retrying(
            stop=stop_after_attempt(_VACUUMS),
            wait=wait_fixed(_SECONDS_BETWEEN_VACUUMS),
            retry=retry_if_result(lambda snapshots: snapshots > 1),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )

        def vacuum() -> int:
            self._run_until_done(f"vacuum {self._table_name}")
            return self._number(count)

        return int(vacuumed(vacuum))

    def _set(self, *properties: str) -> None:
        self._run(f"alter table {self._hive_name} set tblproperties ({', '.join(properties)})")

    def _run(self, sql: str) -> athena.Result:
        return athena.query(self._cloud, sql, database=self._database)

    def _run_until_done(self, sql: str) -> None:
        """Repeat a statement that does a part of the work at a time."""
        for run in Retrying(
            stop=stop_after_attempt(_RUNS),
            retry=retry_if_exception(lambda error: _MORE_RUNS_NEEDED in str(error)),
            reraise=True,
        ):
            with run:
                self._run(sql)

    def _number(self, sql: str) -> int:
        return int(str(self._run(sql).rows[0][0]))
