"""Runs requests on a few threads and hands the results back in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int
) -> Generator[Future[Result], None, None]:
    """Yield a finished future for each item, in the items' order.

    At most ``2 * workers`` items are started ahead of the one that is yielded. Leaving the
    iteration early drops those that have not started and waits for those that have.
    """
    ahead: deque[Future[Result]] = deque()
    source = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        try:
            while True:
                while len(ahead) < 2 * workers:
                    try:
                        item = next(source)
                    except StopIteration:
                        break
                    ahead.append(pool.submit(function, item))
                if not ahead:
                    return
                future = ahead.popleft()
                future.exception()  # waits
                yield future
        finally:
            for future in ahead:
                future.cancel()
