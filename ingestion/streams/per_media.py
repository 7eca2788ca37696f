"""Pulls the streams that take one request for each media."""

from __future__ import annotations

from contextlib import closing
from urllib.parse import quote

from ingestion.deadline import DeadlineReached
from ingestion.errors import WistiaError, WistiaForbidden, WistiaNotFound
from ingestion.streams.concurrency import in_order
from ingestion.streams.pulling import Outcome, Pull
from ingestion.streams.windows import window_params

# Refused for this many medias before the first answer: the endpoint is not there at all.
MISSES_BEFORE_GIVING_UP = 5


def pull_per_media(pull: Pull) -> Outcome:
    """Request each media once, several at a time.

    A media that has gone meanwhile (404) is passed over. A stream that the plan or the server lacks
    (403 or 404 for the first medias, and no answer before) is given up as unavailable.
    """
    media_ids = pull.media_ids or ()
    done = int(pull.position.get("done", 0))
    answered = int(pull.position.get("answered", 0))
    refused = int(pull.position.get("refused", 0))
    enough = min(MISSES_BEFORE_GIVING_UP, len(media_ids))
    params = window_params(pull.stream.window, pull.task.window, pull.plan.as_of) | dict(
        pull.stream.params
    )

    def request(media_id: str) -> None:
        path = pull.stream.path.format(media_id=quote(media_id, safe=""))
        reply = pull.get(path, params, media_id=media_id, array=None)
        pull.land(reply, path, params, page=1, media_id=media_id)

    with closing(in_order(request, media_ids[done:], workers=pull.connections)) as futures:
        for future in futures:
            error = future.exception()
            if isinstance(error, DeadlineReached):
                return Outcome({"done": done, "answered": answered, "refused": refused})
            if isinstance(error, (WistiaForbidden, WistiaNotFound)):
                refused += 1
                if not answered and refused >= enough:
                    return Outcome(unavailable=_reason(error))
            elif error is not None:
                raise error
            else:
                answered += 1
            done += 1
    return Outcome()


def _reason(error: WistiaError) -> str:
    return f"{error.status} at {error.path}"
