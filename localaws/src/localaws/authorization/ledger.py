"""What the requests of an account used of its policies, and what they were denied."""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from localaws.iam.evaluation import MatchedStatement


@dataclass(frozen=True, order=True)
class Grant:
    """One action of one statement, as a policy writes it."""

    holder: str
    policy: str
    statement: int
    action: str


@dataclass(frozen=True, order=True)
class Denial:
    """What an identity asked for and may not."""

    holder: str
    action: str
    resource: str
    reason: str


class Ledger:
    """Counts; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: Counter[Grant] = Counter()
        self._denied: Counter[Denial] = Counter()

    def use(self, holder: str, matched: Iterable[MatchedStatement]) -> None:
        """Add one use of each statement that allowed a request."""
        grants = [
            Grant(holder, match.policy, match.index, match.action or "*")
            for match in matched
            if match.policy_type == "identity"
        ]
        with self._lock:
            self._used.update(grants)

    def deny(self, denial: Denial) -> None:
        """Add a denial."""
        with self._lock:
            self._denied[denial] += 1

    def used(self) -> dict[Grant, int]:
        """Return how often each action of each statement allowed something."""
        with self._lock:
            return dict(self._used)

    def denials(self) -> Sequence[tuple[Denial, int]]:
        """Return what was denied how often, by identity and action."""
        with self._lock:
            return sorted(self._denied.items())

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._used.clear()
            self._denied.clear()
