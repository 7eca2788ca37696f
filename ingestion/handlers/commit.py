"""Commit: moves the watermarks, once everything downstream succeeded, and returns the lease."""

from __future__ import annotations

from typing import Any

from ingestion import layout
from ingestion.handlers.runtime import Services, logger
from ingestion.lease import release_lease, renew_lease
from ingestion.object_store import ObjectStore
from ingestion.payloads import Json, RunPlan, Task, required
from ingestion.planning import union
from ingestion.timestamps import format_timestamp
from ingestion.watermarks import advance_watermark


def handler(event: Json, context: Any) -> Json:
    """Commit a run, or only release its lease after a failure.

    Parameters
    ----------
    event
        ``{"plan": …, "seal": …}``, or ``{"plan": …, "release_only": true}``.

    Returns
    -------
    ``{"run_id", "watermarks": {stream: timestamp}, "lease_released"}``.
    """
    return commit(event, Services.of(context))


def commit(event: Json, services: Services) -> Json:
    """Advance each stream's watermark over the window that was ingested."""
    plan = RunPlan.from_json(required(event, "plan"))
    store = services.store
    logger.append_keys(run_id=plan.run_id)
    watermarks: dict[str, str | None] = {}
    if not event.get("release_only"):
        required(event, "seal")
        renew_lease(store, plan.run_id)
        for name, windows in _windows(store, plan).items():
            value = advance_watermark(store, name, plan, union(windows))
            watermarks[name] = None if value is None else format_timestamp(value)
    released = release_lease(store, plan.run_id)
    logger.info(
        "run committed" if watermarks else "lease released", extra={"watermarks": watermarks}
    )
    return {"run_id": plan.run_id, "watermarks": watermarks, "lease_released": released}


def _windows(store: ObjectStore, plan: RunPlan) -> dict[str, list[Any]]:
    found = store.read_json(layout.plan_key(plan.run_id))
    tasks = [] if found is None else [Task.from_json(task) for task in found[0]["tasks"]]
    windows: dict[str, list[Any]] = {name: [] for name in plan.streams}
    for task in tasks:
        windows[task.stream].append(task.window)
    # A stream without a task (no media yet) was ingested as well: there was nothing to fetch.
    return {name: listed or [plan.window] for name, listed in windows.items()}
