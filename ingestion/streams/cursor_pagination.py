"""Reads a list by its cursor: a place in the order that no change of the list can shift."""

import logging
from collections.abc import Iterator
from typing import Any

from ingestion.errors import WistiaBadRequest
from ingestion.streams.pages import PagedList, Params

logger = logging.getLogger(__name__)


class CursorUnsupported(Exception):  # noqa: N818 - the caller pages by numbers instead
    """The server refuses the cursor, ignores it, or returns to an earlier place."""


def read_by_cursor(listing: PagedList, position: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Read a list to its end, page by page.

    Parameters
    ----------
    listing
        The list, and the functions that fetch and land a page.
    position
        Where to begin: ``{}``, or the last yielded position.

    Yields
    ------
    The position after each page that was landed.

    Raises
    ------
    CursorUnsupported
        The pages landed so far do not prove the list complete: read it by page numbers.
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
        # One cursor is remembered, each time for twice as long: a cycle of any length returns to
        # it, and a continuation contains only this one.
        if page & (page - 1) == 0:
            mark = following
        after, page = following, page + 1
        yield {"after": after, "page": page, "mark": mark}
