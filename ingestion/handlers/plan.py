"""Plan: takes the lease, resolves the windows and the medias, cuts the run into tasks."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ingestion import layout
from ingestion.declarations import STREAMS, Paging, WindowRule
from ingestion.handlers.runtime import Services, aws_client, logger
from ingestion.known import Known, write_known
from ingestion.lease import acquire_lease, release_lease
from ingestion.payloads import Json, RunPlan, Task, Window, required, union
from ingestion.planning import (
    RunRequest,
    retention_warning,
    run_id_of,
    stream_window,
    tasks_of,
)
from ingestion.streams.media_ids import list_media_ids
from ingestion.watermarks import Medias, StreamOutcome, StreamWatermarks, read_watermarks


def handler(event: Json, context: Any) -> Json:
    """Plan a run.

    Parameters
    ----------
    event
        ``{"input": <execution input>, "execution_id": …, "execution_start": …}``.

    Returns
    -------
    The plan: run id, logical time, window, dbt vars, and one task per Map item.
    """
    return plan_run(event, Services.of(context), is_running)


def plan_run(event: Json, services: Services, is_running: Callable[[str], bool]) -> Json:
    """Plan a run under its lease; if planning fails, release the lease."""
    execution_id = str(required(event, "execution_id"))
    request = RunRequest.from_input(
        event.get("input") or {}, str(required(event, "execution_start")), now=services.now
    )
    run_id = run_id_of(request.as_of, execution_id)
    logger.append_keys(run_id=run_id)
    store = services.store
    acquire_lease(store, run_id, execution_id, is_running=is_running)
    try:
        plan, tasks = _plan(request, run_id, services)
        document = plan.to_json() | {"tasks": [task.to_json() for task in tasks]}
        store.write_json(layout.plan_key(run_id), document)
    except BaseException:
        release_lease(store, run_id)
        raise
    logger.info("run planned", extra={"window": plan.window.to_json(), "tasks": len(tasks)})
    return document


def _plan(request: RunRequest, run_id: str, services: Services) -> tuple[RunPlan, list[Task]]:
    settings, store = services.settings, services.store
    narrowed_to = request.media_ids or settings.media_ids or None
    medias = None if narrowed_to is None else frozenset(narrowed_to)
    committed = {name: read_watermarks(store, name) for name in settings.streams}
    watermarks = {
        name: marks.of(medias if STREAMS[name].is_narrowed_by_media else None)
        for name, marks in committed.items()
    }
    windows = {
        name: stream_window(request, watermarks[name], settings) for name in settings.streams
    }
    write_known(store, run_id, Known.of(watermarks, request.as_of))
    warning = retention_warning(watermarks, request)
    if warning:
        logger.warning(warning)
    media_ids = narrowed_to
    if narrowed_to or any(STREAMS[name].paging is Paging.PER_MEDIA for name in windows):
        media_ids = list_media_ids(services.connect(), services.deadline, only=narrowed_to)
        store.write_json(layout.media_ids_key(run_id), {"media_ids": list(media_ids)})
    plan = RunPlan(
        run_id=run_id,
        as_of=request.as_of,
        window=_window_of_run(windows),
        streams=settings.streams,
        full_refresh=request.full_refresh,
        is_backfill=request.is_backfill,
        is_narrowed=narrowed_to is not None,
    )
    account = frozenset(settings.media_ids) or None
    until = _sessions_until(plan, windows, committed, medias=medias, account=account)
    plan = replace(plan, sessions_until=until)
    tasks = tasks_of(
        windows,
        narrowed_to=narrowed_to,
        media_ids=media_ids,
        media_ids_key=layout.media_ids_key(run_id),
    )
    return plan, tasks


def _sessions_until(
    plan: RunPlan,
    windows: Mapping[str, Window],
    committed: Mapping[str, StreamWatermarks],
    *,
    medias: Medias,
    account: Medias,
) -> datetime | None:
    """Return until when the account's sessions have no gap, once the run is built."""
    for name, window in windows.items():
        if STREAMS[name].window is WindowRule.RECEIVED_AT:
            built = committed[name].after(plan, StreamOutcome(window), medias)
            # If nothing was committed for the account, only the run's own window exists.
            return built.of(account).value or window.end
    return None


def _window_of_run(windows: Mapping[str, Window]) -> Window:
    """Return the dates that dbt rebuilds.

    A snapshot has no dates: one that is switched on later must not make dbt rebuild two years.
    """
    dated = [
        window
        for name, window in windows.items()
        if STREAMS[name].window is not WindowRule.SNAPSHOT
    ]
    return union(dated or list(windows.values()))


def is_running(execution_id: str) -> bool:
    """Return whether an execution still runs; if Step Functions cannot tell, it does."""
    try:
        answer = aws_client("stepfunctions").describe_execution(executionArn=execution_id)
    except ClientError as error:
        return str(error.response["Error"]["Code"]) not in {"ExecutionDoesNotExist", "InvalidArn"}
    except BotoCoreError:
        return True
    return bool(answer["status"] in {"RUNNING", "PENDING_REDRIVE"})
