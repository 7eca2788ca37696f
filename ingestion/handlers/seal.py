"""Seal: checks that every task has finished, then makes the run's files visible."""

from __future__ import annotations

from typing import Any

from ingestion.handlers.runtime import Services, logger
from ingestion.known import read_known
from ingestion.landing.manifest import move_events_pointer, results_of, write_manifest
from ingestion.landing.parts import check_files
from ingestion.lease import renew_lease
from ingestion.payloads import Json, RunPlan, required


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
    results = results_of(store, plan)
    for result in results.values():
        for part in result.parts:
            check_files(store, part)
    manifested: list[str] = []
    for name, result in results.items():
        if not result.rows:
            logger.info("nothing landed, so nothing becomes visible", extra={"stream": name})
            continue
        manifest = write_manifest(store, plan, result, services.settings.api_version)
        manifested.append(name)
        if name == "events":
            move_events_pointer(store, plan, manifest, result.rows)
    known = read_known(store, plan.run_id)
    new = [name for name in manifested if not known.holds(name, results[name].content)]
    has_new_data = bool(new) or (bool(manifested) and known.is_build_due(plan))
    summary = {
        "run_id": plan.run_id,
        "has_new_data": has_new_data,
        "streams": {name: result.summary(is_new=name in new) for name, result in results.items()},
        "total_rows": sum(result.rows for result in results.values()),
        "total_requests": sum(result.requests for result in results.values()),
        "manifested_streams": ",".join(manifested),
    }
    logger.info(
        "run sealed" if has_new_data else "run sealed: nothing new, so nothing is to be built",
        extra={"rows": summary["total_rows"], "streams": manifested, "new": new},
    )
    return summary
