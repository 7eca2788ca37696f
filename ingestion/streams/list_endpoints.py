"""Pulls list endpoints: by cursor if the endpoint has one, otherwise by page numbers."""

from dataclasses import replace
from typing import Any

from ingestion.client.http import Reply
from ingestion.deadline import DeadlineReached
from ingestion.declarations import Paging
from ingestion.streams.cursor_pagination import CursorUnsupported, read_by_cursor
from ingestion.streams.offset_pagination import ListState, OffsetReader
from ingestion.streams.pages import PagedList, Params
from ingestion.streams.pull_task import REFUSALS, Outcome, Pull
from ingestion.streams.windows import window_params

# A list per media takes at least two requests: for more medias the account's list is cheaper.
MEDIAS_WITH_OWN_LIST = 50


def pull_listing(pull: Pull) -> Outcome:
    """Read the task's lists from the position to the end.

    There is one list for each reading of the stream's views, or one for each of a few medias. A
    view that the server does not support is left out, and the outcome says so.
    """
    lists = _lists(pull)
    number = int(pull.position.get("list", 0))
    position = dict(pull.position.get("position", {}))
    unstable = list(pull.position.get("unstable", ()))
    left_out = dict(pull.position.get("left_out", {}))
    while number < len(lists):
        label = _label_of(lists[number].params)
        if label not in left_out:
            reading = ListReading(lists[number], pull.stream.paging, position)
            try:
                reading.read()
            except DeadlineReached:
                return Outcome(
                    {
                        "list": number,
                        "position": reading.position,
                        "unstable": unstable,
                        "left_out": left_out,
                    }
                )
            if reading.unstable:
                unstable.append(label)
            if reading.refused:
                left_out[label] = reading.refused
        if pull.ignores_media_filter:
            break  # that list was the whole account's, with the rows of all requested medias
        number, position = number + 1, {}
    return Outcome(unstable=tuple(unstable), left_out=left_out)


class ListReading:
    """The reading of one list, and how far it has come.

    Attributes
    ----------
    position
        Where to continue after a deadline.
    unstable
        The list changed during every pass.
    refused
        Reason the server refused the list, if the list is one that a server may lack.
    """

    def __init__(self, listing: PagedList, paging: Paging, position: dict[str, Any]) -> None:
        self._list = replace(listing, get=self._get)
        self._send = listing.get
        self._is_answered = bool(position)
        self.refused: str | None = None
        self._by_cursor = paging is Paging.CURSOR and "attempt" not in position
        self.position = position
        self.unstable = False

    def read(self) -> None:
        """Read to the end of the list.

        Raises
        ------
        DeadlineReached
            Time is up; ``position`` says where to continue.
        WistiaError
            A request failed for good. This includes a refusal after the first page, even of a
            list that may be refused: the part that was read must not count as the whole.
        """
        try:
            self._read()
        except REFUSALS as error:
            if self._is_answered or not self._list.may_be_refused:
                raise
            self.refused = f"{error.status} at {error.path}"

    def _get(self, params: Params) -> Reply:
        reply = self._send(params)
        self._is_answered = True
        return reply

    def _read(self) -> None:
        if self._by_cursor:
            try:
                for reached in read_by_cursor(self._list, self.position):
                    self.position = reached
            except CursorUnsupported:
                self.position = {}
            else:
                return
        reader = OffsetReader(self._list, ListState.from_json(self.position))
        try:
            reader.read()
        finally:
            self.position = reader.state.to_json()
            self.unstable = reader.state.unstable


def _lists(pull: Pull) -> list[PagedList]:
    stream = pull.stream
    base = window_params(stream.window, pull.task.window, pull.plan.as_of) | dict(stream.params)

    def get(params: Params) -> Reply:
        return pull.get(stream.path, params, media_id=params.get("media_id"), array=True)

    def land(reply: Reply, params: Params, page: int) -> None:
        pull.land(reply, stream.path, params, page=page, media_id=params.get("media_id"))

    narrowed = [{}] if pull.media_ids is None else [{"media_id": one} for one in pull.media_ids]
    if len(narrowed) > MEDIAS_WITH_OWN_LIST:
        narrowed = [{}]
    return [
        PagedList(
            base | view | chosen,
            stream.key,
            get,
            land,
            pull.connections,
            may_be_refused=number < stream.other_views,
        )
        for number, view in enumerate(stream.readings)
        for chosen in narrowed
    ]


def _label_of(params: Params) -> str:
    """Return the name of a list in the log."""
    if params.get("archived") == "true":
        return "archived"
    return params.get("media_id", "all")
