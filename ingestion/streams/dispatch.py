"""Chooses the puller of a stream by its paging, and lets optional streams be missing."""

from ingestion.declarations import Paging
from ingestion.streams.list_endpoints import pull_listing
from ingestion.streams.per_media_endpoints import pull_per_media
from ingestion.streams.pull_task import REFUSALS, Outcome, Pull

_PULLERS = {
    Paging.OFFSET: pull_listing,
    Paging.CURSOR: pull_listing,
    Paging.PER_MEDIA: pull_per_media,
}


def pull_stream(pull: Pull) -> Outcome:
    """Pull the next piece of a task with the puller of its stream.

    Raises
    ------
    WistiaError
        A request failed for good. If an optional list is refused, that is an outcome, not an error.
    """
    try:
        return _PULLERS[pull.stream.paging](pull)
    except REFUSALS as error:
        if not pull.stream.optional or pull.stream.paging is Paging.PER_MEDIA:
            raise
        return Outcome(unavailable=f"{error.status} at {error.path}")
