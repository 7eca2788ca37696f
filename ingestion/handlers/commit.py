"""Commit: moves the watermarks, once everything downstream succeeded, and returns the lease."""

from __future__ import annotations

from typing import Any

from ingestion.handlers.runtime import Services, logger
from ingestion.landing.manifest import results_of
from ingestion.lease import release_lease, renew_lease
from ingestion.payloads import Json, RunPlan, required
from ingestion.streams.declarations import STREAMS
from ingestion.timestamps import format_timestamp
from ingestion.watermarks import StreamOutcome, commit_stream


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
        is_built = bool(required(event, "seal").get("has_new_data", True))
        renew_lease(store, plan.run_id)
        for name, result in results_of(store, plan).items():
            outcome = StreamOutcome(
                result.window,
                result.content,
                is_built=is_built,
                # Days without activity are no news, but the next build has to have them.
                is_settled=is_built or not STREAMS[name].has_days,
                unavailable=result.unavailable,
            )
            value = commit_stream(store, name, plan, outcome)
            watermarks[name] = None if value is None else format_timestamp(value)
    released = release_lease(store, plan.run_id)
    logger.info(
        "run committed" if watermarks else "lease released", extra={"watermarks": watermarks}
    )
    return {"run_id": plan.run_id, "watermarks": watermarks, "lease_released": released}
