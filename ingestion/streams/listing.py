"""Pulls the streams that are lists: by offset pages, or by a cursor where the endpoint has one."""

from __future__ import annotations

from ingestion.deadline import DeadlineReached
from ingestion.streams.pulling import PER_PAGE, Outcome, Pull
from ingestion.streams.windows import window_params


def pull_listing(pull: Pull) -> Outcome:
    """Page through the list until a short page."""
    page = int(pull.position.get("page", 1))
    path = pull.stream.path
    base = window_params(pull.stream.window, pull.task.window, pull.plan.as_of) | dict(
        pull.stream.params
    )
    while True:
        params = base | {"page": str(page), "per_page": str(PER_PAGE)}
        try:
            reply = pull.get(path, params, array=True)
        except DeadlineReached:
            return Outcome({"page": page})
        pull.land(reply, path, params, page=page, media_id=None)
        if len(reply.rows) < PER_PAGE:
            return Outcome()
        page += 1
