"""Turns an odd line into the line that its record should have been, or into a reason why not.

Spark's JSON reader takes the lines that are as declared. All others come here: a misspelled name, a
value of another type, an unknown part. The result is a line that the reader takes, with only the
declared names and types. So one place decides what fits, and it is plain Python.

Standard library only: Spark's workers run this, and the only modules of this package that they have
are those that `records.py` sends them.
"""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ingestion.normalize import lengths, masking, values
from ingestion.normalize.declared import Declaration, Node
from ingestion.normalize.values import MisfitError, Number

_DEEPEST_RECURSION = 5 * values.DEEPEST_NESTING

# The field of a media, and the request parameter that lists the medias for which it is true.
_ARCHIVED = "archived"


class Cleaned(NamedTuple):
    """The result for a line: it has either `line` or `reason`."""

    line: str | None = None
    reason: str | None = None
    extra: str | None = None
    nulled: list[str] | None = None


class _Candidate(NamedTuple):
    """A value under one spelling of a declared field; the lowest rank comes first."""

    rank: int
    node: Node
    value: Any


class _Misfit(NamedTuple):
    """A value that does not fit, and the columns that are null because of it."""

    node: Node
    value: Any
    columns: tuple[str, ...]


class _Found:
    """The declared fields that an object contains, and everything else in it."""

    def __init__(self) -> None:
        self.candidates: dict[str, list[_Candidate]] = {}
        self.misfits: list[_Misfit] = []
        self.unknown: dict[str, tuple[bool, list[Any]]] = {}
        self.persons: list[Any] = []

    def collect(self, holder: Node, content: dict[str, Any], rank: int = 0) -> None:
        for name, value in content.items():
            if value is None:
                continue
            if name not in holder.parts:
                path = f"{holder.path}.{name}" if holder.path else name
                self.unknown.setdefault(path, (holder.is_private, []))[1].append(value)
                continue
            own_rank, node = holder.parts[name]
            if node.is_personal:
                self.persons.append(value)
            if node.kind == "object" and isinstance(value, dict):
                self.collect(node, value, rank + own_rank)
            elif node.kind == "object":
                if not _is_absent(node, value):
                    self.misfits.append(_Misfit(node, value, node.columns))
            elif node.kind != "drop":
                found = _Candidate(rank + own_rank, node, value)
                self.candidates.setdefault(node.path, []).append(found)

    def chosen(
        self, path: str, fit: Callable[[Node, Any], Any]
    ) -> tuple[Any, list[_Misfit], str | None]:
        """Return the first value of a field that fits, and the values that are lost.

        Returns
        -------
        tuple
            The value, None if there is none; the values that do not fit or differ from the chosen
            one; how the first value does not fit, if none fits.
        """
        kept, how = None, None
        lost: list[_Misfit] = []
        candidates = self.candidates[path]
        if len(candidates) > 1:
            # A name of blanks is kept as served, but not if another spelling has a word.
            candidates = sorted(candidates, key=lambda c: (values.is_blank(c.value), c.rank))
        for _, node, value in candidates:
            if _is_absent(node, value):
                continue
            try:
                fitting = fit(node, value)
            except MisfitError as misfit:
                how = how or str(misfit)
                lost.append(_Misfit(node, value, node.columns))
                continue
            if kept is None:
                kept = fitting
            elif not values.is_blank(value) and _comparable(kept) != _comparable(fitting):
                lost.append(_Misfit(node, value, node.columns))
        return kept, lost, None if kept is not None else how


class Cleaner:
    """Cleans the lines of one stream of one run."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration

    def clean(self, line: bytes) -> Cleaned:
        """Return the cleaned line, or the reason why it cannot be used."""
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
        kept_meta, wrong_meta = self._fit(about, declared.latest)
        ingested_at = kept_meta.get("_meta.ingested_at")
        latest = max(declared.as_of, ingested_at or declared.as_of) + timedelta(days=1)
        kept, wrong = self._fit(found, latest)
        if _ARCHIVED in wrong and _asked_for_archived(meta):
            del wrong[_ARCHIVED]
            kept[_ARCHIVED] = True
        if declared.has_length:
            _judge_length(found, kept, wrong)
        reason = self._reason(kept | kept_meta, wrong | wrong_meta, latest)
        if reason is not None:
            return Cleaned(reason=reason)
        line = {"_meta": _nested(kept_meta, "_meta."), "record": _nested(kept, "")}
        return Cleaned(values.dump(line), None, _extra(found), self._nulled(found, kept))

    def _fit(self, found: _Found, latest: datetime) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values that fit and why others do not, by path; absent ones are in neither."""
        kept: dict[str, Any] = {}
        wrong: dict[str, str] = {}

        def fit(node: Node, value: Any) -> Any:
            return self._fitting(node, value, latest, found)

        for path in found.candidates:
            value, lost, how = found.chosen(path, fit)
            found.misfits += lost
            if how is not None:
                wrong[path] = how
            elif value is not None:
                kept[path] = value
        return kept, wrong

    def _fitting(self, node: Node, value: Any, latest: datetime, found: _Found) -> Any:
        if node.kind == "objects":
            return _fitting_objects(node, value, found)
        if node.kind == "timestamp":
            moment = values.fit_timestamp(value)
            if not self.declaration.earliest <= moment <= latest:
                raise MisfitError("impossible_value")
            return moment
        return _within_bounds(node, _FITS[node.kind](value))

    def _reason(self, kept: dict[str, Any], wrong: dict[str, str], latest: datetime) -> str | None:
        """Return which of key, date and envelope are unusable: comma-separated `what:column`."""
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
            reasons.append(f"{wrong.get('_meta.ingested_at', 'missing')}:ingested_at")
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

    def _nulled(self, found: _Found, kept: dict[str, Any]) -> list[str] | None:
        fed = {column for path in kept for column in found.candidates[path][0].node.columns}
        wrong = {column for misfit in found.misfits for column in misfit.columns} - fed
        return [column for column in self.declaration.columns if column in wrong] or None


_FITS = {
    "string": values.fit_text,
    "boolean": values.fit_boolean,
    "double": values.fit_double,
    "bigint": values.fit_integer("bigint"),
    "int": values.fit_integer("int"),
    "numbers": values.fit_numbers,
    "day": values.fit_day,
}


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_absent(node: Node, value: Any) -> bool:
    if node.is_flag:
        return values.is_nothing(value)
    return value == "" if node.is_verbatim else values.is_blank(value)


def _asked_for_archived(meta: dict[str, Any]) -> bool:
    """Return whether the request was for archived medias only: all in its list are archived."""
    request = meta.get("request")
    parameters = request.get("params") if isinstance(request, dict) else None
    return isinstance(parameters, dict) and parameters.get(_ARCHIVED) == "true"


def _judge_length(found: _Found, kept: dict[str, Any], wrong: dict[str, str]) -> None:
    """Remove a duration that is not a number of pages, or whose meaning an odd type hides."""
    is_unknown = lengths.TYPE in wrong
    kind = kept.get(lengths.TYPE)
    columns = lengths.columns(None if kind is None else values.as_text(kind))
    if lengths.DURATION in kept:
        number = float(kept[lengths.DURATION].text)
        if is_unknown or (columns == lengths.PAGES and not lengths.is_page_count(number)):
            node = found.candidates[lengths.DURATION][0].node
            found.misfits.append(_Misfit(node, kept.pop(lengths.DURATION), columns))
    # Only the columns that the type fills can lack the value.
    found.misfits = [
        misfit._replace(columns=misfit.node.columns if is_unknown else columns)
        if misfit.node.path == lengths.DURATION
        else misfit
        for misfit in found.misfits
    ]


def _comparable(value: Any) -> Any:
    return value if isinstance(value, datetime) else values.as_text(value).strip(" ")


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
    """Return the list with only the declared parts of its elements."""
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
        parts: dict[str, Any] = {}
        for path in inner.candidates:
            fitting, lost, how = inner.chosen(
                path, lambda part, given: _within_bounds(part, _FITS[part.kind](given))
            )
            if how is not None:
                raise MisfitError(how)
            first = inner.candidates[path][0]
            if fitting is None and first.node.kind == "string":
                fitting = first.value  # a tag of blanks is a tag
            parts[path.removeprefix(f"{node.path}.")] = fitting
            for misfit in lost:
                unknown.setdefault(path, (misfit.node.is_private, []))[1].append(misfit.value)
        elements.append(parts)
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


def _extra(found: _Found) -> str | None:
    """Return the values that no column contains, masked: a JSON object of texts by path."""
    left: dict[str, tuple[bool, list[Any]]] = {}
    for node, value, _ in found.misfits:
        left.setdefault(node.path, (node.is_private, []))[1].append(value)
    left |= found.unknown
    if not left:
        return None
    persons = masking.texts_of(found.persons)
    extra = dict(
        masking.masked(
            path, given[0] if len(given) == 1 else given, is_private=is_private, persons=persons
        )
        for path, (is_private, given) in left.items()
    )
    return values.dump(extra, ascii_only=False)
