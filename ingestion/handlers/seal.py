"""Seal: checks that every task has finished, then makes the run's files visible."""

from collections.abc import Mapping
from typing import Any

from ingestion.declarations import STREAMS
from ingestion.handlers.runtime import Services, emit_run_metrics, logger
from ingestion.known import Known, read_known
from ingestion.landing.manifest import (
    StreamResult,
    move_events_pointer,
    results_of,
    write_manifest,
)
from ingestion.landing.parts import check_files
from ingestion.lease import renew_lease
from ingestion.payloads import Json, RunPlan, required
from ingestion.run_figures import figures_of


def handler(event: Json, context: Any) -> Json:
    """Seal a run.

    Parameters
    ----------
    event
        ``{"plan": …}``.

    Returns
    -------
    ``{"run_id", "has_new_data", "has_medias", "has_history", "streams", "total_rows",
    "total_requests", "manifested_streams"}``. ``has_medias`` is false when tonight's list of medias
    is empty, ``has_history`` when the account has never had medias or events.
    """
    return seal(event, Services.of(context))


def seal(event: Json, services: Services) -> Json:
    """Write the manifests after checking everything that they list."""
    plan = RunPlan.from_json(required(event, "plan"))
    store = services.store
    logger.append_keys(run_id=plan.run_id)
    renew_lease(store, plan.run_id)
    results = results_of(store, plan)
    for result in results.values():
        for part in result.parts:
            check_files(store, part)
    known = read_known(store, plan.run_id)
    has_history = known.built_at is not None or _has_anything(results)
    visible = [
        name
        for name, result in results.items()
        if result.rows or (has_history and _is_needed_empty(result, known))
    ]
    manifested = _make_visible(plan, {name: results[name] for name in visible}, services)
    new = [name for name in manifested if not known.holds(name, results[name].content)]
    # A stack for some medias (MEDIA_IDS) narrows every night: then those are the account.
    is_about_account = not plan.is_narrowed or bool(services.settings.media_ids)
    emit_run_metrics(figures_of(plan, results, new, is_about_account=is_about_account))
    is_due = bool(manifested) and known.is_build_due(plan)
    has_new_data = has_history and (bool(new) or is_due)
    summary = {
        "run_id": plan.run_id,
        "has_new_data": has_new_data,
        "has_medias": "media" not in results or results["media"].rows > 0,
        "has_history": has_history,
        "streams": {name: result.summary(is_new=name in new) for name, result in results.items()},
        "total_rows": sum(result.rows for result in results.values()),
        "total_requests": sum(result.requests for result in results.values()),
        "manifested_streams": ",".join(manifested),
    }
    logger.info(
        _verdict(has_new_data=has_new_data, has_history=has_history),
        extra={"rows": summary["total_rows"], "streams": manifested, "new": new},
    )
    return summary


def _has_anything(results: Mapping[str, StreamResult]) -> bool:
    """Return whether medias or events, without which nothing can be built, have rows tonight.

    True for a run that pulls neither.
    """
    needed = [result for name, result in results.items() if not STREAMS[name].optional]
    return not needed or any(result.rows for result in needed)


def _is_needed_empty(result: StreamResult, known: Known) -> bool:
    """Return whether an empty snapshot must be visible: it is always needed, or had rows before."""
    is_needed = not STREAMS[result.stream].optional
    return result.is_empty_snapshot and (is_needed or known.had_rows(result.stream))


def _make_visible(
    plan: RunPlan, results: Mapping[str, StreamResult], services: Services
) -> list[str]:
    """Write the manifests and return the streams that have one.

    The manifest of an empty snapshot lists no files: the last media was deleted.
    """
    for name, result in results.items():
        manifest = write_manifest(services.store, plan, result, services.settings.api_version)
        if name == "events":
            move_events_pointer(services.store, plan, manifest, result.rows)
    return list(results)


def _verdict(*, has_new_data: bool, has_history: bool) -> str:
    if not has_history:
        return "run sealed: the account has no medias and no events yet, so nothing is to be built"
    if not has_new_data:
        return "run sealed: nothing new, so nothing is to be built"
    return "run sealed"
