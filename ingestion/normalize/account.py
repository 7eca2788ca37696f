"""The account of one stream: what happened to each of its rows, and what did not fit."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any


@dataclass
class StreamSummary:
    """The account of one stream.

    `rows_in = rows_out + duplicates + unchanged + superseded + quarantined`.

    Parameters
    ----------
    rows_in
        Number of records in the manifest.
    rows_out
        Rows of staging that are new or replaced an older version.
    duplicates
        Records that were replaced by a newer one with the same key in the same run.
    unchanged
        Keys for which staging already had this version or a newer one.
    superseded
        Records of a snapshot that came too late for its night; none of them is written.
    quarantined
        Records whose key, date or envelope is unusable; `reasons` counts them by reason.
    extra_fields
        Number of new rows by field that `privacy.csv` does not declare.
    nulled
        Number of new rows by column that is null because its value did not fit.
    """

    stream: str
    rows_in: int = 0
    rows_out: int = 0
    duplicates: int = 0
    unchanged: int = 0
    superseded: int = 0
    quarantined: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    partitions_written: list[str] = field(default_factory=list)
    extra_fields: dict[str, int] = field(default_factory=dict)
    nulled: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the summary for `normalize.json`, with the number and the dates of partitions."""
        described = asdict(self)
        described["partitions"] = described.pop("partitions_written")
        described["partitions_written"] = len(self.partitions_written)
        del described["stream"]
        return described


@dataclass(frozen=True)
class Tally:
    """What one merge counted."""

    rows_out: int
    duplicates: int
    unchanged: int
    reasons: Counter[str]
    touched: set[date]
    changed: set[date]
    has_extra: bool

    @classmethod
    def of(cls, counts: dict[str, Any]) -> "Tally":
        """Read the aggregates of `transforms.tally`."""
        reasons: Counter[str] = Counter()
        for found in json.loads(counts["reasons"]):
            reasons[found["reason"]] += found["records"]
        return cls(
            rows_out=counts["rows_out"] or 0,
            duplicates=counts["duplicates"] or 0,
            unchanged=counts["unchanged"] or 0,
            reasons=reasons,
            touched=_dates(counts["touched"]),
            changed=_dates(counts["changed"]),
            has_extra=bool(counts["with_extra"]),
        )

    @property
    def rows(self) -> int:
        """Number of records that were counted."""
        return self.rows_out + self.duplicates + self.unchanged + sum(self.reasons.values())


def _dates(array: str) -> set[date]:
    return {date.fromisoformat(day) for day in json.loads(array)}
