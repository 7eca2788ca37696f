"""Commit: moves the watermarks once every later step succeeded, and releases the lease."""

from typing import Any

from ingestion import layout
from ingestion.declarations import STREAMS
from ingestion.errors import InvalidInput
from ingestion.handlers.runtime import Services, logger
from ingestion.landing.manifest import results_of
from ingestion.lease import release_lease, renew_lease
from ingestion.object_store import ObjectStore
from ingestion.payloads import Json, RunPlan, required
from ingestion.timestamps import format_timestamp
from ingestion.watermarks import Medias, StreamOutcome, commit_stream


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
    """Advance each stream's watermark over the window that was ingested.

    Raises
    ------
    InvalidInput
        The run asked about some medias, and the list of them is missing.
    """
    plan = RunPlan.from_json(required(event, "plan"))
    store = services.store
    logger.append_keys(run_id=plan.run_id)
    watermarks: dict[str, str | None] = {}
    if not event.get("release_only"):
        is_built = bool(required(event, "seal").get("has_new_data", True))
        narrowed_to = _narrowed_to(store, plan)
        renew_lease(store, plan.run_id)
        for name, result in results_of(store, plan).items():
            outcome = StreamOutcome(
                result.window,
                result.content,
                is_built=is_built,
                # Days without activity are not new data, but the next build needs them.
                is_settled=is_built or not STREAMS[name].has_days,
                unavailable=result.unavailable,
            )
            medias = narrowed_to if STREAMS[name].is_narrowed_by_media else None
            value = commit_stream(store, name, plan, outcome, medias)
            watermarks[name] = None if value is None else format_timestamp(value)
    released = release_lease(store, plan.run_id)
    logger.info(
        "run committed" if watermarks else "lease released", extra={"watermarks": watermarks}
    )
    return {"run_id": plan.run_id, "watermarks": watermarks, "lease_released": released}


def _narrowed_to(store: ObjectStore, plan: RunPlan) -> Medias:
    """Return the medias that the run asked about; None for all."""
    if not plan.is_narrowed:
        return None
    key = layout.media_ids_key(plan.run_id)
    found = store.read_json(key)
    if found is None:
        raise InvalidInput(
            f"Cannot commit run {plan.run_id}, which asked about some medias only: "
            f"s3://{store.bucket}/{key}, which lists them, is missing. No watermark moved. "
            "Start a new execution for the same as_of."
        )
    return frozenset(found[0]["media_ids"])
