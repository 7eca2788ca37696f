"""The declaration of a stream for the cleaner: the fields that a line should have, and their types.

Standard library only: Spark's workers run this.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Node:
    """One declared field, or an object with declared fields.

    Parameters
    ----------
    path
        The declared name with the names of the objects around it: `folder.hashed_id`.
    kind
        `string`, `timestamp`, `day` (the date as written), `double`, `bigint`, `int`,
        `boolean`; `object`, `objects` (a list of them), `numbers` (a list), or `drop`.
    columns
        The columns that it fills.
    is_private
        Its value never gets into `_extra`: a mask replaces it.
    is_personal
        Its value is masked wherever else it appears in the record.
    is_verbatim
        A text that is kept as served, blanks included.
    is_flag
        Its presence is the information, or that of one of its parts; false and empty values of any
        type count as absent.
    minimum, maximum, tolerance
        See `schemas.Column`.
    parts
        The parts of an object by spelling, each with its rank: the lowest rank comes first.
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
        The required columns, each with the path that fills it.
    has_length
        The records have a type that determines the meaning of their duration, see `lengths.py`.
    date_column, date_path, date_shift
        The partition column, the path of the timestamp whose date it is, and the shift added to
        that timestamp before. The path is None if the run determines the date.
    earliest, latest
        Limits of a possible `ingested_at`.
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
