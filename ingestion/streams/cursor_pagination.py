"""Reads a list by its cursor: a place in the order, which no change of the list can shift."""

import logging
from collections.abc import Iterator
from typing import Any

from ingestion.errors import WistiaBadRequest
from ingestion.streams.pages import PagedList, Params

logger = logging.getLogger(__name__)


class CursorUnsupported(Exception):  # noqa: N818 - the caller pages by numbers instead
    """The server refuses the cursor, ignores it, or does not move on."""


def read_by_cursor(listing: PagedList, position: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Read a list to its end, page by page.

    Parameters
    ----------
    position
        Where to begin: ``{}``, or what was yielded last.

    Yields
    ------
    The position after each page that was landed.

    Raises
    ------
    CursorUnsupported
        Nothing that was landed so far proves the list complete: page by numbers.
    """
    after, page = position.get("after"), int(position.get("page", 1))
    mark = position.get("mark")
    base: Params = listing.params | {"per_page": str(listing.per_page)}
    while True:
        params = base | ({"cursor[after]": after} if after else {"cursor[enabled]": "1"})
        try:
            reply = listing.get(params)
        except WistiaBadRequest as error:
            raise CursorUnsupported from error
        if not reply.rows:
            return
        listing.land(reply, params, page)
        following = reply.rows[-1].text("cursor")
        if following is None:
            raise CursorUnsupported
        if following in (after, mark):
            logger.warning(
                "the cursor of a list returned to an earlier place, so following it would never "
                "end; the list is read by page numbers instead. Report it to Wistia",
                extra={"page": page, "params": params},
            )
            raise CursorUnsupported
        # One cursor is remembered for ever longer: a circle of any length comes back to it, and a
        # continuation has to carry no more than this one.
        if page & (page - 1) == 0:
            mark = following
        after, page = following, page + 1
        yield {"after": after, "page": page, "mark": mark}
