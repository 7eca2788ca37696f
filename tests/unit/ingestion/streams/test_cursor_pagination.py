"""A list whose cursor leads nowhere is read by page numbers, and reading always ends."""

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from ingestion.client.body import parse_body
from ingestion.client.http import Reply, WistiaClient
from ingestion.deadline import Deadline
from ingestion.streams.media_ids import list_media_ids

PAGE_SIZE = 100


class CirclingAccount:
    """An account whose cursors return to an earlier page, while its page numbers are right.

    Parameters
    ----------
    pages
        Pages of the list.
    circle
        Pages of the circle at its end.
    """

    def __init__(self, pages: int, circle: int) -> None:
        self.names = [f"media{number:05d}" for number in range(pages * PAGE_SIZE)]
        self.pages, self.circle = pages, circle
        self.requests = 0

    def get(self, _path: str, params: dict[str, str], **more: Any) -> Reply:
        self.requests += 1
        assert self.requests < 500, "the list is requested without end"
        rows = [] if params.get("archived") else self._page(params)
        body = parse_body(json.dumps(rows).encode(), more["fields"])
        now = datetime.now(UTC)
        return Reply(body.rows, True, "request", now, now)

    def _page(self, params: dict[str, str]) -> list[dict[str, str]]:
        number = int(params.get("page") or params.get("cursor[after]") or 0)
        if "page" in params:
            number -= 1
        following = number + 1 if number + 1 < self.pages else self.pages - self.circle
        names = self.names[number * PAGE_SIZE : (number + 1) * PAGE_SIZE]
        return [{"hashed_id": name, "cursor": str(following)} for name in names]


@pytest.mark.parametrize(
    ("pages", "circle"), [(1, 1), (2, 1), (2, 2), (3, 2), (7, 3), (9, 9), (20, 1), (20, 17)]
)
def test_a_cursor_that_goes_round_in_circles_ends_and_no_row_is_missed(
    pages: int, circle: int, caplog: pytest.LogCaptureFixture
) -> None:
    account = CirclingAccount(pages, circle)
    found = list_media_ids(cast("WistiaClient", account), Deadline(900))
    assert sorted(found) == account.names
    # and the log says so
    assert ["returned to an earlier place" in record.message for record in caplog.records] == [True]
