"""Ingest: pulls one task until it is done or the deadline is near, and records what it landed."""

from typing import Any

from ingestion import layout
from ingestion.declarations import STREAMS, WindowRule
from ingestion.errors import InvalidInput, RunAlreadySealed, WistiaUnavailable
from ingestion.handlers.runtime import Services, emit_stream_metrics, logger
from ingestion.known import read_known
from ingestion.landing.content import to_content
from ingestion.landing.manifest import is_sealed
from ingestion.landing.parts import Part, digest_of, write_part
from ingestion.landing.writer import LandingWriter
from ingestion.lease import renew_lease
from ingestion.object_store import ObjectStore
from ingestion.payloads import Continuation, Json, RunPlan, Task, required
from ingestion.streams.concurrency import prompt_switching
from ingestion.streams.dispatch import pull_stream
from ingestion.streams.pull_task import Outcome, Pull
from ingestion.timestamps import format_timestamp

# Otherwise a dead API would be called forever, fifteen minutes at a time.
MAX_IDLE_INVOCATIONS = 3


def handler(event: Json, context: Any) -> Json:
    """Run one invocation of a task.

    Parameters
    ----------
    event
        ``{"plan": …, "task": …, "continuation": null | …}``.

    Returns
    -------
    ``{"task_id", "stream", "done", "continuation", "rows", "files", "bytes", "requests", …}``; the
    state machine calls again with the continuation while ``done`` is false.
    """
    return ingest(event, Services.of(context))


def ingest(event: Json, services: Services) -> Json:
    """Pull the next piece of a task, land it and record it."""
    plan = RunPlan.from_json(required(event, "plan"))
    task = Task.from_json(required(event, "task"))
    begin = Continuation.from_json(event.get("continuation"))
    store = services.store
    logger.append_keys(run_id=plan.run_id, task_id=task.task_id, step=begin.step)
    if is_sealed(store, plan, task.stream):
        raise RunAlreadySealed(
            f"Run {plan.run_id} is sealed: its files of {task.stream} are visible and immutable. "
            "Start a new execution for the same as_of instead."
        )
    renew_lease(store, plan.run_id)
    pull = _pull(plan, task, begin, services)
    try:
        with prompt_switching():
            outcome = pull_stream(pull)
        if not _is_nothing_new(pull, begin, outcome):
            pull.writer.close()
    finally:
        pull.writer.discard()
    part = _part(pull, begin, outcome)
    write_part(store, plan.run_id, part)
    _report(pull, part, outcome)
    return {
        "task_id": task.task_id,
        "stream": task.stream,
        "done": part.done,
        "continuation": part.continuation,
        "rows": part.rows,
        "files": len(part.files),
        "bytes": sum(file.bytes for file in part.files),
        "requests": part.requests,
        "retries": pull.client.counts.retries,
        "throttles": pull.client.counts.throttles,
        "unavailable": part.unavailable,
    }


def _pull(plan: RunPlan, task: Task, begin: Continuation, services: Services) -> Pull:
    settings = services.settings
    writer = LandingWriter(
        services.store,
        layout.run_prefix(task.stream, plan.ingest_date, plan.run_id),
        task.task_id,
        first_file=begin.next_file,
        rotate_bytes=settings.rotate_bytes,
    )
    return Pull(
        client=services.connect(),
        writer=writer,
        stream=STREAMS[task.stream],
        plan=plan,
        task=task,
        api_version=settings.api_version,
        deadline=services.deadline,
        connections=settings.connections,
        media_ids=_media_ids(task, services.store),
        position=begin.position,
    )


def _media_ids(task: Task, store: ObjectStore) -> tuple[str, ...] | None:
    if task.media_ids_key is None:
        return task.media_ids
    found = store.read_json(task.media_ids_key)
    if found is None:
        raise InvalidInput(
            f"Cannot pull task {task.task_id}: s3://{store.bucket}/{task.media_ids_key}, which "
            "lists its medias, is missing. Start a new execution for the same as_of."
        )
    return tuple(found[0]["media_ids"])


def _is_nothing_new(pull: Pull, begin: Continuation, outcome: Outcome) -> bool:
    """Return whether a night's window of events holds only what was processed before.

    Only events: snapshots and statistics are landed even if unchanged, as they describe this day
    too. A night that is run again, a backfill and a full refresh always land their events.
    """
    is_asked_for = pull.plan.is_backfill or pull.plan.full_refresh
    is_whole = outcome.done and begin.step == 0 and not pull.writer.files
    if pull.stream.window is not WindowRule.RECEIVED_AT or is_asked_for or not is_whole:
        return False
    known = read_known(pull.writer.store, pull.plan.run_id)
    return pull.stream.name not in known.repeated and known.holds(
        pull.stream.name, to_content(pull.sums)
    )


def _part(pull: Pull, begin: Continuation, outcome: Outcome) -> Part:
    following = None
    if outcome.position is not None:
        idle = begin.idle + 1 if outcome.position == begin.position else 0
        if idle >= MAX_IDLE_INVOCATIONS:
            raise WistiaUnavailable(
                f"Task {pull.task.task_id} made no progress in {idle} invocations. Check the "
                "API's status and limit, and the function's timeout; the next run closes the gap.",
                stream=pull.task.stream,
                path=pull.stream.path,
            )
        following = Continuation(begin.step + 1, pull.writer.next_file, outcome.position, idle)
    return Part(
        task_id=pull.task.task_id,
        stream=pull.task.stream,
        step=begin.step,
        continues=digest_of(begin),
        done=outcome.done,
        continuation=None if following is None else following.to_json(),
        files=tuple(pull.writer.files),
        requests=pull.client.counts.requests,
        throttles=pull.client.counts.throttles,
        rows=sum(file.rows for file in pull.writer.files),
        content=to_content(pull.sums),
        unavailable=outcome.unavailable,
        newest_received_at=None if pull.newest is None else format_timestamp(pull.newest),
        refused=outcome.refused,
        left_out=outcome.left_out,
        is_unstable=bool(outcome.unstable),
    )


def _report(pull: Pull, part: Part, outcome: Outcome) -> None:
    emit_stream_metrics(part.stream, rows=part.rows, counts=pull.client.counts)
    if part.unavailable:
        logger.warning(
            "optional stream is not available and was left out",
            extra={"stream": part.stream, "reason": part.unavailable},
        )
    if part.refused.count:
        write = logger.warning if part.refused.says_nothing_of_some else logger.info
        write(
            "Wistia refused some medias, so this stream has no rows for them. 404: Wistia has no "
            "data for the media; 403: the token or the plan does not allow it; 400 or 422: this "
            "media cannot have such data. Backfill a media once Wistia answers for it again",
            extra={"stream": part.stream} | part.refused.to_json(),
        )
    for name, reason in part.left_out.items():
        logger.warning(
            "the server does not serve this list, so rows that only it contains are missing; check "
            "WISTIA_API_VERSION",
            extra={"stream": part.stream, "list": name, "reason": reason},
        )
    if pull.rows and not part.rows:
        logger.info(
            "no new events: all rows of the window were processed before, so nothing is uploaded",
            extra={"stream": part.stream, "read": pull.rows},
        )
    for name in outcome.unstable:
        logger.warning(
            "the list changed during every pass over it, so a row may be missing until the "
            "lookback of the next nights reads it again; repeat a backfill",
            extra={"stream": part.stream, "list": name},
        )
    logger.info(
        "task ended" if part.done else "task continues in the next invocation",
        extra={
            "stream": part.stream,
            "rows": part.rows,
            "requests": part.requests,
            "files": len(part.files),
        },
    )
