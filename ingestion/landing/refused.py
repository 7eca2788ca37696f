"""Medias that Wistia refused while it answered for others: their number and the first ids."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# Keeps parts, continuations and logs small however many medias are refused.
MOST_NAMED = 10
# Wistia has nothing for such a media, so none of its rows is missing.
NOTHING_MISSING = frozenset({"404"})


@dataclass(frozen=True)
class Refused:
    """Medias for which a stream has no rows, although they were requested.

    Attributes
    ----------
    statuses
        How many, by HTTP status.
    media_ids
        The first ids.
    """

    statuses: Mapping[str, int] = field(default_factory=dict)
    media_ids: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Number of refused medias."""
        return sum(self.statuses.values())

    @property
    def says_nothing_of_some(self) -> bool:
        """Return whether some may have data nevertheless; a 404 means that there is none."""
        return any(status not in NOTHING_MISSING for status in self.statuses)

    def share(self, *statuses: str) -> float:
        """Return the share of the refused ones that got one of these statuses."""
        return sum(self.statuses.get(status, 0) for status in statuses) / max(1, self.count)

    def plus(self, status: int | None, media_id: str) -> "Refused":
        """Return a copy with one more media."""
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
        """Read the stored form; None means that nothing was refused."""
        if document is None:
            return cls()
        return cls(dict(document["statuses"]), tuple(document["media_ids"]))


def combined(parts: Iterable[Refused]) -> Refused:
    """Return what was refused in several invocations together."""
    statuses: Counter[str] = Counter()
    media_ids: list[str] = []
    for part in parts:
        statuses.update(part.statuses)
        media_ids += part.media_ids
    return Refused(dict(sorted(statuses.items())), tuple(media_ids[:MOST_NAMED]))
