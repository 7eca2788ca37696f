"""Seal: checks that every task has finished, then makes the run's files visible."""

from __future__ import annotations

from typing import Any

from ingestion import layout
from ingestion.errors import SealIncomplete
from ingestion.handlers.runtime import Services, logger
from ingestion.landing.manifest import StreamResult, move_events_pointer, write_manifest
from ingestion.landing.parts import check_files, read_parts
from ingestion.lease import renew_lease
from ingestion.object_store import ObjectStore
from ingestion.payloads import Json, RunPlan, Task, required
from ingestion.planning import union


def handler(event: Json, context: Any) -> Json:
    """Seal a run.

    Parameters
    ----------
    event
        ``{"plan": …}``.

    Returns
    -------
    ``{"run_id", "has_new_data", "streams", "total_rows", "total_requests", "manifested_streams"}``.
    """
    return seal(event, Services.of(context))


def seal(event: Json, services: Services) -> Json:
    """Write the manifests, after everything that they name was checked."""
    plan = RunPlan.from_json(required(event, "plan"))
    store = services.store
    logger.append_keys(run_id=plan.run_id)
    renew_lease(store, plan.run_id)
    results = {name: StreamResult(name, plan.window) for name in plan.streams}
    windows: dict[str, list[Any]] = {}
    for task in _tasks(store, plan):
        windows.setdefault(task.stream, []).append(task.window)
        for part in read_parts(store, plan, task):
            check_files(store, part)
            results[task.stream].parts.append(part)
    manifested: list[str] = []
    for name, result in results.items():
        if not result.rows:
            logger.info("nothing landed, so nothing becomes visible", extra={"stream": name})
            continue
        result.window = union(windows[name])
        manifest = write_manifest(store, plan, result, services.settings.api_version)
        manifested.append(name)
        if name == "events":
            move_events_pointer(store, plan, manifest, result.rows)
    summary = {
        "run_id": plan.run_id,
        "has_new_data": bool(manifested),
        "streams": {name: result.summary() for name, result in results.items()},
        "total_rows": sum(result.rows for result in results.values()),
        "total_requests": sum(result.requests for result in results.values()),
        "manifested_streams": ",".join(manifested),
    }
    logger.info("run sealed", extra={"rows": summary["total_rows"], "streams": manifested})
    return summary


def _tasks(store: ObjectStore, plan: RunPlan) -> list[Task]:
    key = layout.plan_key(plan.run_id)
    found = store.read_json(key)
    if found is None:
        raise SealIncomplete(f"s3://{store.bucket}/{key} is missing: run Plan first.")
    return [Task.from_json(task) for task in found[0]["tasks"]]
