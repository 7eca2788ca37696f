"""Pulls endpoints that take one request for each media."""

from contextlib import closing
from urllib.parse import quote

from ingestion.deadline import DeadlineReached
from ingestion.errors import WistiaBadRequest
from ingestion.landing.refused import Refused
from ingestion.streams.concurrency import in_order
from ingestion.streams.pull_task import REFUSALS, Outcome, Pull
from ingestion.streams.windows import window_params

# For a plan without the feature, Wistia answers 403 for each media: this many, spread over the
# list, prove it. Any other refusal may concern one media only, so all medias are requested.
MEDIAS_ASKED_FIRST = 25
_FORBIDDEN = "403"
_NOT_SERVED = (_FORBIDDEN, "404")


def pull_per_media(pull: Pull) -> Outcome:
    """Request each media once, several at a time.

    A media that is refused is skipped and counted, as long as Wistia answers for any other. A
    stream without a single answer is unavailable.

    Raises
    ------
    WistiaBadRequest
        Nothing was answered, and most medias got a 400 or 422: the request is wrong, not the
        medias.
    """
    media_ids = _spread(pull.media_ids or ())
    done = int(pull.position.get("done", 0))
    answered = int(pull.position.get("answered", 0))
    refused = Refused.from_json(pull.position.get("refused"))
    asked_first = min(MEDIAS_ASKED_FIRST, len(media_ids))
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
                return Outcome({"done": done, "answered": answered, "refused": refused.to_json()})
            if isinstance(error, REFUSALS):
                refused = refused.plus(error.status, media_ids[done])
            elif error is not None:
                raise error
            else:
                answered += 1
            done += 1
            if done == asked_first and refused.share(_FORBIDDEN) == 1 and not answered:
                break
    return Outcome(refused=refused) if answered or not refused.count else _given_up(pull, refused)


def _spread(media_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return all medias in a fixed order that begins with a sample of the whole list."""
    step = -(-len(media_ids) // MEDIAS_ASKED_FIRST) or 1
    first = media_ids[::step]
    return (*first, *(media_id for at, media_id in enumerate(media_ids) if at % step))


def _given_up(pull: Pull, refused: Refused) -> Outcome:
    statuses = ", ".join(refused.statuses)
    if refused.share(*_NOT_SERVED) < 1 / 2:
        raise WistiaBadRequest(
            f"Wistia answered {statuses} for all {refused.count} medias, so the request itself is "
            "wrong. Check WISTIA_API_VERSION, or remove the stream from INGEST_STREAMS if these "
            "medias cannot have it.",
            stream=pull.stream.name,
            path=pull.stream.path,
            media_id=refused.media_ids[0],
            status=int(next(iter(refused.statuses))),
        )
    return Outcome(
        unavailable=f"{statuses} at {pull.stream.path} for all {refused.count} medias asked"
    )
