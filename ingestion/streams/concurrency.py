"""Runs requests on a few threads and returns the results in order."""

import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

# A thread waits this long before it asks a busy one for the interpreter's lock. With Python's 5 ms,
# threads that only wait for an answer or a file are held up by those that parse.
SWITCH_INTERVAL_SECONDS = 0.001

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def prompt_switching() -> Iterator[None]:
    """Let threads switch more often while the block runs."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


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
