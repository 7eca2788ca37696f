"""What the cleaner is told about a stream: the fields that a line should have, and their types.

Standard library only: Spark's workers run this.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Node:
    """One declared field, or the object that holds some.

    Parameters
    ----------
    path
        The declared name with those of the objects around it: `folder.hashed_id`.
    kind
        `string`, `timestamp`, `day` (the date as it is written), `double`, `bigint`, `int`,
        `boolean`; `object`, `objects` (a list of them), `numbers` (a list), or `drop`.
    columns
        The columns that it feeds.
    is_private
        What came is never repeated, not even masked.
    is_personal
        What came is masked wherever else the record repeats it.
    is_verbatim
        A text that is kept as served, blanks included.
    is_flag
        It tells by its presence, or has a part that does; false and what is empty are absent,
        whatever their type.
    minimum, maximum, tolerance
        See `schemas.Column`.
    parts
        Of an object, by each spelling: which of several spellings comes first, and the part.
    """

    path: str
    kind: str
    columns: tuple[str, ...] = ()
    is_private: bool = False
    is_personal: bool = False
    is_verbatim: bool = False
    is_flag: bool = False
    minimum: float | None = None
    maximum: float | None = None
    tolerance: float = 0
    parts: dict[str, tuple[int, "Node"]] = field(default_factory=dict)


@dataclass(frozen=True)
class Declaration:
    """What a stream's lines should be.

    Parameters
    ----------
    meta, record
        The two objects of an envelope.
    columns
        The columns of the table that may be null, in its order.
    essential
        The required columns, each with the path that feeds it.
    has_length
        The records have a type that says what their duration means, see `lengths.py`.
    date_column, date_path, date_shift
        The partition column, and the timestamp that it is the date of, moved by the shift; None
        where the run decides the date.
    earliest, latest
        Between which `ingested_at` is possible.
    as_of
        Other timestamps are possible from `earliest` to a day after `as_of` or `ingested_at`.
    """

    meta: Node
    record: Node
    columns: tuple[str, ...]
    essential: tuple[tuple[str, str], ...]
    has_length: bool
    date_column: str
    date_path: str | None
    date_shift: timedelta
    earliest: datetime
    latest: datetime
    as_of: datetime
