"""What a person reads at the end of a night."""

import json
import shutil
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console
from rich.table import Table

from orchestration import athena
from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.night import Night
from orchestration.progress import steps_table
from orchestration.settings import Settings

DOCS_KEY = "docs/index.html"
PRESIGNED_SECONDS = 7 * 24 * 3600
_NO_CAUSE = {"ABORTED": "Somebody stopped the execution.", "TIMED_OUT": "It ran out of time."}
LEAST_FREE_BYTES = 64_000_000
DATABASES = ("wistia_staging", "wistia_analytics")


def show_success(console: Console, cloud: Cloud, night: Night) -> None:
    """Print steps, tables, tests, the docs page and what to try next."""
    run_id = str(night.output.get("run_id", ""))
    console.print(
        f"\n[bold green]The night succeeded.[/] run {run_id}, as of {night.output.get('as_of')}"
    )
    if not night.output.get("has_new_data"):
        console.print(
            "Wistia had no new data: nothing was built, the tables are those of the last night."
        )
    console.print(steps_table(night, _rows_by_step(cloud, night, run_id)))
    console.print()
    console.print(tables_table(cloud))
    console.print(_tests_line(_read_json(cloud, f"artifacts/dbt/{run_id}/build_summary.json")))
    page = fetch_docs(cloud)
    if page:
        console.print(f"\nThe docs page: [bold]{page}[/]\n  {docs_link(cloud)}", soft_wrap=True)
    console.print("\nNext:")
    for command in next_commands(cloud.settings):
        console.print(f"  {command}", highlight=False, soft_wrap=True)


def _say_if_disk_is_full(console: Console, home: Path) -> None:
    """Name the cause of failures that look like anything else."""
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE_BYTES:
        console.print(
            f"The disk of {home} is full ({free / 1e6:.0f} MB left): free some room, then resume.",
            highlight=False,
            soft_wrap=True,
        )


def show_failure(console: Console, cloud: Cloud, night: Night) -> None:
    """Print where the night failed, why, where the log is and how to go on."""
    state = night.failed_state or "before its first state"
    error = night.report.get("error") or night.error or night.status
    console.print(steps_table(night, {}))
    console.print(f"\n[bold red]The night failed in {state}: {error}[/]", soft_wrap=True)
    console.print(
        str(
            night.report.get("cause") or night.cause or _NO_CAUSE.get(night.status, "unknown cause")
        ),
        highlight=False,
        soft_wrap=True,
    )
    summary = _read_json(
        cloud,
        f"artifacts/dbt/{night.plan.get('run_id')}/{state.removeprefix('Dbt').lower()}_summary.json",
    )
    for failure in summary.get("failures", [])[:10]:
        console.print(
            f"  {failure['kind']} {failure['name']}: {failure['message']}",
            highlight=False,
            soft_wrap=True,
        )
    if cloud.settings.is_local:
        _say_if_disk_is_full(console, cloud.settings.localaws_home)
    log = (
        cloud.settings.localaws_home / "logs"
        if cloud.settings.is_local
        else night.report.get("log", "CloudWatch")
    )
    target = "" if cloud.settings.is_local else " TARGET=aws"
    console.print(
        f"\nLog:    {log}   (make logs STATE={state}{target})", highlight=False, soft_wrap=True
    )
    console.print(
        f"Resume: make redrive EXECUTION={night.arn}{target}", highlight=False, soft_wrap=True
    )
    console.print("The watermarks did not move: the next night repeats this one's window.")


def tables_table(cloud: Cloud) -> Table:
    """Return the number of rows of each table in staging and analytics."""
    names = [
        f"{database}.{table['Name']}"
        for database in DATABASES
        for page in cloud.client("glue").get_paginator("get_tables").paginate(DatabaseName=database)
        for table in page["TableList"]
        if table.get("TableType") != "VIRTUAL_VIEW"
    ]
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    table.add_column("rows", justify="right")
    if names:
        # One statement for all of them: each start of a statement costs more than its count.
        sql = " union all ".join(
            f"select '{name}', count(*) from {_quoted(name)}"  # noqa: S608 - the catalog's names
            for name in names
        )
        try:
            counts = athena.query(cloud, sql).rows
        except PipelineError as error:
            counts = [[f"(not counted: {error})", None]]
        for name, rows in sorted(counts, key=lambda row: str(row[0])):
            table.add_row(name, f"{int(rows):,}" if rows else "")
    return table


def fetch_docs(cloud: Cloud) -> str | None:
    """Fetch the docs page into ``build/docs`` and return its path; None if there is none yet."""
    target = cloud.settings.build_dir / "docs" / "index.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        cloud.client("s3").download_file(cloud.data_bucket, DOCS_KEY, str(target))
    except ClientError:
        return None
    return str(target)


def docs_link(cloud: Cloud) -> str:
    """Return a link to the docs page that works in a browser for a week at most."""
    link: str = cloud.client("s3").generate_presigned_url(
        "get_object",
        Params={"Bucket": cloud.data_bucket, "Key": DOCS_KEY},
        ExpiresIn=PRESIGNED_SECONDS,
    )
    return link


def next_commands(settings: Settings) -> list[str]:
    """Return what a person may want to type after a night."""
    target = "" if settings.is_local else " TARGET=aws"
    ask = f'make query{target} SQL="select * from dim_media limit 10"'  # noqa: S608 - shown only
    own_models = (
        "make shell, then dbt run   (the models with the local target)"
        if settings.is_local
        else "dbt run --target dev   (the models in a schema of your own)"
    )
    return [
        ask,
        f"make nightly{target}    (the next night, incremental)",
        f"make docs{target}       (the docs page)",
        own_models,
        f"make status{target}" + (", make down" if settings.is_local else ""),
    ]


def _rows_by_step(cloud: Cloud, night: Night, run_id: str) -> dict[str, str]:
    streams: dict[str, Any] = night.output.get("streams", {})
    ingested, asked = night.output.get("total_rows", 0), night.output.get("total_requests", 0)
    rows = {
        "Ingest": f"{ingested:,} rows, {asked:,} requests",
        "Seal": ", ".join(f"{name} {stream.get('rows', 0):,}" for name, stream in streams.items()),
    }
    normalized = _read_json(cloud, f"state/runs/{run_id}/normalize.json").get("streams", {})
    if normalized:
        totals = {
            kind: sum(int(stream.get(kind, 0)) for stream in normalized.values())
            for kind in ("rows_in", "rows_out", "duplicates", "quarantined")
        }
        rows["Normalize"] = ", ".join(
            f"{number:,} {kind.removeprefix('rows_')}" for kind, number in totals.items()
        )
    build = _read_json(cloud, f"artifacts/dbt/{run_id}/build_summary.json").get("counts", {})
    rows["DbtBuild"] = ", ".join(f"{sum(found.values())} {kind}s" for kind, found in build.items())
    return rows


def _tests_line(summary: dict[str, Any]) -> str:
    counts = summary.get("counts", {})
    tests = [counts.get(kind, {}) for kind in ("test", "unit_test")]
    passed = sum(found.get("pass", 0) for found in tests)
    warned = sum(found.get("warn", 0) for found in tests)
    return (
        f"\ndbt tests: {passed} passed" + (f", {warned} warned" if warned else "") if counts else ""
    )


def _read_json(cloud: Cloud, key: str) -> dict[str, Any]:
    try:
        body = cloud.client("s3").get_object(Bucket=cloud.data_bucket, Key=key)["Body"].read()
        value = json.loads(body)
    except (ClientError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _quoted(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split("."))
