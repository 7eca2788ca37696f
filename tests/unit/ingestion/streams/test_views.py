"""A stream of several lists: a media that moves from one to the other while they are read is found."""

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.client.body import parse_body
from ingestion.client.http import Reply, WistiaClient
from ingestion.deadline import Deadline
from ingestion.declarations import STREAMS
from ingestion.errors import UnknownMedia
from ingestion.streams.media_ids import list_media_ids


class MovingAccount:
    """An account whose medias are archived and unarchived before some requests.

    Parameters
    ----------
    is_archived
        The initial state of each media.
    moves
        Before which request which medias change places.
    archived_filter
        How the server treats ``archived=true``: ``only``, ``adds`` or ``ignored``.
    """

    def __init__(
        self,
        is_archived: dict[str, bool],
        moves: dict[int, set[str]] | None = None,
        archived_filter: str = "only",
        page_size: int = 2,
    ) -> None:
        self.is_archived = dict(is_archived)
        self.moves = moves or {}
        self.archived_filter = archived_filter
        self.page_size = page_size
        self.requests = 0

    def get(self, _path: str, params: dict[str, str], **more: Any) -> Reply:
        self.requests += 1
        for media_id in self.moves.get(self.requests, ()):
            self.is_archived[media_id] = not self.is_archived[media_id]
        wants_archived = params.get("archived") == "true"
        listed = sorted(
            media_id
            for media_id, is_archived in self.is_archived.items()
            if self.archived_filter == "ignored"
            or (self.archived_filter == "adds" and wants_archived)
            or is_archived == wants_archived
        )
        after = params.get("cursor[after]", "")
        page = [media_id for media_id in listed if media_id > after][: self.page_size]
        rows = [{"hashed_id": media_id, "cursor": media_id} for media_id in page]
        body = parse_body(json.dumps(rows).encode(), more["fields"])
        now = datetime.now(UTC)
        return Reply(body.rows, True, "request", now, now)

    def media_ids(self, only: tuple[str, ...] | None = None) -> tuple[str, ...]:
        return list_media_ids(cast("WistiaClient", self), Deadline(900), only=only)


NAMES = [f"media{number:05d}" for number in range(9)]
WORLDS = st.dictionaries(st.sampled_from(NAMES), st.booleans(), max_size=9)


@settings(max_examples=300)
@given(is_archived=WORLDS, moments=st.lists(st.integers(1, 25), min_size=9, max_size=9))
def test_a_media_that_moves_while_the_lists_are_read_is_not_missed(
    is_archived: dict[str, bool], moments: list[int]
) -> None:
    moves: dict[int, set[str]] = {}
    for media_id, moment in zip(NAMES, moments, strict=True):
        if media_id in is_archived:
            moves.setdefault(moment, set()).add(media_id)
    assert set(MovingAccount(is_archived, moves).media_ids()) == set(is_archived)


@pytest.mark.parametrize("archived_filter", ["only", "adds", "ignored"])
def test_each_media_is_found_once_however_the_server_takes_the_filter(archived_filter: str) -> None:
    is_archived = {name: number % 3 == 0 for number, name in enumerate(NAMES)}
    found = MovingAccount(is_archived, archived_filter=archived_filter).media_ids()
    assert sorted(found) == NAMES


def test_archived_medias_come_last_so_that_no_stream_is_given_up_because_of_them() -> None:
    found = MovingAccount({"a": True, "b": False, "c": True, "d": False}).media_ids()
    assert found == ("b", "d", "a", "c")


def test_an_archived_media_may_be_asked_for_by_name() -> None:
    account = MovingAccount({"a": True, "b": False})
    assert account.media_ids(only=("a",)) == ("a",)
    with pytest.raises(UnknownMedia):
        account.media_ids(only=("a", "z"))


@pytest.mark.parametrize(
    ("archived", "active", "requests"), [(0, 0, 3), (0, 200, 5), (150, 950, 17)]
)
def test_archived_medias_cost_two_more_readings_of_their_own_list_only(
    archived: int, active: int, requests: int
) -> None:
    is_archived = {f"media{number:05d}": number < archived for number in range(archived + active)}
    account = MovingAccount(is_archived, page_size=100)
    assert len(account.media_ids()) == archived + active
    assert account.requests == requests


def test_streams_of_one_list_are_read_once() -> None:
    for stream in STREAMS.values():
        assert len(stream.readings) == 2 * len(stream.views) - 1
        assert stream.name == "media" or len(stream.views) == 1
