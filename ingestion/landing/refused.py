"""Medias that Wistia refused while it answered for others: counted, and some of them named."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# Parts, continuations and logs stay small however many medias are refused.
MOST_NAMED = 10
# Wistia has nothing for such a media, so none of its rows is missing.
NOTHING_MISSING = frozenset({"404"})


@dataclass(frozen=True)
class Refused:
    """Medias that a stream has nothing of, although they were asked for.

    Attributes
    ----------
    statuses
        How many, by HTTP status.
    media_ids
        The first of them.
    """

    statuses: Mapping[str, int] = field(default_factory=dict)
    media_ids: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many they are."""
        return sum(self.statuses.values())

    @property
    def says_nothing_of_some(self) -> bool:
        """Whether some may be there all the same; a 404 says that there is nothing to be had."""
        return any(status not in NOTHING_MISSING for status in self.statuses)

    def share(self, *statuses: str) -> float:
        """Return the share of the refused ones that got one of these statuses."""
        return sum(self.statuses.get(status, 0) for status in statuses) / max(1, self.count)

    def plus(self, status: int | None, media_id: str) -> "Refused":
        """Return them with one more."""
        return combined([self, Refused({str(status): 1}, (media_id,))])

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "medias": self.count,
            "statuses": dict(self.statuses),
            "media_ids": list(self.media_ids),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any] | None) -> "Refused":
        """Read the stored form; nothing stands for none."""
        if document is None:
            return cls()
        return cls(dict(document["statuses"]), tuple(document["media_ids"]))


def combined(parts: Iterable[Refused]) -> Refused:
    """Return what several invocations were refused."""
    statuses: Counter[str] = Counter()
    media_ids: list[str] = []
    for part in parts:
        statuses.update(part.statuses)
        media_ids += part.media_ids
    return Refused(dict(sorted(statuses.items())), tuple(media_ids[:MOST_NAMED]))
