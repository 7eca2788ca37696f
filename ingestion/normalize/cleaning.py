"""One odd line to the line that its record should have been, or to the reason why there is none.

Spark's JSON reader takes the lines that are as declared. All others come here: a misspelled name, a
value of another type, an unknown part. What comes out is a line that the reader takes, with the
declared names and types only. So there is one judgement of what fits, and it is plain Python.

Standard library only: Spark's workers run this, and they have nothing of this package but the
modules that `records.py` sends them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from ingestion.normalize import masking, values
from ingestion.normalize.values import MisfitError, Number

_DEEPEST_RECURSION: Final = 5 * values.DEEPEST_NESTING


@dataclass(frozen=True)
class Node:
    """One declared field, or the object that holds some.

    Parameters
    ----------
    path
        The declared name with those of the objects around it: `folder.hashed_id`.
    kind
        `string`, `timestamp`, `double`, `bigint`, `int`, `boolean`; `object`, `objects` (a list of
        them), `numbers` (a list), or `drop`.
    columns
        The columns that it feeds.
    is_private
        What came is never repeated, not even masked.
    is_verbatim
        A text that is kept as served, blanks included.
    is_flag
        It tells by its presence; false and what is empty are absent, whatever their type.
    minimum, maximum, tolerance
        See `schemas.Column`.
    parts
        Of an object, by each spelling: which of several spellings comes first, and the part.
    """

    path: str
    kind: str
    columns: tuple[str, ...] = ()
    is_private: bool = False
    is_verbatim: bool = False
    is_flag: bool = False
    minimum: float | None = None
    maximum: float | None = None
    tolerance: float = 0
    parts: dict[str, tuple[int, Node]] = field(default_factory=dict)


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
    date_column, date_path, date_shift
        The partition column, and the timestamp that it is the date of, moved by the shift; None
        where the run decides the date.
    earliest, as_of
        Between which timestamps are possible: up to a day after `as_of` or `ingested_at`.
    """

    meta: Node
    record: Node
    columns: tuple[str, ...]
    essential: tuple[tuple[str, str], ...]
    date_column: str
    date_path: str | None
    date_shift: timedelta
    earliest: datetime
    as_of: datetime


class Cleaned(NamedTuple):
    """What became of a line: either `line` or `reason` is there."""

    line: str | None = None
    reason: str | None = None
    extra: str | None = None
    nulled: list[str] | None = None


class _Found:
    """What an object holds of the declared fields, and what else."""

    def __init__(self) -> None:
        self.values: dict[str, tuple[int, Node, Any]] = {}
        self.misfits: list[tuple[Node, Any]] = []
        self.unknown: dict[str, tuple[bool, list[Any]]] = {}

    def collect(self, holder: Node, content: dict[str, Any], rank: int = 0) -> None:
        for name, value in content.items():
            if value is None:
                continue
            if name not in holder.parts:
                path = f"{holder.path}.{name}" if holder.path else name
                self.unknown.setdefault(path, (holder.is_private, []))[1].append(value)
                continue
            own_rank, node = holder.parts[name]
            if node.kind == "object" and isinstance(value, dict):
                self.collect(node, value, rank + own_rank)
            elif node.kind == "object":
                self.misfits.append((node, value))
            elif node.kind != "drop":
                best = self.values.get(node.path)
                if best is None or rank + own_rank < best[0]:
                    self.values[node.path] = (rank + own_rank, node, value)


class Cleaner:
    """Cleans the lines of one stream of one run."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration

    def clean(self, line: bytes) -> Cleaned:
        """Return what becomes of a line."""
        if sys.getrecursionlimit() < _DEEPEST_RECURSION:
            sys.setrecursionlimit(_DEEPEST_RECURSION)
        try:
            envelope = values.parse(line)
        except (ValueError, RecursionError):
            return Cleaned(reason="not_json")
        parts = (envelope.get("_meta"), envelope.get("record")) if _is_object(envelope) else ()
        if not parts or not all(map(_is_object, parts)):
            return Cleaned(reason="not_json")
        return self._clean(*parts)

    def _clean(self, meta: dict[str, Any], record: dict[str, Any]) -> Cleaned:
        declared = self.declaration
        about, found = _Found(), _Found()
        about.collect(declared.meta, meta)
        found.collect(declared.record, record)
        kept_meta, wrong_meta = self._fit(about, None)
        ingested_at = kept_meta.get("_meta.ingested_at")
        latest = max(declared.as_of, ingested_at or declared.as_of) + timedelta(days=1)
        kept, wrong = self._fit(found, latest)
        reason = self._reason(kept | kept_meta, wrong | wrong_meta, latest)
        if reason is not None:
            return Cleaned(reason=reason)
        line = {"_meta": _nested(kept_meta, "_meta."), "record": _nested(kept, "")}
        misfits = [(found.values[path][1], found.values[path][2]) for path in wrong]
        misfits += found.misfits
        return Cleaned(
            values.dump(line), None, _extra(found, misfits), self._nulled(found, kept, misfits)
        )

    def _fit(self, found: _Found, latest: datetime | None) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values that fit, by path, and how the others do not; absent is in neither."""
        kept: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for path, (_, node, value) in found.values.items():
            if _is_absent(node, value):
                continue
            try:
                kept[path] = self._fitting(node, value, latest, found)
            except MisfitError as misfit:
                wrong[path] = str(misfit)
        return kept, wrong

    def _fitting(self, node: Node, value: Any, latest: datetime | None, found: _Found) -> Any:
        if node.kind == "objects":
            return _fitting_objects(node, value, found)
        if node.kind == "timestamp":
            moment = values.fit_timestamp(value)
            if latest is not None and not self.declaration.earliest <= moment <= latest:
                raise MisfitError("impossible_value")
            return moment
        return _within_bounds(node, _FITS[node.kind](value))

    def _reason(self, kept: dict[str, Any], wrong: dict[str, str], latest: datetime) -> str | None:
        """Say what of key, date and envelope is unusable: comma-separated `what:column`."""
        declared = self.declaration
        reasons = [
            f"{wrong.get(path, 'missing')}:{column}"
            for column, path in declared.essential
            if path not in kept
        ]
        known = {path for _, path in declared.essential} | {"_meta.ingested_at"}
        reasons += [
            f"{how}:{path}"
            for path, how in wrong.items()
            if path.startswith("_meta.") and path not in known
        ]
        if "_meta.ingested_at" not in kept:
            reasons.append("missing:ingested_at")
        if declared.date_path is not None:
            reasons += self._date_reasons(kept.get(declared.date_path), wrong, latest)
        return ",".join(reasons) or None

    def _date_reasons(
        self, moment: datetime | None, wrong: dict[str, str], latest: datetime
    ) -> list[str]:
        declared = self.declaration
        if moment is None:
            is_impossible = wrong.get(declared.date_path or "") == "impossible_value"
            how = "impossible_value" if is_impossible else "missing"
            return [f"{how}:{declared.date_column}"]
        day = (moment + declared.date_shift).date()
        is_possible = declared.earliest.date() <= day <= latest.date()
        return [] if is_possible else [f"impossible_value:{declared.date_column}"]

    def _nulled(
        self, found: _Found, kept: dict[str, Any], misfits: list[tuple[Node, Any]]
    ) -> list[str] | None:
        fed = {column for path in kept for column in found.values[path][1].columns}
        wrong = {column for node, _ in misfits for column in node.columns} - fed
        return [column for column in self.declaration.columns if column in wrong] or None


_FITS: Final = {
    "string": values.fit_text,
    "boolean": values.fit_boolean,
    "double": values.fit_double,
    "bigint": values.fit_integer("bigint"),
    "int": values.fit_integer("int"),
    "numbers": values.fit_numbers,
}


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_absent(node: Node, value: Any) -> bool:
    if node.is_flag:
        return values.is_nothing(value)
    return value == "" if node.is_verbatim else values.is_blank(value)


def _within_bounds(node: Node, value: Any) -> Any:
    if isinstance(value, Number):
        number = float(value.text)
        if node.minimum is not None and number < node.minimum:
            raise MisfitError("impossible_value")
        if node.maximum is not None and number > node.maximum:
            if number > node.maximum + node.tolerance:
                raise MisfitError("impossible_value")
            return Number(repr(node.maximum))
    return value


def _fitting_objects(node: Node, value: Any, found: _Found) -> list[dict[str, Any] | None]:
    """Return the list with the declared parts of its elements only."""
    if not isinstance(value, list):
        raise MisfitError("wrong_type")
    elements: list[dict[str, Any] | None] = []
    unknown: dict[str, tuple[bool, list[Any]]] = {}
    for element in value:
        if element is None:
            elements.append(None)
            continue
        if not isinstance(element, dict):
            raise MisfitError("wrong_type")
        inner = _Found()
        inner.collect(node, element)
        elements.append(
            {
                path.removeprefix(f"{node.path}."): _within_bounds(part, _FITS[part.kind](given))
                for path, (_, part, given) in inner.values.items()
            }
        )
        for path, (is_private, given) in inner.unknown.items():
            unknown.setdefault(path, (is_private, []))[1].extend(given)
    found.unknown |= unknown
    return elements


def _nested(kept: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Return values by path as an object; a part of a part keeps its path: `{"org.name": …}`."""
    nested: dict[str, Any] = {}
    for path, value in kept.items():
        name, _, part = path.removeprefix(prefix).partition(".")
        if isinstance(value, datetime):
            text = value.replace(tzinfo=None).isoformat(timespec="microseconds")
            value = f"{text}Z"  # noqa: PLW2901
        if part:
            nested.setdefault(name, {})[part] = value
        else:
            nested[name] = value
    return nested


def _extra(found: _Found, misfits: list[tuple[Node, Any]]) -> str | None:
    """Return what no column holds, masked: a JSON object of texts by path."""
    extra = dict(
        masking.masked(node.path, value, is_private=node.is_private) for node, value in misfits
    )
    for path, (is_private, given) in found.unknown.items():
        value = given[0] if len(given) == 1 else given
        name, text = masking.masked(path, value, is_private=is_private)
        extra[name] = text
    return values.dump(extra, ascii_only=False) if extra else None
