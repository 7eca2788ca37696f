"""Prints what a person reads at the end of a night."""

import shutil
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from ingestion.landing.refused import NOTHING_MISSING
from orchestration.alerts import failure_report
from orchestration.cli import tables
from orchestration.cli.night import Night
from orchestration.cli.progress import steps_table
from orchestration.cli.screen import Screen
from orchestration.cloud import Cloud
from orchestration.settings import Settings

DOCS_KEY = "docs/index.html"
PRESIGNED_SECONDS = 7 * 24 * 3600
_NO_CAUSE = {"ABORTED": "Somebody stopped the execution.", "TIMED_OUT": "It ran out of time."}
_UPKEEP = "DbtUpkeep"
_TEST_KINDS = ("test", "unit_test")
LEAST_FREE_BYTES = 64_000_000


def show_success(screen: Screen, cloud: Cloud, night: Night) -> None:
    """Print steps, tables, tests, the docs page and what to try next."""
    run_id = str(night.output.get("run_id", ""))
    screen.line(
        "\n",
        ("The night succeeded.", "bold green"),
        f" run {run_id}, as of {night.output.get('as_of')}",
    )
    if not night.output.get("has_medias", True):
        screen.line("The account has no medias.")
    if not night.output.get("has_history", True):
        screen.line("There are no events either: nothing was built yet.")
    elif not night.output.get("has_new_data"):
        screen.line("Wistia had no new data: nothing was built, and the tables are unchanged.")
    screen.table(steps_table(night, _rows_by_step(cloud, night, run_id)))
    for line in _missing_lines(night.output.get("streams", {})):
        screen.line(line)
    screen.line()
    tables.show(screen, cloud)
    build = cloud.read_json(f"artifacts/dbt/{run_id}/build_summary.json")
    for line in _tests_lines(build):
        screen.line(line)
    page = fetch_docs(cloud)
    if page:
        screen.line("\nThe docs page: ", (page, "bold"), f"\n  {docs_link(cloud)}")
    screen.line("\nNext:")
    for command in next_commands(cloud.settings):
        screen.line(f"  {command}")


def _say_if_disk_is_full(screen: Screen, home: Path) -> None:
    """Name a full disk, because the failures it causes look like something else."""
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE_BYTES:
        screen.line(
            f"The disk of {home} is full ({free / 1e6:.0f} MB left): free some space, then resume."
        )


def show_failure(screen: Screen, cloud: Cloud, night: Night) -> None:
    """Print why and where the night failed, where the log is and what to do next."""
    state = night.failed_state
    error, cause = _reason(cloud, night, state)
    screen.table(steps_table(night, {}))
    screen.line("\n", (f"The night failed {_place(night)}: {error}", "bold red"))
    screen.line(cause)
    if cloud.settings.is_local:
        _say_if_disk_is_full(screen, cloud.settings.localaws_home)
    log = (
        cloud.settings.localaws_home / "logs"
        if cloud.settings.is_local
        else night.report.get("log", "CloudWatch")
    )
    target = "" if cloud.settings.is_local else " TARGET=aws"
    of_state = f" STATE={state}" if state else ""
    screen.line(f"\nLog:    {log}   (make logs{of_state}{target})")
    if error in failure_report.NEW_NIGHT_HINTS:
        screen.line(f"Next:   {failure_report.NEW_NIGHT_HINTS[error]}")
    else:
        screen.line(f"Resume: make redrive EXECUTION={night.arn}{target}")
    screen.line("The watermarks did not move: the next night repeats this one's window.")


def _place(night: Night) -> str:
    """Return where a night ended; it may have been between two steps."""
    if night.failed_state:
        return f"in {night.failed_state}"
    done = [step.name for step in night.steps.values() if step.status == "done"]
    return f"after {done[-1]}" if done else "before its first step"


def show_failed_upkeep(screen: Screen, cloud: Cloud, upkeep: Night) -> None:
    """Print why the weekly upkeep failed, the reason first."""
    name = upkeep.arn.rsplit(":", 1)[-1]  # the run id of its dbt task
    found = cloud.read_json(failure_report.summary_key(_UPKEEP, name))
    error, cause = failure_report.explain(
        _UPKEEP, upkeep.error or upkeep.status, upkeep.cause, found
    )
    screen.line((f"The upkeep failed: {error}", "bold red"))
    screen.line(cause)
    screen.line(f"The tables are still correct. Start it again: make upkeep ({upkeep.arn})")


def _reason(cloud: Cloud, night: Night, state: str) -> tuple[str, str]:
    """Return the error and the cause from the report or, without one, from AWS."""
    error = str(night.report.get("error") or night.error or night.status)
    cause = str(night.report.get("cause") or night.cause)
    if not cause:
        return error, _NO_CAUSE.get(night.status, "AWS gave no reason.")
    found = None
    if state.startswith("Dbt"):
        found = cloud.read_json(failure_report.summary_key(state, str(night.plan.get("run_id"))))
    error, cause = failure_report.explain(state, error, cause, found)
    return error, failure_report.with_findings(error, cause, found)


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
    """Return a link to the docs page that works in a browser for up to a week."""
    link: str = cloud.client("s3").generate_presigned_url(
        "get_object",
        Params={"Bucket": cloud.data_bucket, "Key": DOCS_KEY},
        ExpiresIn=PRESIGNED_SECONDS,
    )
    return link


def next_commands(settings: Settings) -> list[str]:
    """Return the commands that a person may want to run after a night."""
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
    normalized = cloud.read_json(f"state/runs/{run_id}/normalize.json").get("streams", {})
    if normalized:
        totals = {
            kind: sum(int(stream.get(kind, 0)) for stream in normalized.values())
            for kind in ("rows_in", "rows_out", "duplicates", "superseded", "quarantined")
        }
        rows["Normalize"] = ", ".join(
            f"{number:,} {kind.removeprefix('rows_')}"
            for kind, number in totals.items()
            if number or kind != "superseded"  # only a repeated night has any
        )
    build = cloud.read_json(f"artifacts/dbt/{run_id}/build_summary.json").get("counts", {})
    rows["DbtBuild"] = ", ".join(f"{sum(found.values())} {kind}s" for kind, found in build.items())
    return rows


def _missing_lines(streams: dict[str, Any]) -> list[str]:
    """Return what Wistia refused while it served the rest; behind a 404 no rows are missing."""
    lines = []
    for name, stream in streams.items():
        refused = stream.get("refused") or {}
        statuses = {
            s: n for s, n in refused.get("statuses", {}).items() if s not in NOTHING_MISSING
        }
        if statuses:
            told = ", ".join(f"{status} for {count:,}" for status, count in statuses.items())
            lines.append(
                f"{name}: Wistia refused some medias ({told}), so their rows are missing. "
                "make logs STATE=Ingest names them; backfill them once Wistia answers."
            )
        lines += [
            f"{name}: Wistia did not serve the list '{label}': {reason}"
            for label, reason in (stream.get("left_out") or {}).items()
        ]
    return lines


def _tests_lines(summary: dict[str, Any]) -> list[str]:
    counts = summary.get("counts", {})
    if not counts:
        return []
    tests = [counts.get(kind, {}) for kind in _TEST_KINDS]
    passed = sum(found.get("pass", 0) for found in tests)
    warnings = [item for item in summary.get("warnings", []) if item["kind"] in _TEST_KINDS]
    warned = f", {len(warnings)} warned" if warnings else ""
    return [f"\ndbt tests: {passed} passed{warned} in this night"] + [
        f"  {item['name']}: {item['message']}" for item in warnings
    ]
